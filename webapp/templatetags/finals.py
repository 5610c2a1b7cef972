"""Means over the seeds of a finalist, and the mark of a test figure that was not the first."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from nas_engine.energy.traces.statistics import RepeatStatistics
from webapp.models import SplitOpening
from webapp.queries.opening_statistics import later_opening_words, statistics_in
from webapp.queries.pages.finals import Statement
from webapp.templatetags.figures import DASH

register = template.Library()

_SPACE = "\N{NO-BREAK SPACE}"


@register.simple_tag
def over_seeds(found: RepeatStatistics | None) -> SafeString | str:
    """For tables: mean accuracy ± standard deviation in percent, with the number of seeds and the interval in small."""
    if found is None:
        return DASH
    if found.sd is None or found.low95 is None or found.high95 is None:
        return format_html("{} <small>1 seed</small>", f"{100 * found.mean:.1f}{_SPACE}%")
    return format_html(
        "{} <small>{} seeds, {}</small>",
        f"{100 * found.mean:.1f} ± {100 * found.sd:.1f}{_SPACE}%",
        found.n,
        f"{100 * found.low95:.1f}–{100 * min(1.0, found.high95):.1f}",
    )


@register.simple_tag
def mean_and_deviation(mean: float, deviation: float) -> str:
    """Mean ± standard deviation of an accuracy (0..1): "64.2 ± 0.8 %"."""
    return f"{100 * mean:.1f} ± {100 * deviation:.1f}{_SPACE}%"


@register.simple_tag
def over_clips(opening: SplitOpening | None, split: str) -> SafeString | str:
    """For tables, in small: the 95 % interval of an accuracy over clips, "evaluation" or "test", once it is known."""
    found = statistics_in(opening)
    if found is None:
        return ""
    known = found.test_clips if split == "test" else found.evaluation_clips
    within = f"{100 * known.interval.low:.1f}–{100 * known.interval.high:.1f}"
    return format_html("<small>{} recordings, {}</small>", known.recordings, within)


@register.simple_tag
def opened_mark(opening: SplitOpening | None) -> SafeString | str:
    """A mark on a test figure whose network was evaluated on the test split before; nothing for the first opening."""
    if opening is None or opening.number <= 1:
        return ""
    return format_html('<abbr title="{}">§</abbr>', opened_words(opening))


def opened_words(opening: SplitOpening) -> str:
    """Caption of a figure from a later opening."""
    return later_opening_words(opening.number)


@register.simple_tag
def statement_mark(statement: Statement) -> SafeString | str:
    """A mark on a sentence with a figure of a later opening, with its caption for the pointer; else nothing."""
    caption = statement_caption(statement)
    return format_html('<abbr title="{}">§</abbr>', caption) if caption else ""


@register.filter
def statement_caption(statement: Statement) -> str:
    """Caption of the mark on a sentence: each of its networks whose figure is of a later opening."""
    return "; ".join(later_opening_words(one.number, one.network) for one in statement.later_openings)
