"""CSV of Monsoon's Python API (`sampleEngine.enableCSVOutput`) and its forks, 5,000 rows per second.

The header's unit of time lies: the stock writer puts seconds since the start below "Time(ms)", with
`legacy_timestamp` whole seconds since 1970, forks put microseconds since 1970 there. So the unit is inferred from size
and rate. Stamps are those of arrival at the computer, in bursts of 128.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.parsing import power, table, timing, units
from nas_engine.energy.readers.parsing.layout import TableLayout, folded
from nas_engine.energy.readers.parsing.power import PowerChannel, SampleRows
from nas_engine.energy.traces.trace import FileReading, Finding, Values

NOMINAL_HZ = 5_000.0
_MOST_VOLTAGE_V = 14.0  # the high-voltage monitor gives 13.5 V
_LOW_POWER_MW = 10.0  # phones take more, so less is reported: it may be amperes under "mA"
_CURRENT = re.compile(r"(main|usb|aux)(?:current)?\(([num]?a)\)\Z")
_VOLTAGE = re.compile(r"(main|usb|aux)voltage\(([num]?v)\)\Z")
_TIME = re.compile(r"time\((s|ms|us|ns)\)\Z")


class MonsoonPython:
    """Reader of any of the columns Time, Main, USB, Aux, Main Voltage, USB Voltage, in any order."""

    format = "monsoon_python"
    title = "Monsoon Python API CSV"
    accepts = (
        "Any columns of `Time(ms),Main(mA),USB(mA),Aux(mA),Main Voltage(V),USB Voltage(V)`, also `Time(s)`, with or "
        "without a comma at the end of rows, cells as `np.float64(...)`, tabs or semicolons. The unit of time is "
        "inferred from the rate of 5 kHz"
    )

    def recognises(self, head: FileHead) -> bool:
        """Whether all named columns are currents, voltages or times of a Monsoon, and one is a current."""
        layout = head.layout
        names = [folded(name) for name in layout.names] if layout else []
        return any(_CURRENT.match(name) for name in names) and all(
            any(known.match(name) for known in (_CURRENT, _VOLTAGE, _TIME)) for name in names if name
        )

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Trace of one output, by `options.channel`. Raises BadMeasurement for damaged tables."""
        layout = source.head().layout
        if layout is None:
            raise source.wrong("this is no table; give the CSV as the sample engine wrote it")
        loaded = table.load(source, layout, range(layout.columns))
        output, chosen = power.choose(source, _channels(layout, loaded.numbers), options.channel)
        timed = _timing(source, layout, loaded, options)
        rows = SampleRows(source, loaded.first_line, (*loaded.findings, *chosen))
        return FileReading(self.format, power.trace(rows, output, timed, options, spacing="point"))


def channel(
    name: str, current_ma: Values | None, voltage_v: Values | None = None, power_mw: Values | None = None
) -> PowerChannel:
    """Output of a Monsoon with its limits: current (mA), voltage (V) and power (mW), [n] each."""
    return PowerChannel(
        name, current_ma, voltage_v, power_mw, most_voltage_v=_MOST_VOLTAGE_V, low_power_mw=_LOW_POWER_MW
    )


def _channels(layout: TableLayout, columns: Sequence[Values]) -> Iterator[PowerChannel]:
    names = [folded(name) for name in layout.names]
    voltages = {}
    for name, values in zip(names, columns, strict=True):
        if found := _VOLTAGE.match(name):
            voltages[found.group(1)] = values * units.VOLTS[found.group(2)]
    for name, values in zip(names, columns, strict=True):
        if found := _CURRENT.match(name):
            scale = units.MILLIAMPERES[found.group(2)]
            current_ma = values if scale == 1.0 else values * scale
            yield channel(found.group(1), current_ma, voltages.get(found.group(1)))


def _timing(source: FileSource, layout: TableLayout, loaded: table.Table, options: ReadOptions) -> timing.Timing:
    if options.rate_hz is not None:
        return timing.evenly(loaded.rows, options.rate_hz)
    at = next((index for index, name in enumerate(layout.names) if _TIME.match(folded(name))), None)
    if at is None:
        finding = Finding("guessed_rate", "note", f"no column of time: the monitor's {NOMINAL_HZ:,.0f} Hz is used")
        return timing.evenly(loaded.rows, NOMINAL_HZ, (finding,))
    stamps = loaded.numbers[at]
    unit, unit_s = timing.unit_by_plausibility(stamps, NOMINAL_HZ)
    timed = timing.timed(source, stamps, unit_s, nominal_hz=NOMINAL_HZ, first_line=loaded.first_line)
    stated = units.split(layout.names[at])[1]
    if unit == stated:
        return timed
    message = f'the header states "{layout.names[at]}", but by the rate of {NOMINAL_HZ:,.0f} Hz the unit is {unit}'
    guess = Finding("guessed_unit", "note", message)
    return replace(timed, findings=(guess, *timed.findings))
