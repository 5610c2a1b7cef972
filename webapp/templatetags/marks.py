"""Small drawings: an architecture as bars, a share as a bar, a state as a badge."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django import template
from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from webapp.queries.summaries import BlockMark

register = template.Library()

_BAR, _GAP, _HEIGHT = 5, 1, 18
_WIDEST_FILTERS = 64


@register.filter
def architecture_bars(blocks: Sequence[BlockMark]) -> SafeString:
    """A bar a block: its colour the kind, its height the filters. Readers of text get the summary."""
    return _bars(tuple(blocks))


@lru_cache(maxsize=4096)
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


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """The address's present query with `changes`; empty values are left out."""
    return _query(context["request"].GET, changes)


@register.simple_tag(takes_context=True)
def part_link(context: dict[str, Any], partial: str, target: str, **changes: Any) -> SafeString:
    """Attributes of a link that loads the page with a changed query or, with JavaScript, only the part at `target`."""
    address = _query(context["request"].GET, changes)
    return format_html(
        'href="{0}" hx-get="{1}{0}" hx-target="{2}" hx-swap="outerHTML show:none"', address, partial, target
    )


@register.simple_tag(takes_context=True)
def sort_link(context: dict[str, Any], key: str, label: str, sort: str, partial: str, first: str = "") -> SafeString:
    """A column's heading that sorts by it: once `first`-wards ("-" for the greatest first), then the other way."""
    descending = sort == f"-{key}"
    active = sort.removeprefix("-") == key
    wanted = (key if descending else f"-{key}") if active else f"{first}{key}"
    arrow = ("↓" if descending else "↑") if active else ""
    link = part_link(context, partial, "#trials", sort=wanted, page="")
    return format_html(
        '<a id="sort-{}" class="sort" {}>{}<span class="arrow" aria-hidden="true">{}</span></a>',
        key,
        link,
        label,
        arrow,
    )


def _query(present: QueryDict, changes: Mapping[str, Any]) -> str:
    values = present.copy()
    for name, value in changes.items():
        if value in ("", None):
            values.pop(name, None)
        else:
            values[name] = str(value)
    return "?" + values.urlencode()
