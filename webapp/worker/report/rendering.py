"""A document as one HTML file that needs no network: its style sheets are in it, and its charts are drawn in it."""

from pathlib import Path

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from webapp.queries.pages.report import BEGIN, END
from webapp.worker.report.document import Document

_STYLE_SHEETS = ("earshot/base.css", "earshot/parts.css", "earshot/drawing.css", "earshot/report.css")


def html_of(document: Document) -> bytes:
    """The file. Links are relative to the server's root; the view that hands it out makes them absolute."""
    marks = {"begin": SafeString(BEGIN), "end": SafeString(END)}
    return render_to_string("reports/document.html", {"document": document, "css": _css(), **marks}).encode()


def _css() -> SafeString:
    """Our own style sheets, which end no style element."""
    return SafeString("\n".join(Path(str(finders.find(name))).read_text("utf-8") for name in _STYLE_SHEETS))
