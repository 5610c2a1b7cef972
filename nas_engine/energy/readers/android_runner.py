"""Result of a run by Android Runner's Monsoon plugin: `energy_joules,duration_ms,error_flag`, one row.

It is a sum without a trace: no window can be chosen in it and nothing can be checked, so it is indicative.
Source: S2-group/android-runner, Plugins/monsoon.
"""

import math

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.parsing import table
from nas_engine.energy.readers.parsing.layout import folded
from nas_engine.energy.traces.trace import EnergySummary, FileReading, Finding

_COLUMNS = ("energy_joules", "duration_ms", "error_flag")
_MAX_SECONDS = 7 * 86_400.0
_MAX_POWER_MW = 100_000.0


class AndroidRunnerMonsoon:
    """Reader of the result of Android Runner's Monsoon plugin."""

    format = "android_runner_monsoon"
    title = "Android Runner's Monsoon result"
    accepts = (
        "`energy_joules,duration_ms,error_flag` with one row: energy and duration of a run, without a trace; indicative"
    )

    def recognises(self, head: FileHead) -> bool:
        """Whether its columns are exactly those of the plugin."""
        layout = head.layout
        return layout is not None and {folded(name) for name in layout.names} == set(_COLUMNS)

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Energy (mJ) and duration (s) of the run. Raises BadMeasurement for several rows or a failed run."""
        layout = source.head().layout
        positions = [layout.index(name) for name in _COLUMNS] if layout else [None]
        if layout is None or None in positions:
            raise source.wrong(f"a column is missing; needed are {', '.join(_COLUMNS)}")
        energy, duration, flag = (position for position in positions if position is not None)
        loaded = table.load(source, layout, [energy, duration], [flag])
        if loaded.rows != 1:
            raise source.wrong(
                f"Android Runner's table of {loaded.rows} runs; give the result of each run alone, from the folder "
                "of the run"
            )
        if loaded.texts[0][0] != "False":
            raise source.wrong(
                f'error_flag is "{loaded.texts[0][0][:20]}": the run failed; measure again', line=loaded.first_line
            )
        return FileReading(self.format, _summary(source, float(loaded.numbers[0][0]), float(loaded.numbers[1][0])))


def _summary(source: FileSource, energy_j: float, duration_ms: float) -> EnergySummary:
    duration_s, energy_mj = duration_ms / 1e3, 1e3 * energy_j
    possible = math.isfinite(energy_mj) and energy_mj > 0.0 and 0.0 < duration_s <= _MAX_SECONDS
    if not possible or not energy_mj / duration_s <= _MAX_POWER_MW:
        raise source.wrong(
            f"{energy_j:g} J in {duration_s:g} s is impossible: columns are swapped, or the run failed; measure again"
        )
    message = "a sum without a trace: it holds the whole phone over the whole run, start-up and pauses too"
    return EnergySummary(energy_mj, duration_s, (Finding("indicative", "warning", message),))
