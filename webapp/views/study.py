"""A study's page, its live parts, and what a person may do to it."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from webapp.charts.study import Drawn, drawings
from webapp.charts.views.page import study_view
from webapp.forms.choice import ChoiceForm
from webapp.forms.explanations import explain, training_length
from webapp.forms.filters import trial_filter, wanted_view
from webapp.forms.warm_start import WarmStartForm
from webapp.models import Study
from webapp.queries.charted import VIEWS
from webapp.queries.pages.choice import choice
from webapp.queries.pages.repetitions import repetitions_context
from webapp.queries.pages.results import Results
from webapp.queries.pages.study import (
    shown_studies,
    study_context,
    study_header_context,
    study_log_context,
    study_progress_context,
    study_trials_context,
)
from webapp.queries.whole_numbers import whole_number
from webapp.services import studies as services
from webapp.services.errors import Conflict
from webapp.views.polling import live_partial, with_address

State = Study.State
_MOST_ADDITIONAL = 20_000
ACTIONS: Mapping[str, Callable[..., Study]] = {
    "start": services.start,
    "pause": services.pause,
    "resume": services.resume,
    "stop": services.stop,
}


def study_or_404(study_id: int) -> Study:
    return get_object_or_404(shown_studies(), pk=study_id)


@require_GET
def study(request: HttpRequest, study_id: int) -> HttpResponse:
    """The whole page. Its charts are drawn in it, until the browser has fetched their data."""
    shown = study_or_404(study_id)
    if shown.kind == Study.Kind.REPETITIONS:
        context = repetitions_context(shown, all_events=_wants_all_events(request))
        return render(request, "studies/repetitions.html", context)
    context = study_context(shown, trial_filter(request.GET), all_events=_wants_all_events(request))
    context |= {
        "drawings": _drawings(shown, context),
        **_choice(request, shown, context["results"]),
        **_view(request, shown, context),
        "warm_start_form": WarmStartForm(study=shown) if context["can_start"] else None,
        "query_string": request.GET.urlencode(),
        "explanation": explain({name: getattr(shown, name) for name in Study.REWARD_SETTINGS}),
        "training_length": training_length({"full_epochs": shown.full_epochs, "qat_epochs": shown.qat_epochs}),
    }
    return render(request, "studies/study.html", context)


@require_GET
def study_progress(request: HttpRequest, study_id: int) -> HttpResponse:
    """The polled part; it informs the page which of its other parts are out of date."""
    shown = study_or_404(study_id)
    context = study_progress_context(shown)
    now = context["progress"]
    changed = {
        "results-changed": request.GET.get("version") != now.version,
        "state-changed": request.GET.get("state") != shown.state,
    }
    return live_partial(request, "studies/_progress.html", context, is_live=now.is_live, events=changed)


@require_GET
def study_header(request: HttpRequest, study_id: int) -> HttpResponse:
    """State and controls, fetched when the state has changed."""
    return render(request, "studies/_header.html", study_header_context(study_or_404(study_id)))


@require_GET
def study_trials(request: HttpRequest, study_id: int) -> HttpResponse:
    """The trials table, fetched to filter, to sort and when results have changed."""
    shown = study_or_404(study_id)
    context = study_trials_context(shown, trial_filter(request.GET))
    if context["all_columns"]:
        request.GET = request.GET.copy()
        request.GET.pop("column", None)  # the usual table needs no words in its address
    context["query_string"] = request.GET.urlencode()
    response = render(request, "studies/_trials.html", context)
    return with_address(response, request, part="trials", address=reverse("study", args=[study_id]))


@require_GET
def study_log(request: HttpRequest, study_id: int) -> HttpResponse:
    """Failures and events, fetched when results have changed."""
    context = study_log_context(study_or_404(study_id), all_events=_wants_all_events(request))
    return render(request, "studies/_log.html", context)


@require_POST
def study_action(request: HttpRequest, study_id: int, action: str) -> HttpResponse:
    """Start, pause, resume or stop."""
    if action not in ACTIONS:
        raise Http404(f"There is no action {action} for studies.")
    study_or_404(study_id)
    try:
        ACTIONS[action](study_id=study_id, actor=request.user)
    except Conflict as conflict:
        messages.error(request, str(conflict))
    return redirect("study", study_id=study_id)


@require_POST
def extend_study(request: HttpRequest, study_id: int) -> HttpResponse:
    study_or_404(study_id)
    wanted = whole_number(request.POST.get("additional_trials", ""), least=1, most=_MOST_ADDITIONAL)
    if wanted is None:
        messages.error(request, f"Give the number of additional trials, from 1 to {_MOST_ADDITIONAL:,}.")
        return redirect("study", study_id=study_id)
    try:
        services.extend_budget(study_id=study_id, additional_trials=wanted, actor=request.user)
        messages.success(request, f"{wanted} trial{pluralize(wanted)} added to the budget.")
    except Conflict as conflict:
        messages.error(request, str(conflict))
    return redirect("study", study_id=study_id)


@require_POST
def clone_study(request: HttpRequest, study_id: int) -> HttpResponse:
    study_or_404(study_id)
    try:
        copy = services.clone(study_id=study_id, owner=request.user)
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("study", study_id=study_id)
    messages.success(request, "This is a copy of the settings as a draft: edit it, then start it.")
    return redirect("study", study_id=copy.pk)


@require_POST
def delete_study(request: HttpRequest, study_id: int) -> HttpResponse:
    name = study_or_404(study_id).name
    try:
        services.delete(study_id=study_id, actor=request.user)
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("study", study_id=study_id)
    messages.success(request, f"Deleted {name}.")
    return redirect("studies")


def _choice(request: HttpRequest, shown: Study, found: Results) -> dict[str, Any]:
    """The form of a choice among the trials, and the choice that the address asks for."""
    form = ChoiceForm.of(request.GET, shown)
    wanted = form.wanted() if "choose" in request.GET else None
    return {"choice_form": form, "choice": choice(shown, found, wanted) if wanted else None}


def _view(request: HttpRequest, shown: Study, context: Mapping[str, Any]) -> dict[str, Any]:
    """The further view of the results that the address asks for."""
    name = wanted_view(request.GET)
    if not name or not context["results"] or shown.kind != Study.Kind.SEARCH:
        return {"views": VIEWS}
    return {"views": VIEWS, "view": study_view(shown, context["results"], context["baselines"], name)}


def _drawings(shown: Study, context: Mapping[str, Any]) -> Mapping[str, Drawn]:
    return {} if shown.state == State.DRAFT else drawings(shown, context["results"], context["baselines"])


def _wants_all_events(request: HttpRequest) -> bool:
    return request.GET.get("events") == "all"
