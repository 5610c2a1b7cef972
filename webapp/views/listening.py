"""The page "Try it": a trial's network hears a file, a clip or the microphone."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from webapp.forms.listening import ListeningForm
from webapp.queries.loops import loop_of
from webapp.queries.pages.listening import listening_context
from webapp.queries.whole_numbers import whole_number
from webapp.services.errors import Conflict
from webapp.services.listening import LIMITS, check_listening
from webapp.views.trials import trial_or_404


@require_GET
def try_trial(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """The page; the trial's page with the reason where it cannot be tried."""
    trial = trial_or_404(study_id, number)
    try:
        check_listening(trial)
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("trial", study_id, number)
    form = ListeningForm(of=loop_of(trial))
    context = listening_context(trial, whole_number(request.GET.get("clip", "")), form.hops_s)
    return render(request, "trials/try.html", context | {"form": form, "limits": LIMITS})
