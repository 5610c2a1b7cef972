"""Finalists of a study: choosing them, the baselines trained as they are, and opening the test split."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from webapp.forms.filters import page_in
from webapp.forms.finals import FinalBaselinesForm, FinalistsForm
from webapp.models import Finalist, Study
from webapp.queries.finals import finals_of
from webapp.queries.pages.finals import chosen_trials, finalists_context
from webapp.queries.pages.opening_mistakes import evaluated_openings, opening_mistakes_context
from webapp.queries.pages.report import reports_of
from webapp.services.errors import Conflict
from webapp.services.finals import RequestedFinals, train_final_baselines, train_finalists
from webapp.services.openings import open_test_split
from webapp.views.polling import live_partial
from webapp.views.study import study_or_404

MOST_TEXT = 400
"""Characters of a parameter that fills the form."""


@require_GET
def finalists(request: HttpRequest, study_id: int) -> HttpResponse:
    """The page of a study's finalists; `?how=hand&numbers=3, 12` fills the form, as a shortlist does."""
    study = _search_or_404(study_id)
    if "numbers" not in request.GET:
        return _page(request, study)
    chosen = {name: request.GET.get(name, "")[:MOST_TEXT] for name in ("how", "numbers")}
    return _page(request, study, finalists_form=FinalistsForm(initial=chosen))


@require_GET
def finalists_live(request: HttpRequest, study_id: int) -> HttpResponse:
    """The polled part of the page."""
    context = finalists_context(_search_or_404(study_id))
    return live_partial(request, "finals/_live.html", context, is_live=context["is_live"], events={})


@require_POST
def choose_finalists(request: HttpRequest, study_id: int) -> HttpResponse:
    """Train chosen networks again. A rejected form keeps its input on the page."""
    study, form = _search_or_404(study_id), FinalistsForm(request.POST)
    if not form.is_valid():
        return _page(request, study, finalists_form=form, status=422)
    how = form.cleaned_data["how"]
    trial_ids = chosen_trials(study, how, form.cleaned_data["top"] or 0, form.cleaned_data["numbers"])
    try:
        added = train_finalists(
            study_id=study.pk,
            trial_ids=trial_ids,
            chosen=Finalist.Chosen(how),
            seeds=form.cleaned_data["seeds"],
            actor=request.user,
        )
    except Conflict as conflict:
        form.add_error(None, str(conflict))
        return _page(request, study, finalists_form=form, status=422)
    return _done(request, study_id, added)


@require_POST
def train_baselines_as_finalists(request: HttpRequest, study_id: int) -> HttpResponse:
    """Train baselines by the recipe of the study. A rejected form keeps its input on the page."""
    study, form = _search_or_404(study_id), FinalBaselinesForm(request.POST)
    if not form.is_valid():
        return _page(request, study, baselines_form=form, status=422)
    wish = {name: form.cleaned_data[name] for name in ("names", "seeds")}
    try:
        added = train_final_baselines(study_id=study.pk, actor=request.user, **wish)
    except Conflict as conflict:
        form.add_error(None, str(conflict))
        return _page(request, study, baselines_form=form, status=422)
    return _done(request, study_id, added)


@require_POST
def open_test(request: HttpRequest, study_id: int, finalist_id: int) -> HttpResponse:
    """Open the test split for one finalist or baseline that the study shows."""
    study = _search_or_404(study_id)
    shown = Finalist.objects.filter(finals__in=Study.objects.filter(finals_of(study)).values("pk"))
    finalist = get_object_or_404(shown, pk=finalist_id)
    try:
        opening = open_test_split(finalist_id=finalist.pk, again="again" in request.POST, actor=request.user)
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        messages.success(request, f"The test split is open for {opening.label}: its seeds are being evaluated.")
    return redirect("finalists", study_id=study_id)


@require_GET
def opening_mistakes(request: HttpRequest, opening_id: int) -> HttpResponse:
    """The clips of the test split that a network got wrong, of a recorded opening that has evaluated it."""
    opening = get_object_or_404(evaluated_openings(), pk=opening_id)
    return render(request, "finals/mistakes.html", opening_mistakes_context(opening, page_in(request.GET)))


def _search_or_404(study_id: int) -> Study:
    """The search itself, or the one that finalists, repetitions and finalists of finalists come from in the end."""
    study = study_or_404(study_id)
    while study.kind != Study.Kind.SEARCH:
        study = study_or_404(study.parent_id or 0)
    return study


def _page(
    request: HttpRequest,
    study: Study,
    *,
    finalists_form: Form | None = None,
    baselines_form: Form | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = finalists_context(study) | {
        "finalists_form": finalists_form or FinalistsForm(),
        "baselines_form": baselines_form or FinalBaselinesForm(),
        "reports": reports_of(study),
    }
    return render(request, "finals/finalists.html", context, status=status)


def _done(request: HttpRequest, study_id: int, added: RequestedFinals) -> HttpResponse:
    if added.added:
        messages.success(request, f"To be trained: {', '.join(added.added)}.")
    if added.present:
        messages.info(request, f"Trained already, or under way: {', '.join(added.present)}.")
    return redirect("finalists", study_id=study_id)
