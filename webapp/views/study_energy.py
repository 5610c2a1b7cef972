"""Choice of a study's energy model."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from webapp.services.energy_estimates import reestimate
from webapp.services.errors import Conflict
from webapp.views.study import study_or_404


@require_POST
def reestimate_study(request: HttpRequest, study_id: int) -> HttpResponse:
    """Let the study go by `energy_model`, empty for the published figures; all trials are re-estimated at once."""
    before = study_or_404(study_id)
    wanted = request.POST.get("energy_model", "")
    if wanted and not (wanted.isdecimal() and len(wanted) < 18):
        messages.error(request, "Choose an energy model.")
        return redirect("study", study_id=study_id)
    try:
        done = reestimate(study_id=study_id, energy_model_id=int(wanted) if wanted else None, actor=request.user)
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("study", study_id=study_id)
    former = before.energy_model or "the published figures"
    messages.success(
        request,
        f"Energies and rewards are now by {done.source}: {done.estimated} trials were re-estimated, none was trained. "
        f"To go back, choose {former} again.",
    )
    return redirect("study", study_id=study_id)
