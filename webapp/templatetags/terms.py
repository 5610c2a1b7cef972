"""A "?" at a technical term that opens its line of the glossary: by keyboard and touch, without JavaScript."""

from django import template
from django.template.defaultfilters import capfirst
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from webapp.queries.glossary import OF_FIELDS, TERMS, GlossaryTerm

register = template.Library()


@register.simple_tag
def term(slug: str, place: str = "") -> SafeString:
    """The "?" of the term `slug`; `place` is part of its id where a page has it twice. Raises KeyError for no term."""
    return _mark(TERMS[slug], f"term-{slug}{f'-{place}' if place else ''}")


@register.simple_tag
def term_of_field(name: str) -> SafeString | str:
    """The "?" of the term that explains a field of this name, "" if there is none."""
    found = OF_FIELDS.get(name)
    return _mark(found, f"term-{found.slug}-{name}") if found else ""


@register.filter
def paper_section(found: GlossaryTerm) -> str:
    """Where the paper uses it: "Section 2.1 of the paper"."""
    return f"Section {found.section} of the paper" if found.section else "Not in the paper"


def _mark(found: GlossaryTerm, id_: str) -> SafeString:
    """A popover is closed by Escape, by a click outside and by the mark itself."""
    return format_html(
        '<button type="button" class="term" popovertarget="{0}"><span aria-hidden="true">?</span>'
        '<span class="unseen">What is: {1}</span></button>'
        '<span popover id="{0}" class="term-note" role="note"><strong>{1}</strong> {2} <small>{3}. '
        '<a href="{4}#{5}">Glossary</a></small></span>',
        id_,
        capfirst(found.name),
        found.line,
        paper_section(found),
        reverse("glossary"),
        found.slug,
    )
