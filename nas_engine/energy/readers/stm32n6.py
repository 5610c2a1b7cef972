"""CSV of STMicroelectronics' power scripts for the STM32N6 (STLINK-V3PWR, one column a rail, 100,000 rows per second).

`time,VDDCORE,VDDA1V8,VDDIO,...,seq_changed,seq_idx,seq_name,RCC_...`: rails in watts, each row with the number of the
step the application is in. An older generation has a pin instead (`time,VDD1V8,...,PD13`, 1 during inference) and rails
in amperes. Source: STMicroelectronics/x-cube-n6-ai-power-measurement, Utilities/pwr_scripts (capture.py, toolbox.py,
inference_power.py).
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.parsing import device_clock, power, table
from nas_engine.energy.readers.parsing.layout import TableLayout
from nas_engine.energy.traces.trace import FileReading, Finding, Values, Window

_RAIL = re.compile(r"VDD\w*\Z")
_PIN = re.compile(r"P[A-Q]\d{1,2}\Z")
_OTHER = re.compile(r"time\Z|seq_\w+\Z|RCC_\w+\Z")
_STEP = ("seq_idx", "seq_changed")
_MAX_BYTES = 200_000_000
_MAX_STEPS = 10_000


class Stm32n6:
    """Reader of CSV of ST's power scripts for the STM32N6."""

    format = "stm32n6"
    title = "STM32N6 power script CSV"
    accepts = (
        "`time,VDD...` with seq_idx (rails in W, steps as windows) or with pins such as PD13 (rails in A: the supply "
        "voltage has "
        "to be given; pins as triggers)"
    )

    def recognises(self, head: FileHead) -> bool:
        """Whether it has a column of time and one of a rail (VDD...)."""
        layout = head.layout
        return layout is not None and layout.index("time") is not None and bool(_at(layout, _RAIL))

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Trace of the sum of all rails, with steps as windows. Raises BadMeasurement for unknown columns."""
        layout = source.head().layout
        if layout is None or not (rails := _at(layout, _RAIL)):
            raise source.wrong("no column of a rail (VDD...); capture again")
        _check_columns(source, layout)
        if source.path.stat().st_size > _MAX_BYTES:
            raise source.wrong(f"more than {_MAX_BYTES // 1_000_000} MB of CSV; capture a shorter time")
        in_watts = layout.index("seq_idx") is not None
        if not in_watts and options.voltage_v is None:
            raise source.wrong(
                "without seq_idx the rails are currents in amperes; give their supply voltage (1 if this script wrote "
                "watts)"
            )
        wanted = ["time", *rails, *_at(layout, _PIN), *(name for name in _STEP if layout.index(name) is not None)]
        loaded = table.load(source, layout, [layout.names.index(name) for name in wanted])
        columns = dict(zip(wanted, loaded.numbers, strict=True))
        total = 1e3 * np.sum([columns[name] for name in rails], axis=0)
        name = " + ".join(rails)
        channel = power.PowerChannel(name, power_mw=total) if in_watts else power.PowerChannel(name, current_ma=total)
        timed = device_clock.timed(source, columns["time"], 1.0, first_line=loaded.first_line)
        rows = power.SampleRows(source, loaded.first_line, loaded.findings)
        trace = power.trace(rows, channel, timed, options, spacing="interval", triggers=_triggers(layout, columns))
        if in_watts and loaded.rows == trace.samples:
            _check_steps(source, columns)
            names = _step_names(source, layout)
            trace = replace(trace, windows=tuple(_steps(columns["seq_idx"], trace.time_s, names)))
        return FileReading(self.format, trace, _findings(rails, in_watts))


def _check_columns(source: FileSource, layout: TableLayout) -> None:
    """Raise BadMeasurement for an unknown column: it may be a rail, and the sum would be too small without it."""
    for name in layout.names:
        if not any(known.match(name) for known in (_RAIL, _PIN, _OTHER)):
            raise source.wrong(f'a column "{name[:30]}", which may be a rail or not; map the columns by hand')


def _triggers(layout: TableLayout, columns: dict[str, Values]) -> dict[str, NDArray[np.bool_]]:
    """The pins that change."""
    levels = {name: columns[name] == 1.0 for name in _at(layout, _PIN)}
    return {name: level for name, level in levels.items() if level.any() and not level.all()}


def _check_steps(source: FileSource, columns: dict[str, Values]) -> None:
    """Raise BadMeasurement where seq_idx does not count the steps that seq_changed marks."""
    numbers = columns["seq_idx"]
    counted = np.diff(numbers, prepend=numbers[0])
    marked = columns.get("seq_changed", counted)
    wrong = ~np.isin(counted, (0.0, 1.0)) | (marked != counted)
    if wrong[1:].any() or not np.isfinite(numbers).all() or int(counted.sum()) > _MAX_STEPS:
        raise source.wrong(
            "seq_idx does not count the steps that seq_changed marks: columns are swapped; capture again"
        )


def _at(layout: TableLayout, wanted: re.Pattern[str]) -> dict[str, int]:
    return {name: at for at, name in enumerate(layout.names) if wanted.match(name)}


def _step_names(source: FileSource, layout: TableLayout) -> dict[int, str]:
    """The name of each step by its number, as the rows give it."""
    number, name = layout.index("seq_idx"), layout.index("seq_name")
    if number is None or name is None:
        return {}
    loaded = table.load(source, layout, [number], [name])
    _, first = np.unique(loaded.numbers[0], return_index=True)
    return {int(loaded.numbers[0][at]): loaded.texts[0][at] for at in first if np.isfinite(loaded.numbers[0][at])}


def _steps(numbers: Values, time_s: Values, names: dict[int, str]) -> Iterator[Window]:
    """Each stretch of rows with the same number; the last ends with the trace."""
    begins = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist()]
    end_s = float(time_s[-1] + (time_s[-1] - time_s[-2]))
    edges = [*(float(time_s[begin]) for begin in begins), end_s]
    for begin, (start_s, stop_s) in zip(begins, pairwise(edges), strict=True):
        number = int(numbers[begin])
        yield Window(start_s, stop_s, label=names.get(number) or f"step {number}")


def _findings(rails: dict[str, int], in_watts: bool) -> tuple[Finding, ...]:
    message = f"the sum of {len(rails)} rails: {', '.join(rails)}; what is not measured is not in it"
    sums = Finding("sum_of_rails", "note", message)
    if in_watts:
        return (sums,)
    amperes = (
        "the rails are taken as amperes and multiplied by the voltage given, without the efficiency of a converter"
    )
    return sums, Finding("guessed_unit", "warning", amperes)
