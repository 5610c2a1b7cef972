"""Times of single inferences, as a patched benchmark_model prints them and scripts save them.

`inference_index,start_us,end_us,duration_us` in microseconds since 1970 by the phone's clock, or only
`inference_index,duration_us`. The index begins again after the warm-up, so the last pass is the measured one.
Source: PlatformX (amai-gsu), demo/live_runs.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.parsing import table
from nas_engine.energy.readers.parsing.layout import TableLayout
from nas_engine.energy.traces.trace import FileReading, Finding, Stamps, Values, Window
from nas_engine.errors import BadMeasurement

_MAX_SECONDS = 3_600.0  # for one inference
_SINCE_1970_S = 1e9  # 2001; below it the stamps count from some other moment
_UNTIL_S = 4.1e9  # 2099
_PAUSE_S = 60.0  # between inferences of one pass


@dataclass(frozen=True, slots=True, eq=False)
class _Pass:
    """Inferences of one pass [m]; `first_line` is its first line in the file."""

    first_line: int
    durations_us: Values
    starts_us: Values | None
    ends_us: Values | None


class InferenceTimes:
    """Reader of CSV with the times of single inferences."""

    format = "inference_times"
    title = "Times of single inferences (CSV)"
    accepts = "`inference_index,start_us,end_us,duration_us`, stamps optional; the last pass is the measured one"

    def recognises(self, head: FileHead) -> bool:
        """Whether it has the columns inference_index and duration_us."""
        layout = head.layout
        return (
            layout is not None
            and layout.index("inference_index") is not None
            and layout.index("duration_us") is not None
        )

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Time stamps and durations of the inferences. Raises BadMeasurement for impossible times or missing rows."""
        layout = source.head().layout
        if layout is None or not self.recognises(source.head()):
            raise source.wrong("no columns inference_index and duration_us; give the file as it was written")
        if not layout.cells:
            raise source.wrong(
                "it has a header but no inference: benchmark_model printed none, because it is not the patched one "
                "or ended "
                "early; give its log instead"
            )
        passes, unfinished = _passes(source, layout)
        return FileReading(self.format, _stamps(passes, was_cut=bool(unfinished)), unfinished)


def _passes(source: FileSource, layout: TableLayout) -> tuple[list[_Pass], tuple[Finding, ...]]:
    names = [
        name for name in ("inference_index", "duration_us", "start_us", "end_us") if layout.index(name) is not None
    ]
    loaded = table.load(source, layout, [position for name in names if (position := layout.index(name)) is not None])
    columns = dict(zip(names, loaded.numbers, strict=True))
    for name, values in columns.items():
        wrong = np.flatnonzero(~np.isfinite(values))
        if len(wrong):
            raise source.wrong(f"no number under {name}; take this line out", line=loaded.first_line + int(wrong[0]))
    index = columns["inference_index"]
    begins = [0, *(np.flatnonzero(np.diff(index) <= 0.0) + 1), len(index)]
    stamped = "start_us" in columns and "end_us" in columns
    parts = [slice(int(begin), int(end)) for begin, end in itertools.pairwise(begins)]
    _check_index(source, index, parts, loaded.first_line)
    return [
        _Pass(
            loaded.first_line + part.start,
            columns["duration_us"][part],
            columns["start_us"][part] if stamped else None,
            columns["end_us"][part] if stamped else None,
        )
        for part in parts
    ], loaded.findings


def _check_index(source: FileSource, index: Values, parts: list[slice], first_line: int) -> None:
    """Raise BadMeasurement where the index does not count up by one: columns are swapped or rows are missing."""
    for part in parts:
        steps = np.flatnonzero(np.diff(index[part]) != 1.0)
        if len(steps):
            line = first_line + part.start + int(steps[0]) + 1
            raise source.wrong(
                "inference_index does not count up by one: rows are missing or columns swapped", line=line
            )
        if index[part.start] not in (0.0, 1.0):
            raise source.wrong(
                "inference_index begins neither with 0 nor with 1: rows are missing", line=first_line + part.start
            )


def _stamps(passes: list[_Pass], *, was_cut: bool) -> Stamps:
    for each in passes:
        _check_times(each)
    windows = tuple(window for each in passes for window in _windows(each, "" if each is passes[-1] else "warm-up"))
    findings = []
    if len(passes) == 1:
        message = "the index never begins again, so that warm-up inferences, if there were any, count as measured ones"
        findings.append(Finding("no_warm_up", "warning" if was_cut else "note", message))
    elif len(passes) > 2:
        message = f"the index begins again {len(passes) - 1} times; only the last pass counts"
        findings.append(Finding("several_passes", "warning", message))
    epoch = bool(windows) and _SINCE_1970_S < windows[0].start_s < _UNTIL_S
    return Stamps(windows, epoch, passes[-1].durations_us / 1e3, tuple(findings))


def _check_times(each: _Pass) -> None:
    """Raise BadMeasurement, with the line, for an impossible inference."""
    durations = each.durations_us
    _check(each, (durations <= 0.0) | (durations > _MAX_SECONDS * 1e6), "an inference of no or absurd duration")
    if each.starts_us is None or each.ends_us is None:
        return
    spans = each.ends_us - each.starts_us
    _check(
        each,
        np.abs(spans - durations) > 2.0 + 1e-6 * durations,
        "end less start is not the duration: columns are swapped",
    )
    waits = np.concatenate([[0.0], each.starts_us[1:] - each.ends_us[:-1]])
    _check(each, waits < -2.0, "the inference begins before the one above has ended")
    _check(each, waits > _PAUSE_S * 1e6, "a pause of more than a minute before this inference")


def _check(each: _Pass, wrong: np.typing.NDArray[np.bool_], what: str) -> None:
    places = np.flatnonzero(wrong)
    if len(places):
        line = each.first_line + int(places[0])
        raise BadMeasurement(f"line {line:,}: {what}; give the file as it was written")


def _windows(each: _Pass, label: str) -> Iterator[Window]:
    """One window per inference, in seconds of the phone's clock; none where there are only durations."""
    if each.starts_us is None or each.ends_us is None:
        return
    for start_us, end_us in zip(each.starts_us.tolist(), each.ends_us.tolist(), strict=True):
        yield Window(start_us / 1e6, end_us / 1e6, label=label, inferences=1)
