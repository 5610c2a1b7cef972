"""Further views of a study's results: the part of its page that holds one, and the view's chart as Plotly JSON."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from webapp.charts.views.page import StudyView, study_view
from webapp.forms.filters import chosen_trials, wanted_view
from webapp.models import Study
from webapp.queries.charted import VIEWS
from webapp.queries.pages.baselines import baselines_shown_with
from webapp.queries.pages.results import results
from webapp.queries.pages.study import shown_studies
from webapp.views.polling import with_address


@require_GET
def show_view(request: HttpRequest, study_id: int) -> HttpResponse:
    """The part of a study's page with the view ?chart=space, without one only the links to the views."""
    study, name = _search_or_404(study_id), wanted_view(request.GET)
    context = {"study": study, "views": VIEWS, "view": _view(study, name, []) if name else None}
    response = render(request, "studies/_views.html", context)
    return with_address(response, request, part="view-reading", address=reverse("study", args=[study_id]))


@require_GET
def view_chart(request: HttpRequest, study_id: int, chart: str) -> JsonResponse:
    """The chart of a view; of those that draw chosen trials with these, ?number=7&number=9."""
    if chart not in VIEWS:
        raise Http404(f"There is no view {chart} of a study.")
    return JsonResponse(_view(_search_or_404(study_id), chart, chosen_trials(request.GET)).section.figure)


def _search_or_404(study_id: int) -> Study:
    return get_object_or_404(shown_studies().filter(kind=Study.Kind.SEARCH), pk=study_id)


def _view(study: Study, name: str, chosen: list[int]) -> StudyView:
    return study_view(study, results(study), baselines_shown_with(study), name, chosen)
