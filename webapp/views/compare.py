"""Several networks side by side."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from webapp.forms.filters import networks_to_compare
from webapp.queries.pages.compare import compare_context


@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """?of=TRIAL_ID, up to four times."""
    return render(request, "compare.html", compare_context(networks_to_compare(request.GET)))
