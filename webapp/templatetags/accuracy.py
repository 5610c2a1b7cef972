"""An accuracy as people weigh it: with the clips behind it, its 95 % interval, and a mark where it is chance."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from webapp.caches import kept
from webapp.models import Dataset
from webapp.queries.accuracy import Accuracy, evaluation_split, interval95
from webapp.templatetags.figures import percent

register = template.Library()

_SPACE = "\N{NO-BREAK SPACE}"


@register.simple_tag
def accuracy_cell(share: float | None, dataset: Dataset) -> SafeString | str:
    """For tables: the accuracy and, in small, clips and 95 % interval; a mark where it is not above chance."""
    found = _accuracy(share, dataset)
    return percent(share) if found is None else _cell(found)


@kept("accuracy cells")
def _cell(found: Accuracy) -> SafeString:
    return format_html(
        '{}{} <small class="clips">{} of {}, {}</small>',
        percent(found.share),
        format_html('<abbr title="{}">‡</abbr>', found.at_chance_in_words) if found.is_at_chance else "",
        f"{found.correct:,}",
        f"{found.clips:,}",
        interval(found.correct, found.clips),
    )


@register.simple_tag
def interval(correct: int, clips: int) -> str:
    """95 % interval of an accuracy in short: "53–85 %"."""
    low, high = interval95(correct, clips)
    return f"{100 * low:.0f}–{percent(high, 0)}"


@register.filter
def accuracy_line(share: float | None, dataset: Dataset) -> str:
    """For notes: "20 of 28 clips, 95 % interval 52.9 to 84.7 %", and whether it is above chance."""
    found = _accuracy(share, dataset)
    return found.in_words if found else ""


@register.simple_tag
def accuracy_legend(dataset: Dataset) -> str:
    """Legend of the small figures and the mark of `accuracy_cell`."""
    split = evaluation_split(dataset)
    if split is None:
        return ""
    return (
        "Small: clips answered correctly and 95\N{NO-BREAK SPACE}% interval (Wilson) as if clips were independent; "
        "clips of one recording are not, so the true interval is wider. Chance, always answering the commonest class, "
        f"is {percent(split.chance)}; ‡ not above chance."
    )


@register.simple_tag
def accuracy_note(dataset: Dataset, recordings: int | None) -> str:
    """Remark on intervals for one network, where the recordings that the clips were cut from may be known."""
    split = evaluation_split(dataset)
    if split is None:
        return ""
    if not recordings:
        cut = "Clips of one recording are alike: where there are several, the true interval is wider."
    elif recordings < split.clips:
        cut = (
            f"The {split.clips:,} clips were cut from {recordings:,} recordings, and clips of one recording are alike: "
            "the true interval is wider."
        )
    else:
        cut = "Each clip is of a recording of its own."
    return (
        f"The 95{_SPACE}% interval (Wilson) of an accuracy takes clips as independent. {cut} Chance, always answering "
        f"the commonest class, is {percent(split.chance)}."
    )


@register.filter
def chance(dataset: Dataset) -> str:
    """Chance on the evaluation split: "11.1 %"; a dash before the dataset is prepared."""
    split = evaluation_split(dataset)
    return percent(split.chance if split else None)


def _accuracy(share: float | None, dataset: Dataset) -> Accuracy | None:
    split = evaluation_split(dataset)
    return split.accuracy(share) if split else None
