"""A trial's page and its live part."""

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from webapp.models import Trial
from webapp.queries.energy_estimates import all_estimates, current_estimate
from webapp.queries.pages.blocks import block_table
from webapp.queries.pages.compare import choices
from webapp.queries.pages.constraints import estimates
from webapp.queries.pages.measured import measured_on
from webapp.queries.pages.study import trial_events
from webapp.queries.pages.trial import (
    confusion_rows,
    curve,
    forecasts,
    neighbours,
    phase_seconds,
    reward_parts,
    trial_or_none,
)
from webapp.queries.pages.trials import seconds_between
from webapp.queries.spaces import space_facts
from webapp.views.polling import live_partial


def trial_or_404(study_id: int, number: int) -> Trial:
    trial = trial_or_none(study_id, number)
    if trial is None:
        raise Http404(f"Study {study_id} has no trial {number}.")
    return trial


@require_GET
def trial(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """The whole page."""
    shown = trial_or_404(study_id, number)
    context = _live(shown) | {
        "blocks": block_table(shown.architecture),
        "choices": choices(shown),
        "own_id": [shown.pk],
        "estimates": estimates(shown),
        "neighbours": neighbours(shown),
        "space": space_facts(shown.study),
        "architecture_json": json.dumps(shown.architecture.spec, indent=1),
    }
    return render(request, "trials/trial.html", context)


@require_GET
def trial_live(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """Everything that changes while the trial runs, but for the chart, which is told to fetch itself."""
    context = _live(trial_or_404(study_id, number))
    changed = {"curve-changed": request.GET.get("version") != context["version"]}
    return live_partial(request, "trials/_live.html", context, is_live=context["is_live"], events=changed)


def _live(shown: Trial) -> dict[str, Any]:
    points, estimates = curve(shown), all_estimates(shown)
    estimate = current_estimate(shown, estimates)
    is_live = shown.state in Trial.OPEN
    return {
        "trial": shown,
        "study": shown.study,
        "is_live": is_live,
        "version": f"{shown.state}-{len(points)}",
        "curve": points,
        "forecasts": forecasts(shown),
        "estimate": estimate,
        "estimates": estimates,
        "measured": measured_on(shown, estimate),
        "reward": reward_parts(shown, estimate),
        "confusion": confusion_rows(shown.confusion, shown.study.dataset.classes),
        "seconds": phase_seconds(shown.seconds),
        "wall_seconds": seconds_between(shown.started_at, shown.finished_at),
        "events": trial_events(shown),
        "retry": getattr(shown, "retry", None),
    }
