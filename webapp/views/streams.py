"""The evaluation of a trial on streams: having it made, and the part of the trial's page that waits for it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from webapp.forms.streams import StreamsForm
from webapp.queries.pages.streams import streams_context
from webapp.queries.pages.trial import trial_context
from webapp.services.errors import Conflict
from webapp.services.stream_evaluations import request_evaluation
from webapp.views.polling import live_partial
from webapp.views.trials import trial_or_404


@require_POST
def evaluate_streams(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """Have the trial's network evaluated. A rejected form keeps its input on the page."""
    trial, form = trial_or_404(study_id, number), StreamsForm(request.POST)
    if not form.is_valid():
        return render(request, "trials/trial.html", trial_context(trial) | {"streams_form": form}, status=422)
    try:
        request_evaluation(trial_id=trial.pk, plan=form.plan(), owner=request.user)
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("trial", study_id, number)
    return redirect(f"{reverse('trial', args=[study_id, number])}#streams")


@require_GET
def streams_live(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """The part that is fetched until the evaluation has ended."""
    context = streams_context(trial_or_404(study_id, number))
    return live_partial(request, "trials/_streams_state.html", context, is_live=context["streams_are_live"], events={})
