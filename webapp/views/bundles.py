"""The deploy bundle of a trial: having it packed, and the part of the trial's page that waits for it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from webapp.queries.pages.bundle import bundle_context
from webapp.services.bundles import request_bundle
from webapp.services.errors import Conflict
from webapp.views.polling import live_partial
from webapp.views.trials import trial_or_404


@require_POST
def pack_bundle(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """Have the bundle packed, and show the trial's page at it."""
    trial = trial_or_404(study_id, number)
    try:
        request_bundle(trial_id=trial.pk, owner=request.user)
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("trial", study_id, number)
    return redirect(f"{reverse('trial', args=[study_id, number])}#bundle")


@require_GET
def bundle_live(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    """The part that is fetched until the bundle is packed."""
    context = bundle_context(trial_or_404(study_id, number))
    return live_partial(request, "trials/_bundle.html", context, is_live=context["bundle_is_live"], events={})
