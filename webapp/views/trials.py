"""A trial's page and its live part."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from webapp.charts.drawing.network import network_info, network_svg
from webapp.forms.filters import mistake_filter, shown_evaluation
from webapp.forms.streams import StreamsForm, streams_form
from webapp.models import Trial
from webapp.queries.pages.clip_mistakes import clip_mistakes_context
from webapp.queries.pages.trial import reproduction_context, shown_trials, trial_context, trial_live_context
from webapp.services.errors import Conflict
from webapp.services.listening import front_end_reason
from webapp.services.reproduction import reproduce
from webapp.services.trial_steering import retry_trial, skip_trial
from webapp.views.polling import live_partial, with_address


def trial_or_404(study_id: int, number: int) -> Trial:
    return get_object_or_404(shown_trials(study_id), number=number)


@require_GET
def trial(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """The whole page."""
    return trial_page(request, trial_or_404(study_id, number))


def trial_page(request: HttpRequest, shown: Trial, form: StreamsForm | None = None) -> HttpResponse:
    """The page of `shown`, perhaps with a form for its evaluation on streams that was filled in wrongly."""
    context = trial_context(shown, shown_evaluation(request.GET), mistake_filter(request.GET))
    newest, blocks = context["streams_newest"], context["blocks"]
    recordings_id = newest and newest.recordings_id
    more = {
        "drawing": network_svg(network_info(blocks), f"trial {shown.number}", "own") if blocks else None,
        "streams_form": form or streams_form(context["streams_plan"], context["streams_recordings"], recordings_id),
        "try_reason": front_end_reason(shown),
    }
    return render(request, "trials/trial.html", context | more, status=422 if form else 200)


@require_GET
def clip_mistakes(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """The clips that a trial got wrong, fetched to filter and to turn pages."""
    shown = trial_or_404(study_id, number)
    context = clip_mistakes_context(shown, mistake_filter(request.GET)) | {"try_reason": front_end_reason(shown)}
    response = render(request, "trials/_clip_mistakes.html", context)
    return with_address(response, request, part="clip-mistakes", address=reverse("trial", args=[study_id, number]))


@require_GET
def trial_live(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """Everything that changes while the trial runs, except the chart, which is triggered to fetch its own data."""
    context = trial_live_context(trial_or_404(study_id, number))
    changed = {"curve-changed": request.GET.get("version") != context["version"]}
    return live_partial(request, "trials/_live.html", context, is_live=context["is_live"], events=changed)


@require_GET
def trial_reproduction(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """The repetitions of a trial, fetched until the last one has ended."""
    context = reproduction_context(trial_or_404(study_id, number))
    is_live = context["repetitions"] is not None and context["repetitions"].is_live
    return live_partial(request, "trials/_reproduction.html", context, is_live=is_live, events={})


@require_POST
def reproduce_trial(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """Request a repetition, and show the trial's page at its repetitions."""
    original = trial_or_404(study_id, number)
    try:
        repetition = reproduce(trial_id=original.pk, actor=request.user)
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("trial", study_id, number)
    messages.success(request, f"To be trained again, as trial {repetition.number} of {repetition.study.name}.")
    return redirect(f"{reverse('trial', args=[study_id, number])}#reproduction")


@require_POST
def skip(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """Give a waiting or running trial up."""
    shown = trial_or_404(study_id, number)
    try:
        skipped = skip_trial(trial_id=shown.pk, actor=request.user)
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        ends = "ends at its next epoch" if skipped.state == Trial.State.RUNNING else "is cancelled"
        messages.success(request, f"Trial {number} {ends}; another one takes its place.")
    return _back(request, study_id, number)


@require_POST
def retry(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """Request a failed trial once more."""
    shown = trial_or_404(study_id, number)
    try:
        again = retry_trial(trial_id=shown.pk, actor=request.user)
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        messages.success(request, f"To be retried, as trial {again.number}.")
    return _back(request, study_id, number)


def _back(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """To the table of the study, if the request came from there, else to the trial."""
    if request.POST.get("to") == "study":
        return redirect(f"{reverse('study', args=[study_id])}#trials")
    return redirect("trial", study_id, number)
