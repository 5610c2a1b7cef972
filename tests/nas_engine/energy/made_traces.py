"""Traces made for tests: a device that rests, works and rests, whose energies are known without any of our code."""

from typing import Any

import numpy as np

from nas_engine.energy.traces.trace import Content, FileReading, Trace, Values, Window

IDLE_MW, ACTIVE_MW = 300.0, 2000.0


def steps(*parts: tuple[float, float], rate_hz: float = 1000.0, noise_mw: float = 5.0, seed: int = 0) -> Values:
    """Power of (seconds, mW) parts in a row, with Gaussian noise."""
    power = np.concatenate([np.full(round(seconds * rate_hz), level) for seconds, level in parts])
    return power + np.random.default_rng(seed).normal(0, noise_mw, len(power)) if noise_mw else power


def trace(power_mw: Values, rate_hz: float = 1000.0, **fields: Any) -> Trace:
    settings: dict[str, Any] = {"spacing": "point", "time_s": np.arange(len(power_mw)) / rate_hz} | fields
    return Trace(power_mw=np.asarray(power_mw, float), rate_hz=rate_hz, **settings)


def work(rest_s: float = 3.0, work_s: float = 12.0, **fields: Any) -> Trace:
    """Rest, work, rest."""
    return trace(steps((rest_s, IDLE_MW), (work_s, ACTIVE_MW), (rest_s, IDLE_MW)), **fields)


def inferences(first_s: float, count: int, each_s: float, pause_s: float = 0.0, label: str = "") -> tuple[Window, ...]:
    starts = first_s + np.arange(count) * (each_s + pause_s)
    return tuple(Window(float(start), float(start) + each_s, label, 1) for start in starts)


def reading(content: Content, name: str = "test") -> FileReading:
    return FileReading(name, content)
