"""Small drawings: an architecture as bars, a share as a bar, a state as a badge."""

import re
from collections.abc import Sequence

from django import template
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from webapp.caches import kept
from webapp.queries.summaries import BlockMark

register = template.Library()

_BAR, _GAP, _HEIGHT = 5, 1, 18
_WIDEST_FILTERS = 64
_BACKTICKS = re.compile(r"`([^`\n]+)`")


@register.filter
def architecture_bars(blocks: Sequence[BlockMark]) -> SafeString:
    """A bar a block: its colour the kind, its height the filters. Readers of text get the summary."""
    return _bars(tuple(blocks))


@kept("architecture bars")
def _bars(blocks: tuple[BlockMark, ...]) -> SafeString:
    bars = format_html_join(
        "",
        '<rect class="kind-{}" x="{}" y="{}" width="{}" height="{}" rx="1"/>',
        (
            (block.kind, index * (_BAR + _GAP), _HEIGHT - height, _BAR, height)
            for index, block in enumerate(blocks)
            for height in [_bar_height(block)]
        ),
    )
    text = " ".join(block.text for block in blocks)
    width = len(blocks) * (_BAR + _GAP)
    return format_html(
        '<svg class="bars" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img" aria-label="{2}">'
        "<title>{2}</title>{3}</svg>",
        width,
        _HEIGHT,
        text,
        bars,
    )


def _bar_height(block: BlockMark) -> int:
    if not block.filters:
        return 2
    return max(3, round(_HEIGHT * min(1.0, block.filters / _WIDEST_FILTERS)))


@register.filter
def with_code(text: str) -> SafeString:
    """Text of readers and study files, whose backticks mark code."""
    return SafeString(_BACKTICKS.sub(r"<code>\1</code>", conditional_escape(text)))


@register.simple_tag
def share_bar(share: float | None, label: str = "") -> SafeString:
    """A horizontal bar of 0..1 without inline style, which the content security policy forbids."""
    width = 100 * min(1.0, max(0.0, share or 0.0))
    return format_html(
        '<svg class="share" width="100%" height="8" aria-hidden="{}" preserveAspectRatio="none">'
        '<rect class="share-back" width="100%" height="8" rx="2"/>'
        '<rect class="share-front" width="{}%" height="8" rx="2"/></svg>',
        "false" if label else "true",
        f"{width:.1f}",
    )


@register.simple_tag
def badge(state: str, label: str) -> SafeString:
    """A state as a coloured dot and a word; the colour never speaks alone."""
    return format_html('<span class="badge state-{}">{}</span>', state.lower(), label)


@register.simple_tag
def severity(level: str, text: str = "") -> SafeString:
    """A finding's severity as a badge, of the colour of its level; `text` in place of the level's name."""
    return format_html('<span class="badge severity-{}">{}</span>', level, text or level)


@register.simple_tag
def synthetic(dataset: object, text: str = "synthetic") -> SafeString | str:
    """A tag behind the name of a dataset (or a row of one) whose sounds were synthesised, with the space before it."""
    return format_html(' <span class="tag">{}</span>', text) if getattr(dataset, "synthetic", False) else ""


@register.filter
def kind_mark(kind: str, width: int = 10) -> SafeString:
    """A small rectangle in the colour of a kind of block."""
    return format_html(
        '<svg width="{0}" height="12" aria-hidden="true"><rect class="kind-{1}" width="{0}" height="12" rx="2"/></svg>',
        width,
        kind,
    )
