"""Files of a report: the document that needs no network, and its tables."""

import io

from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from webapp.api.files import download, safe_name
from webapp.models import Report
from webapp.queries.pages.report import file_of, shown_reports


@require_GET
def report_document(request: HttpRequest, report_id: int) -> FileResponse:
    """The document as one file, whose links lead to the pages of this server."""
    report = _ready_or_404(report_id)
    content = io.BytesIO(file_of(report, request.build_absolute_uri("/")))
    return download(content, _name(report, ".html"), "text/html; charset=utf-8")


@require_GET
def report_tables(request: HttpRequest, report_id: int) -> FileResponse:
    """A ZIP of each table as CSV, Parquet and LaTeX."""
    report = _ready_or_404(report_id)
    return download(report.tables.open("rb"), _name(report, "-tables.zip"), "application/zip")


def _ready_or_404(report_id: int) -> Report:
    return get_object_or_404(shown_reports().filter(state=Report.State.READY), pk=report_id)


def _name(report: Report, suffix: str) -> str:
    return safe_name("report", report.pk, report.study or report.comparison, suffix=suffix)
