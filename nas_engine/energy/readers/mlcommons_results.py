"""results.json of the MLCommons Tiny runner (v1.3 on): trials with joules per millisecond and exact windows.

`power.samples`: joules of each millisecond, `power.timestamps`: [[number of the event, number of the sample], ...], one
pair around the `infer.iterations` measured inferences. Python's json writes NaN bare, which strict parsers reject.
Source: mlcommons/tiny benchmark/runner; mlcommons/tiny_results_v1.3, NUCLEO-U385RG-Q, kws.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.parsing import power, timing
from nas_engine.energy.traces.trace import FileReading, Finding, Trace, Values, Window
from nas_engine.errors import BadMeasurement

_MAX_BYTES = 40_000_000  # 50 minutes; a Python float takes three times what its text takes
_RATE_HZ = 1e3
_JOULES_PER_MS_IN_MW = 1e6
_MAX_MISSING = 0.001  # EnergyRunner's own bound for lost samples


@dataclass(frozen=True, slots=True)
class _Trial:
    samples_j: Values
    begin: int  # first sample of the inferences
    end: int
    iterations: int
    missing: int


class MlcommonsResults:
    """Reader of `results.json` of the MLCommons Tiny runner."""

    format = "mlcommons_results"
    title = "MLCommons Tiny runner results.json"
    accepts = "Trials of an energy run: joules per millisecond with the exact window of the inferences"

    def recognises(self, head: FileHead) -> bool:
        """Whether it is JSON with "infer" and "iterations"."""
        beginning = head.text.lstrip()[:1]
        return beginning in ("[", "{") and '"infer"' in head.text and '"iterations"' in head.text

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Trace of all trials with the window of each. Raises BadMeasurement for performance runs and damaged files."""
        trials = [_trial(value, number) for number, value in enumerate(_objects(source))]
        return FileReading(self.format, _joined(source, trials, options))


def _objects(source: FileSource) -> list[Any]:
    try:
        value = json.loads(source.text(_MAX_BYTES))
    except (ValueError, RecursionError) as error:
        raise BadMeasurement(
            f"not valid JSON ({str(error)[:80]}); the file was cut or damaged: copy it again"
        ) from None
    trials = value if isinstance(value, list) else [value]
    if not trials:
        raise BadMeasurement("no trial; give the results.json of an energy run")
    return trials


def _trial(value: Any, number: int) -> _Trial:
    """Trial from its JSON. Raises BadMeasurement, naming the trial, for other JSON."""
    power = value.get("power") if isinstance(value, Mapping) else None
    if not isinstance(power, Mapping) or not power.get("samples"):
        raise BadMeasurement(
            f"trial {number} has no power samples: it is a performance run; give that of an energy run"
        )
    samples_j = _numbers(power["samples"], f"power.samples of trial {number}")
    iterations = _whole(value.get("infer", {}).get("iterations") if isinstance(value.get("infer"), Mapping) else None)
    begin, end = _window(power.get("timestamps"), len(samples_j), number)
    if iterations is None or iterations < 1:
        raise BadMeasurement(f"infer.iterations of trial {number} is not a number of inferences; copy the file again")
    filled, missing = _filled(samples_j, begin, end, number)
    return _Trial(filled, begin, end, iterations, missing)


def _numbers(values: Any, what: str) -> Values:
    if not isinstance(values, list) or not all(isinstance(each, int | float) for each in values):
        raise BadMeasurement(f"{what} holds something else than numbers; copy the file again")
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError:
        raise BadMeasurement(f"{what} holds a number without bounds; copy the file again") from None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value < 2**31 else None


def _window(stamps: Any, samples: int, number: int) -> tuple[int, int]:
    """Indices of the first sample of the inferences and of the first one after them."""
    edges = (
        [_whole(each[1]) for each in stamps if isinstance(each, list) and len(each) == 2]
        if isinstance(stamps, list)
        else []
    )
    if len(edges) != 2 or len(edges) != len(stamps):
        raise BadMeasurement(
            f"{len(edges)} time stamps in trial {number}, where begin and end of the inferences were expected; run "
            "it again"
        )
    begin, end = edges
    if begin is None or end is None or not 0 <= begin < end <= samples:
        raise BadMeasurement(
            f"the time stamps {begin} and {end} of trial {number} do not lie within its {samples:,} samples"
        )
    return begin, end


def _filled(samples_j: Values, begin: int, end: int, number: int) -> tuple[Values, int]:
    """Samples with missing ones interpolated, and their number. Raises BadMeasurement for too many in the window."""
    lost = np.isnan(samples_j)
    if np.isinf(samples_j).any():
        raise BadMeasurement(f"a sample of trial {number} is infinite; the file is damaged: copy it again")
    if lost[begin:end].mean() > _MAX_MISSING or lost.mean() > 0.5:
        raise BadMeasurement(
            f"{int(lost[begin:end].sum()):,} of {end - begin:,} samples in the window of trial {number} were lost, "
            "more than "
            "0.1 %; run it again"
        )
    if not lost.any():
        return samples_j, 0
    places = np.arange(len(samples_j))
    return np.interp(places, places[~lost], samples_j[~lost]), int(lost.sum())


def _joined(source: FileSource, trials: list[_Trial], options: ReadOptions) -> Trace:
    """Trials joined to one trace; the window of each is exact to the sample."""
    power_mw = np.concatenate([trial.samples_j for trial in trials]) * _JOULES_PER_MS_IN_MW
    rows = power.SampleRows(source.in_samples(), findings=tuple(_findings(trials)))
    timed = timing.evenly(len(power_mw), _RATE_HZ)
    trace = power.trace(rows, power.PowerChannel("supply", power_mw=power_mw), timed, options, spacing="interval")
    return replace(trace, windows=tuple(_windows(trials)))


def _windows(trials: list[_Trial]) -> Iterator[Window]:
    before = 0
    for number, trial in enumerate(trials):
        begin_s, end_s = (before + trial.begin) / _RATE_HZ, (before + trial.end) / _RATE_HZ
        yield Window(begin_s, end_s, label=f"trial {number}", inferences=trial.iterations)
        before += len(trial.samples_j)


def _findings(trials: list[_Trial]) -> Iterator[Finding]:
    if len(trials) > 1:
        message = f"{len(trials)} trials, each with a trace of its own, are joined one after the other"
        yield Finding("joined_trials", "note", message)
    if missing := sum(trial.missing for trial in trials):
        message = f"{missing:,} samples were lost by the monitor and are interpolated between their neighbours"
        yield Finding("nan_cells", "warning", message)
