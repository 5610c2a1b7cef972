"""Trace from columns: power as recorded or from current and voltage, with the checks that every monitor passes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.readers.base import FileSource, ReadOptions
from nas_engine.energy.readers.parsing.timing import Timing
from nas_engine.energy.traces.trace import Finding, Trace, Values
from nas_engine.errors import BadMeasurement

_MOST_POWER_MW = 100_000.0
_MOST_NANS = 0.001
_POWER_TOLERANCE = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class PowerChannel:
    """Columns of one output of a monitor, [n] each, NaN where a cell is empty; current or power is not None."""

    name: str
    current_ma: Values | None = None
    voltage_v: Values | None = None
    power_mw: Values | None = None
    most_voltage_v: float = 1_000.0  # limit of this monitor; more means columns are swapped or units wrong
    low_power_mw: float = 1.0  # a mean below is a finding, because a wrong unit gives a thousandth


@dataclass(frozen=True, slots=True)
class SampleRows:
    """Position of rows in the file (for messages), and findings so far."""

    source: FileSource
    first_line: int = 1
    findings: tuple[Finding, ...] = field(default=())


def trace(
    rows: SampleRows,
    channel: PowerChannel,
    timing: Timing,
    options: ReadOptions,
    *,
    spacing: Literal["point", "interval"],
    triggers: dict[str, NDArray[np.bool_]] | None = None,
) -> Trace:
    """Trace of the channel's power (mW) at the times of `timing` (s), without up to 0.1 % of rows without a number.

    Raises:
        BadMeasurement: no voltage, too many cells without a number, power above 100 W, power that is not current
            times voltage, only zeros, or a negative mean.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # what is no number is counted below
        power_mw = _power_mw(rows, channel, options)
    kept = np.isfinite(power_mw)
    findings = [*rows.findings, *timing.findings, *_nans(rows, kept)]
    time_s, digital = timing.time_s, triggers or {}
    if not kept.all():
        power_mw, time_s = power_mw[kept], time_s[kept] - time_s[kept][0]
        digital = {name: values[kept] for name, values in digital.items()}
    _check_power(rows, channel, power_mw)
    findings.extend(_unusual(float(power_mw.mean()), channel))
    started_at_s = timing.started_at_s
    if started_at_s is not None:
        started_at_s += float(timing.time_s[int(np.argmax(kept))])
    found = tuple(findings)
    return Trace(power_mw, time_s, spacing, timing.rate_hz, started_at_s, digital, (), found, timing.stamped_s)


def choose(
    source: FileSource, channels: Iterable[PowerChannel], wanted: str | None
) -> tuple[PowerChannel, tuple[Finding, ...]]:
    """Channel named `wanted`, or the first that is not 0 throughout, with a finding where that is not the first.

    Raises:
        BadMeasurement: there is no such channel, or none at all.
    """
    available = tuple(channels)
    names = ", ".join(channel.name for channel in available)
    if not available:
        raise source.wrong("no column of current or power; record with at least the main current enabled")
    if wanted is not None:
        found = [channel for channel in available if channel.name.lower() == wanted.strip().lower()]
        if not found:
            raise source.wrong(f"there is no channel {wanted}; it has {names}")
        return found[0], ()
    measured = next((channel for channel in available if _measured(channel)), available[0])
    if measured is available[0]:
        return measured, ()
    message = f"{available[0].name} is 0 throughout, so {measured.name} is read; choose the channel that fed the device"
    return measured, (Finding("usb_fed" if measured.name == "usb" else "guessed_channel", "warning", message),)


def _measured(channel: PowerChannel) -> bool:
    values = channel.power_mw if channel.power_mw is not None else channel.current_ma
    return values is not None and bool(np.nan_to_num(values).any())


