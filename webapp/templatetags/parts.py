"""Parts that pages are made of: tiles, facts, tables that scroll, charts, form rows, questions before deleting."""

import re
import shlex
import sys
from pathlib import Path
from typing import Protocol

from django import template
from django.conf import settings
from django.forms import BaseForm
from django.forms.boundfield import BoundField
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


class _Drawing(Protocol):
    """A chart as SVG, for wide places and for phones; empty where there is nothing to show."""

    @property
    def wide(self) -> SafeString | str: ...

    @property
    def narrow(self) -> SafeString | str: ...


WITHOUT_JAVASCRIPT = SafeString('<noscript><p class="chart-note">This chart needs JavaScript.</p></noscript>')
_LINE_BREAK = re.compile(r"\s*\n\s*")


@register.simple_block_tag
def tile(content: str, label: str, value: object, tag: str = "") -> SafeString:
    """A figure with its label above and, as the block's content, a note below; `tag` as in "estimate"."""
    return format_html(
        '<div class="tile"><span class="tile-label">{}{}</span><span class="tile-value">{}</span>'
        '<span class="tile-note">{}</span></div>',
        label,
        _tag(tag),
        value,
        _trimmed(content),
    )


@register.simple_block_tag
def fact(content: str, label: str) -> SafeString:
    """A name and its value (the block's content) in a `<dl class="facts">`."""
    return format_html("<div><dt>{}</dt><dd>{}</dd></div>", label, _trimmed(content))


@register.simple_block_tag
def scroll_table(content: str, label: str, classes: str = "", frame: str = "card flush", id: str = "") -> SafeString:
    """A table (rows as the block's content) that scrolls sideways by itself, also by keyboard; `label` names it."""
    return format_html(
        '<div{} class="{}" tabindex="0" role="region" aria-label="{}"><table{}>{}</table></div>',
        _attribute("id", id),
        f"scroll {frame}".strip(),
        label,
        _attribute("class", classes),
        content,
    )


@register.simple_block_tag
def chart(
    content: str,
    view: str,
    *args: object,
    refresh: str = "",
    empty: str = "",
    size: str = "",
    drawn: _Drawing | None = None,
    follows: bool = False,
    file: bool = True,
) -> SafeString:
    """Chart of the JSON from `view` with `args`; the block's content is its text for screen readers.

    `refresh` names the event after which it is drawn again, `empty` is shown while there is nothing to draw,
    `size` is "low" for less height and "tall" for more. What is `drawn` stands there until the browser has made the
    chart, and stays without JavaScript; its points are links, so that the place is a group of them until then.
    One that `follows` draws the chosen trials itself: static/earshot/selection.js fetches it again with their numbers.
    Without JavaScript its `file` as the server draws it can be saved; False for what only the browser draws.
    """
    address = reverse(view, args=args)
    return format_html(
        '<div class="{}" data-chart="{}"{}{}{} role="{}" aria-label="{}">{}</div>{}',
        f"chart {size}".strip(),
        address,
        _attribute("data-refresh", refresh),
        _attribute("data-empty", empty),
        SafeString(" data-follows" if follows else ""),
        "group" if drawn and drawn.wide else "img",
        SafeString(_one_line(content).replace('"', "&quot;")),
        WITHOUT_JAVASCRIPT if drawn is None else _standing(drawn, empty),
        _files(address) if file else SafeString('<p class="chart-files"></p>'),
    )


def _files(address: str) -> SafeString:
    """A link to the chart as SVG, for browsers without JavaScript: others offer it as they show it."""
    link = '<p class="chart-files"><noscript><a href="{}?as=svg">SVG</a></noscript></p>'
    return format_html(link, address)


@register.simple_tag
def chart_file(view: str, *args: object) -> SafeString:
    """The same for a chart that a template lays out by itself."""
    return _files(reverse(view, args=args))


