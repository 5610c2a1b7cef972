"""Numbers as people read them, each with its unit; what is not known yet is a dash."""

from datetime import timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

DASH = "–"
_GREAT = 1_000_000
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_SI_STEPS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


@register.filter
def percent(share: float | None, digits: int = 1) -> str:
    """0..1 as "71.2 %"."""
    return DASH if share is None else f"{100 * share:z.{digits}f}\N{NO-BREAK SPACE}%"


@register.filter
def points(share: float | None) -> str:
    """A difference of accuracies as "−1.2 points"."""
    if share is None:
        return DASH
    return f"{100 * share:+z.1f}\N{NO-BREAK SPACE}points".replace("-", "\N{MINUS SIGN}")


@register.filter
def multiple(value: float | None) -> str:
    """Ratio to something else: "6.2×", "270×"."""
    return DASH if value is None else f"{_three_digits(value) if value < 9.995 else f'{value:,.0f}'}×"


@register.filter
def number(value: float | None, digits: int = 3) -> str:
    """A plain number, such as a reward: "0.712"."""
    return DASH if value is None else f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")


@register.filter
def signed(value: float | None, digits: int = 3) -> str:
    """A difference as "+0.012"."""
    return DASH if value is None else f"{value:+z.{digits}f}".replace("-", "\N{MINUS SIGN}")


@register.filter
def signed_kilobytes(size_bytes: float | None) -> str:
    """A difference of bytes as "−1.2 kB"."""
    return DASH if size_bytes is None else f"{signed(size_bytes / 1000, 1)}\N{NO-BREAK SPACE}kB"


@register.filter
def millijoules(value: float | None) -> str:
    return DASH if value is None else f"{value:.2f}\N{NO-BREAK SPACE}mJ"


@register.filter
def signed_millijoules(value: float | None) -> str:
    """An error: "+0.012 mJ"."""
    return DASH if value is None else f"{value:+.3f}\N{NO-BREAK SPACE}mJ".replace("-", "\N{MINUS SIGN}")


@register.filter
def fine_millijoules(value: float | None) -> str:
    """A measured energy, which may be a thousandth of a millijoule: four digits, as "1.508 mJ", "0.02421 mJ"."""
    return _four_digits(value, "mJ")


@register.filter
def signed_decibels(value: float | None) -> str:
    """A change of level: "−6.5 dB"."""
    return DASH if value is None else f"{value:+z.1f}\N{NO-BREAK SPACE}dB".replace("-", "\N{MINUS SIGN}")


@register.filter
def milliwatts(value: float | None) -> str:
    return _four_digits(value, "mW")


@register.filter
def milliseconds(value: float | None) -> str:
    return _four_digits(value, "ms")


@register.filter
def hertz(value: float | None) -> str:
    """ "5.00 kHz"."""
    return DASH if value is None else f"{si(value)}Hz" if abs(value) >= 1_000 else f"{si(value)}\N{NO-BREAK SPACE}Hz"


@register.filter
def file_size(size_bytes: float | None) -> str:
    """ "340.0 kB", "67.5 MB"; 1 kB = 1000 bytes."""
    if size_bytes is None or size_bytes < _GREAT:
        return kilobytes(size_bytes)
    return f"{size_bytes / _GREAT:,.1f}\N{NO-BREAK SPACE}MB"


@register.filter
def kilobytes(size_bytes: float | None) -> str:
    """1 kB = 1000 bytes."""
    return DASH if size_bytes is None else f"{size_bytes / 1000:.1f}\N{NO-BREAK SPACE}kB"


@register.filter
def count(value: int | None) -> str:
    """ "12,345"."""
    return DASH if value is None else f"{value:,}"


@register.filter
def si(value: float | None) -> str:
    """ "12.5 M" for 12,520,000; three significant digits."""
    if value is None:
        return DASH
    for size, letter in _SI_STEPS:
        if abs(value) >= size:
            return f"{_three_digits(value / size)}\N{NO-BREAK SPACE}{letter}"
    return f"{value:.3g}"


