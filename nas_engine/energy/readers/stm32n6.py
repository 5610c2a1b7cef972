"""CSV of STMicroelectronics' power scripts for the STM32N6 (STLINK-V3PWR, one column a rail, 100,000 rows a second).

`time,VDDCORE,VDDA1V8,VDDIO,...,seq_changed,seq_idx,seq_name,RCC_...`: rails in watts, each row with the number of the
step the application is in. An older generation has a pin instead (`time,VDD1V8,...,PD13`, 1 during inference) and rails
in amperes. Source: STMicroelectronics/x-cube-n6-ai-power-measurement, Utilities/pwr_scripts (capture.py, toolbox.py,
inference_power.py).
"""

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from nas_engine.energy.readers import device_clock, power, table
from nas_engine.energy.readers.base import Head, ReadOptions, Source
from nas_engine.energy.readers.layout import Layout
from nas_engine.energy.trace import Finding, Reading, Values, Window

_RAIL = re.compile(r"VDD\w*\Z")
_PIN = re.compile(r"P[A-Q]\d{1,2}\Z")
_MAX_BYTES = 200_000_000
_MAX_STEPS = 10_000


class Stm32n6:
    format = "stm32n6"
    title = "STM32N6 power script CSV"
    accepts = (
        "`time,VDD...` with seq_idx (rails in W, steps as windows) or with pins such as PD13 (rails in A: the supply "
        "voltage has "
        "to be given; pins as triggers)"
    )

    def recognises(self, head: Head) -> bool:
        layout = head.layout
        return layout is not None and layout.names[:1] == ("time",) and bool(_at(layout, _RAIL))

    def read(self, source: Source, options: ReadOptions) -> Reading:
        layout = source.head().layout
        if layout is None or not (rails := _at(layout, _RAIL)):
            raise source.wrong("no column of a rail (VDD...); capture again")
        if source.path.stat().st_size > _MAX_BYTES:
            raise source.wrong(f"more than {_MAX_BYTES // 1_000_000} MB of CSV; capture a shorter time")
        step = layout.index("seq_idx")
        if step is None and options.voltage_v is None:
            raise source.wrong(
                "without seq_idx the rails are currents in amperes; give their supply voltage (1 if this script "
                "wrote watts)"
            )
        pins = _at(layout, _PIN)
        others = [*pins.values(), *([] if step is None else [step])]
        loaded = table.load(source, layout, [0, *rails.values(), *others])
        columns = dict(zip([0, *rails.values(), *others], loaded.numbers, strict=True))
        total = np.sum([columns[at] for at in rails.values()], axis=0)
        channel = (
            power.Channel(" + ".join(rails), power_mw=1e3 * total)
            if step is not None
            else power.Channel(" + ".join(rails), current_ma=1e3 * total)
        )
        timed = device_clock.timed(source, columns[0], 1.0, first_line=loaded.first_line)
        rows = power.Rows(source, loaded.first_line, loaded.findings)
        triggers = {name: columns[at] == 1.0 for name, at in pins.items() if np.ptp(np.nan_to_num(columns[at]))}
        trace = power.trace(rows, channel, timed, options, spacing="interval", triggers=triggers)
        if step is not None and len(columns[step]) == trace.samples:
            windows = tuple(_steps(source, columns[step], trace.time_s, _step_names(source, layout)))
            trace = replace(trace, windows=windows)
        return Reading(self.format, trace, _findings(rails, step is not None))


def _at(layout: Layout, wanted: re.Pattern[str]) -> dict[str, int]:
    return {name: at for at, name in enumerate(layout.names) if wanted.match(name)}


def _step_names(source: Source, layout: Layout) -> dict[int, str]:
    """The name of each step by its number, as the rows give it."""
    number, name = layout.index("seq_idx"), layout.index("seq_name")
    if number is None or name is None:
        return {}
    loaded = table.load(source, layout, [number], [name])
    _, first = np.unique(loaded.numbers[0], return_index=True)
    return {int(loaded.numbers[0][at]): loaded.texts[0][at] for at in first if np.isfinite(loaded.numbers[0][at])}


def _steps(source: Source, numbers: Values, time_s: Values, names: dict[int, str]) -> Iterator[Window]:
    """Each stretch of rows with the same number; the last ends with the trace."""
    changes = np.flatnonzero(np.diff(numbers)) + 1
    if len(changes) > _MAX_STEPS or not np.isfinite(numbers).all():
        raise source.wrong("seq_idx does not count steps: columns are swapped; capture again")
    end_s = float(time_s[-1] + (time_s[-1] - time_s[-2]))
    begins = [0, *changes.tolist()]
    edges = [*(float(time_s[begin]) for begin in begins), end_s]
    for begin, start_s, stop_s in zip(begins, edges, edges[1:], strict=False):
        number = int(numbers[begin])
        yield Window(start_s, stop_s, label=names.get(number, f"step {number}"))


def _findings(rails: dict[str, int], in_watts: bool) -> tuple[Finding, ...]:
    message = f"the sum of {len(rails)} rails: {', '.join(rails)}; what is not measured is not in it"
    sums = Finding("sum_of_rails", "note", message)
    if in_watts:
        return (sums,)
    amperes = (
        "the rails are taken as amperes and multiplied by the voltage given, without the efficiency of a converter"
    )
    return sums, Finding("guessed_unit", "warning", amperes)
