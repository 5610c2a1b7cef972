"""Android's own fuel gauge, polled by Android Runner's BatteryManager plugin. Indicative, not a power monitor.

`Timestamp,BATTERY_PROPERTY_CURRENT_NOW,EXTRA_VOLTAGE` in ms since 1970, microamperes by Android's documentation
(milliamperes on several phones), mV. Negative is discharging. Polling is faster than the gauge: thousands of rows may
hold two values. Source: S2-group/android-runner, Plugins/batterymanager; android.os.BatteryManager.
"""

from dataclasses import replace

import numpy as np

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.parsing import power, table, timing
from nas_engine.energy.traces.trace import FileReading, Finding, Values

_TIME, _CURRENT, _VOLTAGE = "Timestamp", "BATTERY_PROPERTY_CURRENT_NOW", "EXTRA_VOLTAGE"
AWAKE_MW = (50.0, 15_000.0)  # mean power of a phone that computes
_BATTERY_MV = (2_500.0, 20_000.0)
_FEW_VALUES_PER_S = 1.0

INDICATIVE = Finding(
    "indicative",
    "warning",
    "an estimate of the phone itself, not of a power monitor: good for comparing, not for figures; it holds the "
    "whole phone",
)


class BatteryManager:
    """Reader of CSV of Android Runner's BatteryManager plugin."""

    format = "android_battery"
    title = "Android BatteryManager CSV"
    accepts = f"`{_TIME},{_CURRENT},{_VOLTAGE}` in ms, uA or mA (by what a phone can take), mV; indicative"

    def recognises(self, head: FileHead) -> bool:
        """Whether it has the three columns of the plugin."""
        layout = head.layout
        return layout is not None and all(layout.index(name) is not None for name in (_TIME, _CURRENT, _VOLTAGE))

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Power of the whole phone over time; indicative. Raises BadMeasurement for a charging or constant gauge."""
        layout = source.head().layout
        positions = [layout.index(name) for name in (_TIME, _CURRENT, _VOLTAGE)] if layout else [None]
        if layout is None or None in positions:
            raise source.wrong(f"a column is missing; needed are {_TIME}, {_CURRENT}, {_VOLTAGE}")
        loaded = table.load(source, layout, [position for position in positions if position is not None])
        stamps_ms, current, voltage_mv = loaded.numbers
        discharge = -current
        _check(source, discharge, voltage_mv)
        unit, factor = _unit(source, discharge, voltage_mv)
        timed = _timed(source, stamps_ms, loaded.first_line)
        findings = (*loaded.findings, INDICATIVE, *_unit_findings(unit), *_gauge(source, current, timed.time_s))
        rows = power.SampleRows(source, loaded.first_line, (*findings, *_charging(current)))
        channel = power.PowerChannel(
            "battery", discharge * factor, voltage_mv / 1e3, most_voltage_v=_BATTERY_MV[1] / 1e3
        )
        return FileReading(
            self.format, power.trace(rows, channel, timed, replace(options, voltage_v=None), spacing="point")
        )


def _check(source: FileSource, discharge: Values, voltage_mv: Values) -> None:
    known = voltage_mv[np.isfinite(voltage_mv)]
    if not len(known) or not (_BATTERY_MV[0] <= known).all() or not (known <= _BATTERY_MV[1]).all():
        raise source.wrong(
            f"{_VOLTAGE} is not that of a battery in mV (2,500 to 20,000): columns are swapped; record again"
        )
    if not np.isfinite(discharge).any():
        raise source.wrong(f"{_CURRENT} is empty: this phone's gauge reports none; use a power monitor")
    if float(np.nanmean(discharge)) < 0.0:
        raise source.wrong(
            "the current is positive, which means that the battery was charging; record with the charger and USB "
            "unplugged "
            "(adb over Wi-Fi). If this phone counts discharging as positive, invert the sign in the file"
        )
    if not np.nan_to_num(discharge).any():
        raise source.wrong("the current is 0 throughout: this phone's gauge reports none; use a power monitor")


def _unit(source: FileSource, discharge: Values, voltage_mv: Values) -> tuple[str, float]:
    """Unit of the current, uA or mA, by the power a phone can take, and its factor to mA."""
    product_mw = float(np.nanmean(discharge) * np.nanmean(voltage_mv) / 1e3)
    for unit, factor in (("uA", 1e-3), ("mA", 1.0)):
        if AWAKE_MW[0] <= product_mw * factor <= AWAKE_MW[1]:
            return unit, factor
    raise source.wrong(
        f"{product_mw / 1e3:,.3g} mW if the current is in uA, {product_mw / 1e3:,.3g} W if it is in mA: no phone "
        "that computes "
        "takes that; columns are swapped, or the gauge is wrong"
    )


def _unit_findings(unit: str) -> tuple[Finding, ...]:
    if unit == "uA":
        return ()
    message = (
        "the current is taken as mA, not as the documented uA, in which it would be a thousandth of what phones take"
    )
    return (Finding("guessed_unit", "warning", message),)


def _timed(source: FileSource, stamps_ms: Values, first_line: int) -> timing.Timing:
    """Even times: every poll has equal weight, as in Android Runner, because stamps jitter with the load."""
    kept = timing.timed(source, stamps_ms, 1e-3, first_line=first_line)
    if kept.started_at_s is None:
        raise source.wrong(f"{_TIME} is not in ms since 1970: columns are swapped; record again")
    span_s = float(stamps_ms[-1] - stamps_ms[0]) / 1e3
    if span_s <= 0.0:
        raise source.wrong("all stamps are alike; record again")
    rate_hz = (len(stamps_ms) - 1) / span_s
    return timing.Timing(np.arange(len(stamps_ms)) / rate_hz, rate_hz, kept.started_at_s, kept.findings)


def _gauge(source: FileSource, current: Values, time_s: Values) -> tuple[Finding, ...]:
    """Finding on a gauge that is slower than the polling. Raises BadMeasurement where it never changes."""
    distinct = len(np.unique(current[np.isfinite(current)]))
    seconds = float(time_s[-1])
    if distinct == 1 and len(current) > 2:
        raise source.wrong(
            f"the gauge gave one value for {seconds:.1f} s ({len(current):,} rows): it was not updated; record "
            "longer, or use a "
            "power monitor"
        )
    if distinct >= _FEW_VALUES_PER_S * seconds:
        return ()
    message = (
        f"{len(current):,} rows in {seconds:.1f} s, but only {distinct} values: the gauge is slower than the polling"
    )
    return (Finding("stale_gauge", "warning", message),)


def _charging(current: Values) -> tuple[Finding, ...]:
    share = float(np.mean(current[np.isfinite(current)] > 0.0))
    if share == 0.0:
        return ()
    message = f"in {100 * share:.1f} % of the rows the battery was charging; unplug charger and USB"
    return (Finding("charging", "warning", message),)
