"""Notes of people: CommonMark with tables, as HTML that can run nothing and load nothing."""

from django import template
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

register = template.Library()

# Without HTML and pictures; markdown-it-py's own rule refuses addresses that run scripts.
_MARKDOWN = (
    MarkdownIt("commonmark", {"html": False, "breaks": True})
    .enable("table")
    .disable(["image", "html_block", "html_inline"])
)


@register.filter
def notes(text: str) -> SafeString:
    """`text` in CommonMark as HTML. A line break is one; HTML stays text; a picture stays a link to itself."""
    return SafeString(_MARKDOWN.render(text))
