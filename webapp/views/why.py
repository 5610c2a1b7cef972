"""Page that explains a study: what its results depend on, and how its trials ran."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from webapp.charts.why.page import StudyExplanation, sections
from webapp.charts.why.wording import GOAL_NAMES
from webapp.models import Study
from webapp.queries.energy_estimates import in_words, source_of
from webapp.queries.explained import GOALS
from webapp.queries.pages.study import shown_studies


@require_GET
def why(request: HttpRequest, study_id: int) -> HttpResponse:
    """Of a search; `of` chooses accuracy, energy or flash for the charts that show one of them."""
    study = get_object_or_404(shown_studies().filter(kind=Study.Kind.SEARCH), pk=study_id)
    goal = next((one for one in GOALS if one == request.GET.get("of")), GOALS[0])
    explanation = StudyExplanation(study)
    context = {
        "study": study,
        "goal": goal,
        "goals": GOAL_NAMES.items(),
        "sections": sections(explanation, goal),
        "networks": explanation.networks,
        "energy_words": in_words(source_of(study)),
    }
    return render(request, "studies/why.html", context)
