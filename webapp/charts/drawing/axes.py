"""Axes: values to places in a drawing, and ticks at round values."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_TICKS = 6
_MOST_LOG_TICKS = 9
_WIDENED = 0.05  # of the range, so that no mark lies on an edge
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Tick:
    """A value with a line across the plot, and its label."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis from `low` at `start` to `high` at `end` (places in user units); a logarithmic one has both above 0."""

    title: str
    low: float
    high: float
    start: float
    end: float
    is_log: bool
    ticks: tuple[Tick, ...]

    def place(self, value: float) -> float:
        """Place of a value, rounded to a tenth of a unit."""
        low, high = self._scaled(self.low), self._scaled(self.high)
        share = (self._scaled(value) - low) / (high - low)
        return round(self.start + share * (self.end - self.start), 1)

    def includes(self, value: float) -> bool:
        """Whether a value can be shown: above 0 on a logarithmic axis."""
        return value > 0 or not self.is_log

    def _scaled(self, value: float) -> float:
        return math.log10(value) if self.is_log else value


def axis_of(settings: dict[str, Any], values: Sequence[float], start: float, end: float) -> Axis:
    """Axis of a layout's `settings` that shows all `values`."""
    is_log = settings.get("type") == "log"
    low, high = _range(settings, [value for value in values if value > 0 or not is_log], is_log)
    title = str(settings.get("title", {}).get("text", ""))
    return Axis(title, low, high, start, end, is_log, _ticks(settings, low, high, is_log))


def _range(settings: dict[str, Any], values: Sequence[float], is_log: bool) -> tuple[float, float]:
    low, high = min(values, default=1.0), max(values, default=1.0)
    if is_log:
        widened = max((high / low) ** _WIDENED, 1.15)
        return low / widened, high * widened
    if settings.get("rangemode") == "tozero":
        low = min(low, 0.0)
    reach = (high - low) * _WIDENED or abs(high) * _WIDENED or 1.0
    return low - (0.0 if settings.get("rangemode") == "tozero" else reach), high + reach


def _ticks(settings: dict[str, Any], low: float, high: float, is_log: bool) -> tuple[Tick, ...]:
    if "tickvals" in settings:
        pairs = zip(settings["tickvals"], settings["ticktext"], strict=True)
        return tuple(Tick(float(value), str(label)) for value, label in pairs if low <= value <= high)
    if is_log:
        values = _log_values(low, high)
        return tuple(Tick(value, f"{value:,g}") for value in values)
    step = 1.0 if settings.get("dtick") == 1 else _step((high - low) / _TICKS)
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) + (1 if f"{step:.1e}".startswith("2.5") else 0)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(Tick(n * step, f"{n * step:,.{digits}f}".replace("-", "−")) for n in range(first, last + 1))


def _step(least: float) -> float:
    """The smallest round step that is at least `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in _STEPS if step * power >= least * (1 - 1e-9))


def _log_values(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten; powers alone where these are many, round steps where they are fewer than two."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1, 2, 5), (1,)):
        values = [digit * 10.0**decade for decade in decades for digit in digits if low <= digit * 10.0**decade <= high]
        if len(values) <= _MOST_LOG_TICKS:
            break
    if len(values) > 1:
        return values
    step = _step((high - low) / _TICKS)
    return [n * step for n in range(math.ceil(low / step), math.floor(high / step) + 1)]
