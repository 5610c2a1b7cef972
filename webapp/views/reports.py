"""Reports: having one written, and its page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from webapp.models import Comparison, Study
from webapp.queries.pages.report import report_context, report_live_context, shown_reports
from webapp.services.errors import Conflict
from webapp.services.reports import request_report
from webapp.views.polling import live_partial


@require_POST
def report_study(request: HttpRequest, study_id: int) -> HttpResponse:
    """Have a report of a search written."""
    study = get_object_or_404(Study, pk=study_id)
    return _requested(request, "study", study_id=study.pk)


@require_POST
def report_comparison(request: HttpRequest, comparison_id: int) -> HttpResponse:
    """Have a report of a comparison written."""
    comparison = get_object_or_404(Comparison, pk=comparison_id)
    return _requested(request, "comparison", comparison_id=comparison.pk)


def _requested(request: HttpRequest, subject: str, **subject_id: int) -> HttpResponse:
    """The new report's page, or the subject's page with the reason why there is none."""
    try:
        return redirect("report", request_report(owner=request.user, **subject_id).pk)
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect(subject, **subject_id)


@require_GET
def report(request: HttpRequest, report_id: int) -> HttpResponse:
    """The page of a report: its state while it is written, then the document."""
    shown = get_object_or_404(shown_reports(), pk=report_id)
    return render(request, "reports/report.html", report_context(shown))


@require_GET
def report_live(request: HttpRequest, report_id: int) -> HttpResponse:
    """The polled part while it is written; then the whole page is fetched again."""
    context = report_live_context(get_object_or_404(shown_reports(), pk=report_id))
    response = live_partial(request, "reports/_live.html", context, is_live=context["is_live"], events={})
    if not context["is_live"]:
        response.headers["HX-Refresh"] = "true"
    return response
