"""Choice of a study's energy model."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import pluralize
from django.views.decorators.http import require_POST

from webapp.models import Study
from webapp.queries.energy_models import doubts_of, ready_models
from webapp.queries.whole_numbers import whole_number
from webapp.services.energy_estimates import reestimate
from webapp.services.errors import Conflict
from webapp.views.study import study_or_404


@require_POST
def reestimate_study(request: HttpRequest, study_id: int) -> HttpResponse:
    """Let the study go by `energy_model`, empty for the published figures; all trials are re-estimated at once.

    A model about which there are doubts is confirmed first.
    """
    before = study_or_404(study_id)
    given = request.POST.get("energy_model", "")
    wanted = whole_number(given)
    if given and wanted is None:
        messages.error(request, "Choose an energy model.")
        return redirect("study", study_id=study_id)
    if wanted and "confirmed" not in request.POST and (question := _question(request, before, wanted)):
        return question
    try:
        done = reestimate(study_id=study_id, energy_model_id=wanted, actor=request.user)
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("study", study_id=study_id)
    trials = f"{done.estimated} trial{pluralize(done.estimated, ' was,s were')} re-estimated"
    messages.success(
        request,
        f"Energies and rewards are now by {done.source}: {trials}, none was trained. "
        f"To go back, choose {_former(before)} again.",
    )
    return redirect("study", study_id=study_id)


def _former(study: Study) -> str:
    return str(study.energy_model or "the published figures")


def _question(request: HttpRequest, study: Study, energy_model_id: int) -> HttpResponse | None:
    """The page that asks, None where nothing speaks against the model, or the study goes by it already."""
    model = ready_models().filter(pk=energy_model_id).first()
    doubts = doubts_of(model) if model and model.pk != study.energy_model_id else ()
    if not doubts:
        return None
    context = {"study": study, "model": model, "doubts": doubts, "former": _former(study)}
    return render(request, "studies/energy_doubts.html", context)
