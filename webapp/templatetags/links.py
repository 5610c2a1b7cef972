"""Links that change the query of the present address: filters, sorted columns, pages."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()
_FILES = (("csv", "CSV"), ("parquet", "Parquet"))


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
def sort_link(
    context: dict[str, Any],
    key: str,
    label: str,
    sort: str,
    partial: str,
    first: str = "",
    target: str = "#trials",
) -> SafeString:
    """A column's heading that sorts by it: once `first`-wards ("-" for the greatest first), then the other way."""
    descending = sort == f"-{key}"
    active = sort.removeprefix("-") == key
    wanted = (key if descending else f"-{key}") if active else f"{first}{key}"
    arrow = ("↓" if descending else "↑") if active else ""
    link = part_link(context, partial, target, sort=wanted, page="")
    return format_html(
        '<a id="sort-{}" class="sort" {}>{}<span class="arrow" aria-hidden="true">{}</span></a>',
        key,
        link,
        label,
        arrow,
    )


@register.simple_tag(takes_context=True)
def table_files(context: dict[str, Any], view: str, label: str, *args: object, with_query: bool = False) -> SafeString:
    """Links to a table as CSV and Parquet: `view` takes `args` and the kind; `with_query` adds the page's filters."""
    query = f"?{context['request'].GET.urlencode()}" if with_query and context["request"].GET else ""
    links = ((reverse(view, args=[*args, kind]) + query, label, name, name) for kind, name in _FILES)
    return format_html_join(" · ", '<a href="{}" aria-label="{} as {}">{}</a>', links)


@register.inclusion_tag("parts/pager.html", takes_context=True)
def pager(context: dict[str, Any], page: object, partial: str = "", target: str = "") -> dict[str, object]:
    """Links to the pages before and after `page`: with JavaScript they load `partial` into `target` alone.

    Without `partial` they are plain links.
    """
    return {"request": context["request"], "page": page, "partial": partial, "target": target}


@register.simple_tag(takes_context=True)
def nav_link(context: dict[str, Any], view: str, label: str, *sections: str) -> SafeString:
    """A link of the main navigation, marked as current where the address holds one of `sections`."""
    is_current = any(section in context["request"].path for section in sections)
    current = SafeString(' aria-current="page"' if is_current else "")
    return format_html('<a href="{}"{}>{}</a>', reverse(view), current, label)


def _query(present: QueryDict, changes: Mapping[str, Any]) -> str:
    values = present.copy()
    for name, value in changes.items():
        if value in ("", None):
            values.pop(name, None)
        else:
            values[name] = str(value)
    return "?" + values.urlencode()
