"""Further views of a study's results: the part of its page that holds one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from webapp.charts.views.page import study_view
from webapp.forms.filters import wanted_view
from webapp.models import Study
from webapp.queries.charted import VIEWS
from webapp.queries.pages.baselines import baselines_shown_with
from webapp.queries.pages.results import results
from webapp.queries.pages.study import shown_studies
from webapp.views.polling import with_address


@require_GET
def show_view(request: HttpRequest, study_id: int) -> HttpResponse:
    """The part of a study's page with the view ?chart=space, without one only the links to the views."""
    study = get_object_or_404(shown_studies().filter(kind=Study.Kind.SEARCH), pk=study_id)
    name = wanted_view(request.GET)
    view = study_view(study, results(study), baselines_shown_with(study), name) if name else None
    response = render(request, "studies/_views.html", {"study": study, "views": VIEWS, "view": view})
    return with_address(response, request, part="view-reading", address=reverse("study", args=[study_id]))
