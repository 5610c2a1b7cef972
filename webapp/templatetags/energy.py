"""An energy as people weigh it: with its unit, what it is (estimated, predicted), and the days a battery lasts."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from nas_engine.energy.battery import PHONE, TYPICAL, Battery, battery_days, joules_a_day
from webapp.models import Device, Study
from webapp.queries.energy_estimates import CurrentEstimate, in_words, source_of
from webapp.templatetags.figures import DASH, fine_millijoules, millijoules

register = template.Library()

_SPACE = "\N{NO-BREAK SPACE}"


@register.simple_tag
def energy_cell(estimate: CurrentEstimate, of: object = None) -> SafeString | str:
    """For tables: the energy, a mark if it was not measured, and the days of a battery in small.

    `of` is a study or a device, whose battery is taken if it is known; else a phone's.
    """
    if estimate.energy_mj is None:
        return DASH
    return format_html(
        '{}{}{} <small class="battery" title="{}">{}</small>',
        millijoules(estimate.energy_mj),
        format_html('<abbr title="{}">*</abbr>', estimate.source_text) if estimate.tag else "",
        format_html('<abbr title="extrapolated: {}">†</abbr>', "; ".join(estimate.outside)) if estimate.outside else "",
        battery_line(estimate.energy_mj, of),
        days(estimate.energy_mj, of),
    )


@register.simple_tag
def measured_energy(energy_mj: float | None, of: object = None) -> SafeString | str:
    """For tables: a measured energy with four digits and, in small, the days of a battery."""
    if not energy_mj:
        return fine_millijoules(energy_mj)
    return format_html(
        '{} <small class="battery" title="{}">{}</small>',
        fine_millijoules(energy_mj),
        battery_line(energy_mj, of),
        days(energy_mj, of),
    )


@register.filter
def days(energy_mj: float | None, of: object = None) -> str:
    """Days of the battery of `of` (a study or a device), or of a phone's, at one inference a second: "455 d"."""
    if not energy_mj:
        return DASH
    return _days(battery_days(energy_mj, _own(of) or PHONE))


@register.filter
def battery_line(energy_mj: float | None, of: object = None) -> str:
    """ "112 J a day at one inference a second: phone (51 kJ) 455 d, watch (3.6 kJ) 32 d, earbud (0.7 kJ) 6.2 d"."""
    if not energy_mj:
        return ""
    own = _own(of)
    lasting = ", ".join(
        f"{battery.name} ({battery.capacity_kj:g}{_SPACE}kJ) {_days(battery_days(energy_mj, battery))}"
        for battery in ((own,) if own else TYPICAL)
    )
    return f"{joules_a_day(energy_mj):.3g}{_SPACE}J a day at one inference a second: {lasting}"


@register.filter
def give_or_take(value: float | None, unit: str = "mJ") -> str:
    """An uncertainty, of which two digits say enough: "±0.088 mJ"."""
    if value is None:
        return DASH
    digits = f"{float(f'{value:.2g}'):,.9f}".rstrip("0").rstrip(".")
    return f"±{digits}{_SPACE}{unit}"


@register.simple_tag
def energy_legend(study: Study | None = None) -> str:
    """Legend of the mark and the small figures of `energy_cell`."""
    what = in_words(source_of(study)) if study else "an estimate or a prediction, see the mark of each"
    if study and study.energy_model_id:
        what += "; † extrapolated: the network lies outside the range of measured ones, the figure may be far off"
    return (
        f"* energy is {what}. Small: days until inferences alone, one a second, empty a battery of "
        f"{battery_name(study)}."
    )


@register.filter
def battery_name(of: object = None) -> str:
    """Battery that `days` refers to: "51 kJ (phone)"."""
    battery = _own(of) or PHONE
    return f"{battery.capacity_kj:g}{_SPACE}kJ ({battery.name})"


def _own(of: object) -> Battery | None:
    """The battery of a device, or of the device whose energy model a study points at, if it is known."""
    device = of if isinstance(of, Device) else None
    if isinstance(of, Study) and of.energy_model is not None:
        device = of.energy_model.device
    return Battery(device.name, device.battery_kj) if device and device.battery_kj else None


def _days(value: float) -> str:
    if value < 1:
        return f"{24 * value:.2g}{_SPACE}h"
    return f"{value:.2g}{_SPACE}d" if value < 9.95 else f"{value:,.0f}{_SPACE}d"
