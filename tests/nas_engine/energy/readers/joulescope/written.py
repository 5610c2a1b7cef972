"""Small files as pyjls, pyjoulescope_driver and trigger.py write them, with energies known from how they are made."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
from pyjls import Writer
from pyjls.entry_points import csv as pyjls_csv

from nas_engine.energy.traces.trace import Values

TRIGGER_NAMES = (
    "#start_time(samples),start_time(iso),end_time(samples),end_time(iso),"
    "current_mean(A),current_std(A),current_min(A),current_max(A),current_length(samples),"
    "voltage_mean(V),voltage_std(V),voltage_min(V),voltage_max(V),voltage_length(samples),"
    "power_mean(W),power_std(W),power_min(W),power_max(W),power_length(samples),"
    "charge(C),charge(Ah),energy(J),energy(Wh)"
)
SHORT_TRIGGER_NAMES = ",".join(name for name in TRIGGER_NAMES.split(",") if "_length(" not in name)
DRIVER_NAMES = (
    "#device,sampled_id,i_avg,i_std,i_min,i_max,v_avg,v_std,v_min,v_max,p_avg,p_std,p_min,p_max,charge,energy"
)


def current_and_voltage(path: Path, current_a: Values, voltage_v: float = 3.0, rate: int = 100_000) -> bytes:
    """A JLS recording; NaN is a lost sample of both."""
    voltages = np.where(np.isnan(current_a), np.nan, voltage_v)
    with Writer(str(path)) as writer:
        writer.source_def(1, name="JS320-8w2a", vendor="", model="JS320", version="", serial_number="8w2a")
        for number, (name, values) in enumerate((("current", current_a), ("voltage", voltages)), start=1):
            writer.signal_def(number, source_id=1, sample_rate=rate, name=name, units="")
            writer.fsr(number, 0, values.astype(np.float32))
            writer.utc(number, 0, 0)
            writer.utc(number, len(values), round(len(values) / rate * 2**30))
    return path.read_bytes()


def as_csv(recording: Path, rows: int) -> bytes:
    """What `pyjls csv --count ROWS` makes of a recording."""
    written = recording.with_suffix(".csv")
    arguments = SimpleNamespace(count=rows, signals="current,voltage", infile=str(recording), outfile=str(written))
    assert pyjls_csv.on_cmd(arguments) == 0
    return written.read_bytes()


def pyjls_rows(rows: int = 200) -> str:
    """The same layout without a recording: 0.1 A or a little more at 3 V, a row a millisecond."""
    lines = [f"{row / 1e3:.6f},{0.1 + 1e-3 * (row % 5):+9e},{3.0:+9e}" for row in range(rows)]
    return "\n".join(["# timestamp,JS220-001234.current,JS220-001234.voltage", *lines, ""])


def trigger(windows_j: tuple[float, ...] = (0.25, 0.2575, 0.2525), names: str = TRIGGER_NAMES) -> str:
    """Windows of 2.5 s and so much energy at 4 V; the computer noticed each end 40 ms late."""
    lines = [names]
    for number, energy_j in enumerate(windows_j):
        power_w, start_s = energy_j / 2.5, 10 * number
        stamps = [f"2024-05-01T10:00:{start_s + offset:09.6f}" for offset in (0.0, 2.54)]
        current_a, samples = power_w / 4.0, 5_000_000
        signals = ((current_a, 1e-3), (4.0, 1e-3), (power_w, 1e-3))
        statistics = [f"{mean:g},{spread:g},{mean - 0.01:g},{mean + 0.01:g},{samples}" for mean, spread in signals]
        sums = f"{current_a * 2.5:g},{current_a * 2.5 / 3600:g},{energy_j:g},{energy_j / 3600:g}"
        first = 2_000_000 * start_s
        lines.append(",".join([str(first), stamps[0], str(first + samples), stamps[1], *statistics, sums]))
    return "\n".join([*lines, ""])


def driver(rows: int = 150, sample_hz: float = 1e6, lost: tuple[int, ...] = (), devices: tuple[str, ...] = ()) -> str:
    """Half seconds of 0.1 to 0.104 A at 4 V; lines `lost` were never printed, though the instrument counted them."""
    lines, charge_c, energy_j = [DRIVER_NAMES], 0.0, 0.0
    for row in range(rows):
        current_a = 0.1 + 1e-3 * (row % 5)
        charge_c, energy_j = charge_c + current_a / 2, energy_j + current_a * 2
        for number, device in enumerate(devices or ("u/js220/001234",)):
            cells = [f"{level * (number + 1):.9g},0.001,{level - 0.01:g},{level + 0.01:g}" for level in (current_a,)]
            cells += [f"{level:.9g},0.001,{level - 0.01:g},{level + 0.01:g}" for level in (4.0,)]
            cells += [f"{4 * current_a * (number + 1):.9g},0.001,0.3,0.5"]
            sums = f"{charge_c * (number + 1):.12g},{energy_j * (number + 1):.12g}"
            if row not in lost:
                lines.append(",".join([device, str(round(row * sample_hz / 2) + 4_096), *cells, sums]))
    return "\n".join([*lines, ""])
