"""Small files of Monsoon's power monitors as their programs write them, for tests."""

import struct
from collections.abc import Callable, Sequence

import numpy as np

from nas_engine.energy.traces.trace import Values

ROWS = 1_200
BURST = 128


def samples(rows: int = ROWS, seed: int = 0) -> tuple[Values, Values, Values]:
    """Times of arrival in bursts (s), mA and V: idle, then a busy stretch."""
    rng = np.random.default_rng(seed)
    index = np.arange(rows)
    arrived_s = 0.03 + (index // BURST) * BURST / 5000 + index % BURST // 2 * 1e-6
    current_ma = np.where(index > rows // 2, 500.0, 60.0) + rng.normal(0, 4, rows)
    return arrived_s, current_ma, 4.2 + rng.integers(-5, 5, rows) * 0.00025


def csv(header: str, columns: Sequence[Values], cell: Callable[[float], str] = repr, end: str = "\n") -> bytes:
    """A table; `end` closes each row."""
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return (header + "\n" + "".join(",".join(map(cell, row)) + end for row in rows)).encode()


def monsoon(cell: Callable[[float], str] = repr, scale: float = 1.0, start: float = 0.0) -> bytes:
    """As Monsoon's Python API writes it; stamps times `scale` plus `start`."""
    arrived_s, current_ma, voltage_v = samples()
    return csv("Time(ms),Main(mA),Main Voltage(V),", (start + arrived_s * scale, current_ma, voltage_v), cell, ",\n")


def powertool(rows: int = ROWS) -> bytes:
    """As PowerTool writes it, 20 ms a row."""
    _, current_ma, voltage_v = samples(rows)
    header = "Time (ms),Main Avg Current (mA),Main Avg Power (mW),Main Avg Voltage (V)"
    return csv(header, (np.arange(rows) * 20.0, current_ma, current_ma * voltage_v, voltage_v))


def hvpm(dropped: float = 0.0) -> bytes:
    """As powermonitor-hvpm writes it."""
    _, current_ma, voltage_v = samples()
    index = np.arange(ROWS)
    times_s, power_w = (index / 5000, index / 5000 + 0.1), current_ma * voltage_v / 1e3
    header = "index,time_s,host_elapsed_s,current_a,voltage_v,power_w,flags,dropped"
    flags = (0 * index, np.full(ROWS, dropped))
    return csv(header, (index, *times_s, current_ma / 1e3, voltage_v, power_w, *flags))


def aosp(volts: bool = True) -> bytes:
    """As AOSP's monsoon.py prints it, 100 lines with the same second."""
    _, current_ma, voltage_v = samples()
    rows = enumerate(zip(current_ma / 1e3, voltage_v, strict=True))
    return b"".join(
        f"{1433786060 + number // 100} {amperes:.6f}{f' {voltage:.4f}' if volts else ''}\n".encode()
        for number, (amperes, voltage) in rows
    )


def pt5(count: int = 500, mask: int = 0x1000) -> bytes:
    """A binary file of PowerTool: its header, then samples of six bytes."""
    head = bytearray(1_024)
    struct.pack_into("<HQ", head, 158, mask, count)
    return bytes(head) + bytes(6 * count)
