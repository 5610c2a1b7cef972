"""Charts of the page that explains a study, as Plotly JSON."""

from django.http import Http404, HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from webapp.api.drawings import drawable
from webapp.charts.why.page import SECTIONS, StudyExplanation, sections
from webapp.models import Study
from webapp.queries.explained import GOALS
from webapp.queries.pages.study import shown_studies


@require_GET
@drawable("{part}, for {goal}")
def why_chart(request: HttpRequest, study_id: int, goal: str, part: str) -> JsonResponse:
    """One chart of the page, for a goal: accuracy, energy or flash. Charts that show no goal are the same for all."""
    wanted = next((one for one in GOALS if one == goal), None)
    if wanted is None or part not in SECTIONS:
        raise Http404(f"There is no chart {part} for {goal}.")
    study = get_object_or_404(shown_studies().filter(kind=Study.Kind.SEARCH), pk=study_id)
    (section,) = sections(StudyExplanation(study), wanted, [part])
    return JsonResponse(section.figure)