@register.filter
def millions(value: float | None, digits: int) -> str:
    """ "12.557" for 12,557,238; the unit stands in the table's heading."""
    return DASH if value is None else f"{value / 1e6:,.{digits}f}"


@register.filter
def thousands(value: float | None, digits: int) -> str:
    """ "23.863" for 23,863; the unit stands in the table's heading."""
    return DASH if value is None else f"{value / 1e3:,.{digits}f}"


@register.filter
def signed_percent(value: float | None) -> str:
    """Percent, not a share: "+0.30 %"; "0.00 %" where nothing of a difference is left."""
    if value is None:
        return DASH
    shown = f"{value:+.2f}"
    return f"{shown if float(shown) else '0.00'}\N{NO-BREAK SPACE}%".replace("-", "\N{MINUS SIGN}")


@register.filter
def powers(value: int | None) -> str:
    """A great number by its power of ten: "2.6 × 10¹³"; up to a million in full."""
    if value is None or value < _GREAT:
        return count(value)
    digits, exponent = f"{value:.1e}".split("e+")
    return f"{digits}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}10{str(int(exponent)).translate(_RAISED)}"


@register.filter
def in_unit(value: float | None, unit: str) -> str:
    """A quantity in "kB" (given in bytes), in "mJ", or as a number."""
    return {"kB": kilobytes, "mJ": millijoules}.get(unit, si)(value)


def _four_digits(value: object, unit: str) -> str:
    if not isinstance(value, int | float):  # a template hands on "" for what a stored result does not have
        return DASH
    shown = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:#.4g}".rstrip(".")
    return f"{shown}\N{NO-BREAK SPACE}{unit}".replace("-", "\N{MINUS SIGN}")


def _three_digits(value: float) -> str:
    """ "21.0" rather than "21", so that a column lines up."""
    return f"{value:.0f}" if abs(value) >= 99.95 else f"{value:.1f}" if abs(value) >= 9.995 else f"{value:.2f}"


@register.filter
def duration(seconds: float | None) -> str:
    """ "8 s", "4 min 20 s", "3 h 05 min", "2 d 4 h"."""
    if seconds is None:
        return DASH
    if seconds < 10:
        return f"{seconds:.1f}\N{NO-BREAK SPACE}s"
    total = round(seconds)
    if total < 60:
        return f"{total}\N{NO-BREAK SPACE}s"
    if total < 3600:
        return f"{total // 60}\N{NO-BREAK SPACE}min {total % 60:02d}\N{NO-BREAK SPACE}s"
    if total < 86_400:
        return f"{total // 3600}\N{NO-BREAK SPACE}h {total % 3600 // 60:02d}\N{NO-BREAK SPACE}min"
    return f"{total // 86_400}\N{NO-BREAK SPACE}d {total % 86_400 // 3600}\N{NO-BREAK SPACE}h"


@register.filter
def rough(seconds: float | None) -> str:
    """An estimate does not know its seconds: "less than a minute", "7 min", "3 h 10 min", "2 d 4 h"."""
    if seconds is None:
        return DASH
    if seconds < 60:
        return "less than a minute"
    if seconds < 3600:
        return f"{round(seconds / 60)}\N{NO-BREAK SPACE}min"
    return duration(seconds)


@register.filter
def times(pair: tuple[int, ...]) -> str:
    """(98, 40, 8) as "98×40×8"."""
    return "×".join(str(value) for value in pair)


@register.filter
def moment(value: object) -> SafeString | str:
    """A time as "12:04" today or "21 Nov 12:04", with the whole of it (UTC) on hover."""
    if not isinstance(value, type(timezone.now())):
        return DASH
    same_day = timezone.now() - value < timedelta(hours=20)
    shown = value.strftime("%H:%M:%S" if same_day else "%-d %b %Y %H:%M")
    return format_html('<time datetime="{0}" title="{0}">{1}</time>', value.isoformat(timespec="seconds"), shown)


@register.filter
def difference(value: float | None, other: float | None) -> float | None:
    """value - other, None if one of them is not known."""
    return None if value is None or other is None else value - other
