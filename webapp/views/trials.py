"""A trial's page and its live part."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from webapp.models import Trial
from webapp.queries.pages.trial import shown_trials, trial_context, trial_live_context
from webapp.views.polling import live_partial


def trial_or_404(study_id: int, number: int) -> Trial:
    return get_object_or_404(shown_trials(study_id), number=number)


@require_GET
def trial(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """The whole page."""
    return render(request, "trials/trial.html", trial_context(trial_or_404(study_id, number)))


@require_GET
def trial_live(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """Everything that changes while the trial runs, except the chart, which is triggered to fetch its own data."""
    context = trial_live_context(trial_or_404(study_id, number))
    changed = {"curve-changed": request.GET.get("version") != context["version"]}
    return live_partial(request, "trials/_live.html", context, is_live=context["is_live"], events=changed)
