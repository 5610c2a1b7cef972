"""Min-max pyramid of a trace for plots: any zoom shows every peak in few points.

Level 0 holds the samples themselves (up to two million; longer traces begin with pairs), each further level a quarter
as many stretches. Stored as plain NumPy arrays; 1.5 million samples make 9 MB.
"""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.traces.trace import Trace, Values
from nas_engine.errors import BadMeasurement

Powers = NDArray[np.float32]

MOST_POINTS = 2_000
_FACTOR = 4
_MOST_AT_BASE = 2_000_000
_COARSEST = 500
_EVEN = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class PlotSlice:
    """Part of a trace: beginning (s), smallest and largest power (mW) of k stretches, [k] each.

    `is_exact`: each stretch is one sample.
    """

    time_s: Values
    low_mw: Powers
    high_mw: Powers
    is_exact: bool


@dataclass(frozen=True, slots=True, eq=False)
class PyramidLevel:
    """One resolution: begin (s), smallest and largest power (mW) of stretches of `samples_each` samples, [m] each."""

    samples_each: int
    time_s: Values
    low_mw: Powers
    high_mw: Powers


@dataclass(frozen=True, slots=True, eq=False)
class Pyramid:
    """Levels of one trace, finest first, and its duration (s)."""

    levels: tuple[PyramidLevel, ...]
    duration_s: float

    def part(self, start_s: float, end_s: float, points: int = MOST_POINTS) -> PlotSlice:
        """Points to draw of [start_s, end_s) and one stretch more on either side, `points` at most.

        Two points per stretch, or one per sample where single samples are shown. Raises BadMeasurement for a part
        without length.
        """
        if not (np.isfinite(start_s) and np.isfinite(end_s) and start_s < end_s):
            raise BadMeasurement(f"the part from {start_s} s to {end_s} s has no length; give start before end")
        for level in self.levels:
            first, last = _reach(level, start_s, end_s)
            if (last - first) * _points_each(level) <= _FACTOR * points:
                break
        return _thinned(level, first, last, points)

    def to_npz(self) -> bytes:
        """Arrays as an uncompressed .npz file, the input of `from_npz`: a query loads only the levels that it needs."""
        arrays: dict[str, NDArray[np.generic]] = {"duration_s": np.array(self.duration_s)}
        for number, level in enumerate(self.levels):
            arrays[f"each{number}"] = np.array(level.samples_each)
            arrays[f"time{number}"] = _compact(level.time_s)
            arrays[f"low{number}"] = level.low_mw
            if level.samples_each > 1:
                arrays[f"high{number}"] = level.high_mw
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
        return buffer.getvalue()


def pyramid(trace: Trace) -> Pyramid:
    """All levels of a trace; 1.5 million samples take a few hundredths of a second."""
    each = -(-trace.samples // _MOST_AT_BASE)
    power_mw = trace.power_mw.astype(np.float32)
    levels = [_grouped(PyramidLevel(1, trace.time_s, power_mw, power_mw), each)]
    while len(levels[-1].time_s) > _COARSEST:
        levels.append(_grouped(levels[-1], _FACTOR))
    return Pyramid(tuple(levels), trace.duration_s)


def from_npz(data: bytes) -> Pyramid:
    """Pyramid from the bytes of `to_npz`. Raises BadMeasurement for other or damaged bytes."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            count = sum(name.startswith("each") for name in arrays.files)
            levels = tuple(_level(arrays, number) for number in range(count))
            duration_s = float(arrays["duration_s"])
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise BadMeasurement("the stored plot of this trace is damaged; read the file again") from error
    if not levels or any(not len(x.time_s) == len(x.low_mw) == len(x.high_mw) > 0 for x in levels):
        raise BadMeasurement("the stored plot of this trace is incomplete; read the file again")
    return Pyramid(levels, duration_s)


def _level(arrays: Mapping[str, NDArray[np.generic]], number: int) -> PyramidLevel:
    low = np.asarray(arrays[f"low{number}"], dtype=np.float32)
    each = int(arrays[f"each{number}"].item())
    high = np.asarray(arrays[f"high{number}"], dtype=np.float32) if each > 1 else low
    return PyramidLevel(each, _expanded(np.asarray(arrays[f"time{number}"], dtype=np.float64), len(low)), low, high)


def _grouped(level: PyramidLevel, factor: int) -> PyramidLevel:
    if factor == 1:
        return level
    starts = np.arange(0, len(level.time_s), factor)
    return PyramidLevel(
        level.samples_each * factor,
        level.time_s[starts],
        np.minimum.reduceat(level.low_mw, starts),
        np.maximum.reduceat(level.high_mw, starts),
    )


def _reach(level: PyramidLevel, start_s: float, end_s: float) -> tuple[int, int]:
    """The stretches [first, last) that touch [start_s, end_s), and one more after them; at least one."""
    first = max(0, int(np.searchsorted(level.time_s, start_s, side="right")) - 1)
    last = min(len(level.time_s), int(np.searchsorted(level.time_s, end_s, side="left")) + 1)
    return first, max(last, first + 1)


def _points_each(level: PyramidLevel) -> int:
    """A single sample is one point, a stretch its smallest and its largest."""
    return 1 if level.samples_each == 1 else 2


def _thinned(level: PyramidLevel, first: int, last: int, points: int) -> PlotSlice:
    part = PyramidLevel(
        level.samples_each, level.time_s[first:last], level.low_mw[first:last], level.high_mw[first:last]
    )
    if (last - first) * _points_each(level) > points:
        part = _grouped(part, -(-2 * (last - first) // points))
    return PlotSlice(part.time_s, part.low_mw, part.high_mw, part.samples_each == 1)


def _compact(time_s: Values) -> Values:
    """Two numbers (beginning, step) where times are even to a hundredth of a step; else all of them."""
    if len(time_s) < 3:
        return time_s
    step_s = (time_s[-1] - time_s[0]) / (len(time_s) - 1)
    even = time_s[0] + step_s * np.arange(len(time_s))
    return np.array([time_s[0], step_s]) if np.abs(time_s - even).max() <= _EVEN * step_s else time_s


def _expanded(stored: Values, count: int) -> Values:
    return stored[0] + stored[1] * np.arange(count) if len(stored) == 2 and count > 2 else stored
