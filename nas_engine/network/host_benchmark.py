"""Latency of a .tflite file on this computer, and power where energy counters can be read."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np

from nas_engine.network.tflite import interpreter_of

WARM_UP_SECONDS = 0.5
LEAST_RUNS = 10
_MS = 1e3


class EnergyCounters(Protocol):
    """Energy counters of processor packages, as `nas_engine.energy.rapl.RaplCounters`."""

    def read_uj(self) -> tuple[int, ...]:
        """Current value of each counter in microjoules."""
        ...

    def used_mj(self, before_uj: Sequence[int], after_uj: Sequence[int]) -> float:
        """Energy in mJ between two readings, all counters together."""
        ...


@dataclass(frozen=True, slots=True)
class HostMeasurement:
    """Times of single inferences on one thread; mean power of all processor packages, None without counters.

    `seconds` is the sum of the times. `idle_power_mw` was measured before, while this process slept.
    """

    runs: int
    latency_ms: float  # mean
    sd_ms: float
    median_ms: float
    min_ms: float
    seconds: float
    mean_power_mw: float | None
    idle_power_mw: float | None

    def to_json(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self)


def benchmark(
    content: bytes,
    seconds: float,
    counters: EnergyCounters | None = None,
    *,
    idle_seconds: float = 3.0,
    clock: Callable[[], float] = time.perf_counter,
) -> HostMeasurement:
    """Run a .tflite file for `seconds` after warming up, one inference after another, and at least LEAST_RUNS times.

    `counters` add power; `idle_seconds` is the duration of the idle measurement. Raises ValueError if `content` is no
    .tflite file.
    """
    interpreter = interpreter_of(content)
    details = interpreter.get_input_details()[0]
    noise = np.random.default_rng(0).integers(-128, 128, details["shape"]).astype(details["dtype"])
    interpreter.set_tensor(details["index"], noise)
    idle_mw = _power(counters, lambda: time.sleep(idle_seconds), clock) if counters else None
    _run_for(interpreter, WARM_UP_SECONDS, clock)
    times_ms: list[float] = []
    power_mw = _power(counters, lambda: times_ms.extend(_run_for(interpreter, seconds, clock)), clock)
    return HostMeasurement(
        runs=len(times_ms),
        latency_ms=statistics.fmean(times_ms),
        sd_ms=statistics.stdev(times_ms),
        median_ms=statistics.median(times_ms),
        min_ms=min(times_ms),
        seconds=sum(times_ms) / _MS,
        mean_power_mw=power_mw,
        idle_power_mw=idle_mw,
    )


def _run_for(interpreter: Any, seconds: float, clock: Callable[[], float]) -> list[float]:
    times_ms: list[float] = []
    began = clock()
    while (before := clock()) < began + seconds or len(times_ms) < LEAST_RUNS:
        interpreter.invoke()
        times_ms.append((clock() - before) * _MS)
    return times_ms


def _power(counters: EnergyCounters | None, do: Callable[[], None], clock: Callable[[], float]) -> float | None:
    """Mean power (mW) while `do` runs; None without counters."""
    before_uj, began = counters.read_uj() if counters else (), clock()
    do()
    return counters.used_mj(before_uj, counters.read_uj()) / (clock() - began) if counters else None
