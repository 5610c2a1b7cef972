"""Whole sessions as instruments leave them, with energies known from how they are made.

EnergyRunner: five windows of 150 inferences in 1.2 s, the first at 75 mW, each next one 0.1 mW more; 60 mW in between.
Phone: rest at 330 mW, 150 + 420 inferences of 2 ms at 2,100 mW, rest; its clock is 0.3 s behind the computer's, which
stamps the samples of a Monsoon as they arrive. The idle trace is of another day, at 200 mW.
"""

import json
import statistics

import numpy as np

from nas_engine.energy.traces.trace import Values
from tests.nas_engine.energy.readers.files import csv
from tests.nas_engine.energy.readers.samples import energyrunner_trace, times

WINDOWS_MW = (75.0, 75.1, 75.2, 75.3, 75.4)
BETWEEN_MW = 60.0
INFERENCES = 150
WINDOW_S = 1.2
ENERGIES_MJ = tuple(power_mw * WINDOW_S / INFERENCES for power_mw in WINDOWS_MW)
_STARTS_S = (1.0, 3.0, 5.0, 7.0, 9.0)

PHONE_MW, PHONE_IDLE_MW, IDLE_TRACE_MW = 2_100.0, 330.0, 200.0
LATENCY_MS = 2.0
PASSES = (150, 420)
CLOCK_BEHIND_S = 0.3
_VOLTS = 4.2
_MONDAY_US, _TUESDAY_US = 1_767_323_045_000_000, 1_767_409_445_000_000


def energyrunner() -> dict[str, bytes]:
    """Files of one session by name: trace, stamps, results, and the two that hold no measurement."""
    samples_uj = np.full(11_000, BETWEEN_MW)
    for start_s, power_mw in zip(_STARTS_S, WINDOWS_MW, strict=True):
        samples_uj[round(start_s * 1e3) : round((start_s + WINDOW_S) * 1e3)] = power_mw
    samples_uj += 0.1 * (np.arange(len(samples_uj)) % 12 - 5.5)  # a ripple that is 0 over every window
    edges_s = [0.015, *(round(edge_s, 3) for start_s in _STARTS_S for edge_s in (start_s, start_s + WINDOW_S))]
    return {
        "trace1-energy.bin": energyrunner_trace(samples_uj.tolist()),
        "trace1-timestamps.json": json.dumps(edges_s, indent="\t").encode(),
        "results.txt": _results().encode(),
        "log.txt": _log().encode(),
        "script.async": b"[\n    {\n        cmd: 'version'\n    }\n]\n",
    }


def _results() -> str:
    """As EnergyRunner prints it: energies first, then performance of the same windows."""
    energies, performance = [], []
    for number, (start_s, power_mw) in enumerate(zip(_STARTS_S, WINDOWS_MW, strict=True), start=1):
        energies += [
            f"Energy data for window {2 * number} at time {start_s:.2f} for {WINDOW_S:.2f} sec.:",
            f"  Energy       : {power_mw * WINDOW_S * 1e3:12.3f} uJ",
            f"  Power        : {power_mw * 1e3:12.3f} uW",
            f"  Energy/Inf.  : {power_mw * WINDOW_S * 1e3 / INFERENCES:12.3f} uJ/inf.",
        ]
        performance += [
            f"Performance results for window {2 * number}:",
            f"  # Inferences : {INFERENCES:12d}",
            f"  Runtime      : {WINDOW_S:12.3f} sec.",
            f"  Throughput   : {INFERENCES / WINDOW_S:12.3f} inf./sec.",
        ]
    median_uj = 1e3 * statistics.median(ENERGIES_MJ)
    lines = [*energies, f"Median energy cost is {median_uj:.3f} uJ/inf.", *performance]
    return "".join(f"00040.{number:03d} ulp-ml: {line}\n" for number, line in enumerate(lines))


def _log() -> str:
    said = ("session: m-session-start-id[20260102030405]", "sequencer: m-sequencer-start", 'parser: Command "version"')
    steps = (f"sequencer: m-sequencing-i[{number}]-command[version]-ms[5000]" for number in range(20))
    return "".join(f"00012.{number:03d} {line}\n" for number, line in enumerate((*said, *steps)))


def phone() -> dict[str, bytes]:
    """Trace, times of inferences and idle trace of a phone on a Monsoon, by name."""
    busy_s = sum(PASSES) * (LATENCY_MS + 0.1) * 1e-3
    parts = ((1.0, PHONE_IDLE_MW), (busy_s, PHONE_MW), (1.0, PHONE_IDLE_MW))
    since_us = _MONDAY_US + round((1.0 - CLOCK_BEHIND_S) * 1e6)
    return {
        "power.csv": _stamped_on_arrival(parts, _MONDAY_US),
        "inference_time.csv": times(*PASSES, since_us=since_us).encode(),
        "idle.csv": _stamped_on_arrival(((2.0, IDLE_TRACE_MW),), _TUESDAY_US),
    }


def _stamped_on_arrival(parts: tuple[tuple[float, float], ...], since_us: int) -> bytes:
    """A Monsoon's 5,000 samples a second of (seconds, mW), in bursts of 128, two to a microsecond."""
    power_mw: Values = np.concatenate([np.full(round(5_000 * seconds), level) for seconds, level in parts])
    power_mw = power_mw + np.random.default_rng(0).normal(0.0, 15.0, len(power_mw))
    index = np.arange(len(power_mw))
    arrived_us = since_us + index // 128 * 25_600 + index % 128 // 2
    header = "Time(ms),Main(mA),Main Voltage(V),"
    columns = (arrived_us, power_mw / _VOLTS, np.full(len(power_mw), _VOLTS))
    return csv(header, columns, end=",\n")
