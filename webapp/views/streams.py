"""The evaluation of a trial on streams: having it made, and the part of the trial's page that waits for it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from webapp.forms.filters import shown_evaluation
from webapp.forms.streams import StreamsForm
from webapp.queries.pages.streams import recording_choices, streams_context
from webapp.services.errors import Conflict
from webapp.services.stream_evaluations import request_evaluation
from webapp.views.polling import live_partial
from webapp.views.trials import trial_or_404, trial_page


@require_POST
def evaluate_streams(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """Have the trial's network evaluated. A rejected form keeps its input on the page."""
    trial = trial_or_404(study_id, number)
    form = StreamsForm(request.POST, recordings=recording_choices(trial))
    if not form.is_valid():
        return trial_page(request, trial, form)
    try:
        request_evaluation(trial_id=trial.pk, plan=form.plan(), recordings_id=form.recordings_id, owner=request.user)
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("trial", study_id, number)
    return redirect(f"{reverse('trial', args=[study_id, number])}#streams")


@require_GET
def streams_live(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """The part that is fetched until the evaluation has ended."""
    context = streams_context(trial_or_404(study_id, number), shown_evaluation(request.GET))
    return live_partial(request, "trials/_streams_state.html", context, is_live=context["streams_are_live"], events={})