def _standing(drawn: _Drawing, empty: str) -> SafeString:
    """What stands in a chart's place at first; the place has the same size afterwards."""
    if not drawn.wide:
        return format_html('<p class="chart-note">{}</p>', empty)
    both = '<div class="drawn"><div class="wide-drawing">{}</div><div class="narrow-drawing">{}</div></div>'
    return format_html(both, drawn.wide, drawn.narrow)


@register.simple_tag
def without_javascript() -> SafeString:
    """Content of a chart's place for browsers that cannot draw it."""
    return WITHOUT_JAVASCRIPT


@register.simple_block_tag
def command(content: str) -> SafeString:
    """Shell command to be typed by the user (the block's content, on one line)."""
    return format_html('<pre tabindex="0"><code>{}</code></pre>', _one_line(content))


@register.simple_tag
def manage(arguments: str = "") -> str:
    """manage.py as it is run from the folder of Earshot, by the Python that serves this page, with `arguments`."""
    python = Path(sys.executable)
    own = python.relative_to(settings.BASE_DIR) if python.is_relative_to(settings.BASE_DIR) else "python"
    return f"{own} manage.py {arguments}".strip()


@register.filter
def shell(text: object) -> str:
    """Text as one word of a shell command."""
    return shlex.quote(str(text))


@register.simple_tag
def option(value: object, label: object, chosen: object = None) -> SafeString:
    """An option of a select, selected if its value is the chosen one."""
    selected = chosen is not None and str(value) == str(chosen)
    return format_html('<option value="{}"{}>{}</option>', value, SafeString(" selected" if selected else ""), label)


@register.simple_tag
def start_workers(problem: str) -> SafeString:
    """A warning that a kind of worker does not run, with the command that starts it."""
    return format_html(
        '<p class="notice warn" role="alert">{} Start the workers: <code>{}</code></p>', problem, manage("up")
    )


@register.simple_tag
def reload_every(seconds: int) -> SafeString:
    """For the head of a page that changes by itself: browsers without JavaScript load it again."""
    return format_html('<noscript><meta http-equiv="refresh" content="{}"></noscript>', seconds)


@register.inclusion_tag("parts/form_row.html")
def form_row(field: BoundField) -> dict[str, object]:
    """A field with its label, errors and help, whose ids Django names in the field's `aria-describedby`."""
    return {"field": field}


@register.inclusion_tag("parts/field_errors.html")
def field_errors(field: BoundField) -> dict[str, object]:
    """Errors of a field, under the id that its `aria-describedby` names."""
    return {"field": field}


@register.inclusion_tag("parts/form_errors.html")
def form_errors(form: BaseForm) -> dict[str, object]:
    """Errors of a form, for its top, where they take the focus: those of the whole, then each wrong field's."""
    wrong = [field for field in form if field.errors]
    rows = [{"id": field.id_for_label, "label": field.label, "errors": field.errors} for field in wrong]
    return {"form": form, "rows": rows}


@register.simple_block_tag(takes_context=True)
def confirm(
    context: Context, content: str, word: str, button: str, view: str, *args: object, style: str = "danger"
) -> SafeString:
    """A button `word` that opens a form: the block's content, then `button`, which posts to `view` with `args`."""
    values = {"word": word, "button": button, "style": style, "content": content, "address": reverse(view, args=args)}
    with context.push(**values):
        return context.template.engine.get_template("parts/confirm.html").render(context)


def _tag(text: str) -> SafeString | str:
    return format_html(' <span class="tag">{}</span>', text) if text else ""


def _attribute(name: str, value: str) -> SafeString | str:
    return format_html(' {}="{}"', name, value) if value else ""


def _one_line(content: str) -> SafeString:
    """A block's content (already escaped) without line breaks."""
    return SafeString(_LINE_BREAK.sub(" ", content.strip()))


def _trimmed(content: str) -> SafeString:
    """A block's content (already escaped) without the white space of its indentation."""
    return SafeString(content.strip())
