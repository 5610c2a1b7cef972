"""Page of a report, and the reports of a study or a comparison."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import escape

from webapp.models import Comparison, Report, Study, Worker
from webapp.queries.budget import live_workers

BEGIN, END = "<!-- report begins -->", "<!-- report ends -->"
"""What stands around the document's body in its file. No text in it can contain them: all text is escaped."""
_LINK = b'href="/'


def shown_reports() -> QuerySet[Report]:
    """Reports with what they are about and whose they are."""
    return Report.objects.select_related("study", "comparison", "owner")


def reports_of(subject: Study | Comparison) -> list[Report]:
    """Reports of a study or a comparison, the newest first. One query."""
    return list(subject.reports.select_related("owner"))


def report_context(report: Report) -> dict[str, Any]:
    """The page of a report from `shown_reports`, with the document once it is READY."""
    context = report_live_context(report)
    return context | {"document": body_of(report) if report.state == Report.State.READY else ""}


def report_live_context(report: Report) -> dict[str, Any]:
    """The polled part while it is written. At most one query."""
    is_live = report.state == Report.State.WRITING
    return {
        "report": report,
        "subject": report.study or report.comparison,
        "subject_link": link_of(report),
        "is_live": is_live,
        "nobody_writes": is_live and not live_workers(Worker.Role.DATA),
    }


def link_of(report: Report) -> str:
    """Page of what a report is about."""
    if report.study_id is not None:
        return reverse("finalists", args=[report.study_id])
    return reverse("comparison", args=[report.comparison_id])


def body_of(report: Report) -> str:
    """The document without the frame of its file."""
    with report.document.open("rb") as file:
        text: str = file.read().decode()
    return text.partition(BEGIN)[2].partition(END)[0]


def file_of(report: Report, root: str) -> bytes:
    """The document as a file of its own, whose links lead to the pages below `root`, such as "https://host/"."""
    with report.document.open("rb") as file:
        content: bytes = file.read()
    return content.replace(_LINK, b'href="' + escape(root).encode())