def _power_mw(rows: SampleRows, channel: PowerChannel, options: ReadOptions) -> Values:
    _check_voltage(rows, channel)
    by_product = None
    if channel.current_ma is not None and channel.voltage_v is not None:
        by_product = channel.current_ma * channel.voltage_v
    if channel.power_mw is not None:
        if by_product is not None:
            _check_product(rows, channel, by_product)
        return channel.power_mw
    if by_product is not None:
        return by_product
    if channel.current_ma is None:
        raise rows.source.wrong(f"no column of current or power for {channel.name}; export it again with one")
    if options.voltage_v is None:
        raise rows.source.wrong(f"{channel.name} has current but no voltage; give the supply voltage of the device")
    product: Values = channel.current_ma * options.voltage_v
    return product


def _check_voltage(rows: SampleRows, channel: PowerChannel) -> None:
    if channel.voltage_v is None:
        return
    wrong = (channel.voltage_v > channel.most_voltage_v) | (channel.voltage_v < -1.0)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise rows.source.wrong(
            f"{channel.voltage_v[at]:.6g} V on {channel.name}, which gives at most {channel.most_voltage_v:g} V: "
            "are columns swapped, or is the unit another?",
            line=rows.first_line + at,
        )


def _check_product(rows: SampleRows, channel: PowerChannel, by_product: Values) -> None:
    """Raise BadMeasurement where power is not current times voltage: swapped columns, other units, or a wrong split."""
    assert channel.power_mw is not None
    both = np.isfinite(channel.power_mw) & np.isfinite(by_product)
    power, product = channel.power_mw[both], by_product[both]
    size = max(float(np.abs(power).mean()), float(np.abs(product).mean())) if len(power) else 0.0
    if size and float(np.abs(power - product).mean()) > _POWER_TOLERANCE * size:
        raise rows.source.wrong(
            f"{channel.name}: power is {power.mean():,.4g} mW, but current times voltage is {product.mean():,.4g} mW: "
            "columns are swapped or a unit is wrong; export again, or map the columns by hand"
        )


def _nans(rows: SampleRows, kept: NDArray[np.bool_]) -> list[Finding]:
    missing = int((~kept).sum())
    if not missing:
        return []
    line = rows.first_line + int(np.argmin(kept))
    share = f"{missing:,} of {len(kept):,} {rows.source.elements} have no number"
    if missing > _MOST_NANS * len(kept):
        raise rows.source.wrong(f"{share} here or below, more than 0.1 %; record or export again", line=line)
    first = f"the first in {rows.source.counted} {line:,}"
    return [Finding("nan_cells", "warning", f"{share}, {first}; they are left out")]


def _check_power(rows: SampleRows, channel: PowerChannel, power_mw: Values) -> None:
    if not len(power_mw):
        raise rows.source.wrong(f"none of its {rows.source.elements} is a number; record or export again")
    worst = int(np.argmax(np.abs(power_mw)))
    if abs(power_mw[worst]) > _MOST_POWER_MW:
        element = rows.source.elements.removesuffix("s")
        raise BadMeasurement(
            f"{rows.source.name}: {power_mw[worst] / 1e3:,.4g} W in {element} {worst + 1:,}; no device here takes over "
            f"{_MOST_POWER_MW / 1e3:.0f} W: are columns swapped, or is the unit another?"
        )
    if not power_mw.any():
        raise rows.source.wrong(f"{channel.name} is 0 throughout: nothing was connected; read another channel")
    if power_mw.mean() < 0.0:
        raise rows.source.wrong(
            f"{channel.name} has {power_mw.mean():,.4g} mW on average: the device was charging, its leads are swapped, "
            "or the load was off"
        )


def _unusual(mean_mw: float, channel: PowerChannel) -> list[Finding]:
    """Finding on a mean below the usual of this monitor; `traces.checks` looks for too high power."""
    if mean_mw >= channel.low_power_mw:
        return []
    doubt = "if that is far too little, a column is in another unit than its header states"
    return [Finding("low_power", "warning", f"{mean_mw:.3g} mW on average: {doubt}")]
