"""A study's page, its live parts, and what a person may do to it."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from webapp.forms.explanations import explain
from webapp.forms.filters import trial_filter
from webapp.forms.study import LIMITS
from webapp.models import Study
from webapp.queries.energy_estimates import energy_tag, in_words, source_of
from webapp.queries.energy_models import offer
from webapp.queries.pages.baselines import baselines_of, beside
from webapp.queries.pages.constraints import limits_in_words
from webapp.queries.pages.progress import progress
from webapp.queries.pages.results import Best, bests, results
from webapp.queries.pages.study import events, failures, study_or_none
from webapp.queries.pages.trials import TRIAL_STATES, trial_page
from webapp.queries.spaces import space_facts
from webapp.queries.summaries import KIND_NAMES, SHORT_KINDS
from webapp.services import studies as services
from webapp.services.errors import Conflict
from webapp.views.polling import live_partial

State = Study.State
ALL_EVENTS = 500
ACTIONS: Mapping[str, Callable[..., Study]] = {
    "start": services.start,
    "pause": services.pause,
    "resume": services.resume,
    "stop": services.stop,
}


def study_or_404(study_id: int) -> Study:
    study = study_or_none(study_id)
    if study is None:
        raise Http404(f"There is no study {study_id}.")
    return study


@require_GET
def study(request: HttpRequest, study_id: int) -> HttpResponse:
    """The whole page. Charts fetch their own data."""
    shown = study_or_404(study_id)
    context: dict[str, Any] = _header(shown) | _progress(shown) | _trials(shown, request.GET) | _log(request, shown)
    context |= _baselines(shown, context["best"]) | {
        "space": space_facts(shown),
        "explanation": explain({name: getattr(shown, name) for name in LIMITS}),
        "offer": offer(shown),
        "constraints": limits_in_words(shown),
        "trial_states": TRIAL_STATES,
        "kinds": [(SHORT_KINDS[kind], kind, name) for kind, name in KIND_NAMES.items() if kind != "head"],
    }
    return render(request, "studies/study.html", context)


@require_GET
def study_progress(request: HttpRequest, study_id: int) -> HttpResponse:
    """The polled part; it tells the page which of its other parts are out of date."""
    shown = study_or_404(study_id)
    context = _progress(shown)
    now = context["progress"]
    changed = {
        "results-changed": request.GET.get("version") != now.version,
        "state-changed": request.GET.get("state") != shown.state,
    }
    return live_partial(request, "studies/_progress.html", context, is_live=now.is_live, events=changed)


@require_GET
def study_header(request: HttpRequest, study_id: int) -> HttpResponse:
    """State and controls, fetched when the state has changed."""
    return render(request, "studies/_header.html", _header(study_or_404(study_id)))


@require_GET
def study_trials(request: HttpRequest, study_id: int) -> HttpResponse:
    """The trials table, fetched to filter, to sort and when results have changed."""
    shown = study_or_404(study_id)
    response = render(request, "studies/_trials.html", _trials(shown, request.GET))
    if request.htmx and request.htmx.trigger != "trials":  # not the table's own refresh
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        response.headers["HX-Replace-Url"] = reverse("study", args=[study_id]) + query
    return response


@require_GET
def study_log(request: HttpRequest, study_id: int) -> HttpResponse:
    """Failures and events, fetched when results have changed."""
    return render(request, "studies/_log.html", _log(request, study_or_404(study_id)))


@require_POST
def study_action(request: HttpRequest, study_id: int, action: str) -> HttpResponse:
    """Start, pause, resume or stop."""
    if action not in ACTIONS:
        raise Http404(f"A study cannot be told to {action}.")
    study_or_404(study_id)
    try:
        ACTIONS[action](study_id=study_id, actor=request.user)
    except Conflict as conflict:
        messages.error(request, str(conflict))
    return redirect("study", study_id=study_id)


@require_POST
def extend_study(request: HttpRequest, study_id: int) -> HttpResponse:
    study_or_404(study_id)
    wanted = request.POST.get("additional_trials", "")
    if not (wanted.isdecimal() and 1 <= int(wanted[:9]) <= 20_000):
        messages.error(request, "Give the number of additional trials, from 1 to 20,000.")
        return redirect("study", study_id=study_id)
    try:
        services.extend_budget(study_id=study_id, additional_trials=int(wanted), actor=request.user)
        messages.success(request, f"{wanted} trials added to the budget.")
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


def _header(shown: Study) -> dict[str, Any]:
    state, is_search = shown.state, shown.kind == Study.Kind.SEARCH
    return {
        "study": shown,
        "is_search": is_search,
        "can_start": state == State.DRAFT,
        "can_pause": state == State.RUNNING,
        "can_resume": state in (State.PAUSED, State.STOPPED, State.FAILED),
        "can_stop": state in (State.RUNNING, State.PAUSED),
        "can_extend": is_search and state in (State.DRAFT, State.RUNNING, State.PAUSED, State.COMPLETED),
        "can_delete": state not in (State.RUNNING, State.DRAINING),
    }


def _progress(shown: Study) -> dict[str, Any]:
    found = bests(shown)
    best = found.by_reward
    return {
        "study": shown,
        "progress": progress(shown),
        "best": best,
        "within": found.within_limits,
        "energy_source": source_of(shown),
        "energy_words": in_words(source_of(shown)),
        "energy_tag": energy_tag(source_of(shown)),
    }


def _trials(shown: Study, query: QueryDict) -> dict[str, Any]:
    wanted = trial_filter(query)
    page = trial_page(shown, results(shown), wanted)
    return {"study": shown, "page": page, "wanted": wanted, "query_string": query.urlencode()}


def _baselines(shown: Study, best: Best | None) -> dict[str, Any]:
    """The published networks beside this search's best; a study of published networks shows them as its trials."""
    if shown.kind != Study.Kind.SEARCH or shown.state == State.DRAFT:
        return {}
    found = baselines_of(shown.dataset_id, shown.energy_model_id)
    return {"baselines": found, "compared": beside(found.rows, shown, best) if found else ()}


def _log(request: HttpRequest, shown: Study) -> dict[str, Any]:
    all_events = request.GET.get("events") == "all"
    limit = {"limit": ALL_EVENTS} if all_events else {}
    return {"study": shown, "events": events(shown, **limit), "all_events": all_events, "failures": failures(shown)}
