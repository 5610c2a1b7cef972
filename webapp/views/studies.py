"""The list of studies."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from webapp.forms.filters import study_filter
from webapp.models import Study
from webapp.queries.pages.datasets import any_usable_dataset
from webapp.queries.pages.studies import baselines_rows, state_counts, study_page
from webapp.views.polling import POLLING_OVER


@require_GET
def studies(request: HttpRequest) -> HttpResponse:
    """The list; htmx gets its table alone, to filter and to refresh."""
    wanted = study_filter(request.GET)
    page, baselines = study_page(wanted), baselines_rows(wanted)
    is_live = any(row.is_live for row in (*page.rows, *baselines))
    context = {"page": page, "baselines": baselines, "wanted": wanted, "is_live": is_live}
    if request.htmx:
        return render(request, "studies/_rows.html", context, status=200 if is_live else POLLING_OVER)
    counts = state_counts()
    states = [(state, state.label, counts.get(state, 0)) for state in Study.State]
    return render(
        request,
        "studies/list.html",
        context | {"states": states, "any_study": bool(counts), "any_dataset": any_usable_dataset()},
    )
