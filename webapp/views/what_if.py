"""A study's trials ranked with other thresholds, slopes and energies, and these settings as a clone."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from webapp.forms.what_if import WhatIfForm
from webapp.models import Study
from webapp.queries.pages.results import results
from webapp.queries.pages.what_if import RewardChange, energy_choices, what_if
from webapp.services import studies as services
from webapp.services.errors import Conflict
from webapp.views.study import study_or_404


@require_GET
def try_settings(request: HttpRequest, study_id: int) -> HttpResponse:
    """The whole page, with the settings of the address or those of the study."""
    study = study_or_404(study_id)
    form = _form(study, request.GET if "energies" in request.GET else None)
    return render(request, "studies/what_if.html", _context(study, form), status=_status(form))


@require_GET
def settings_outcome(request: HttpRequest, study_id: int) -> HttpResponse:
    """The outcome alone, fetched while a slider moves."""
    study = study_or_404(study_id)
    return render(request, "studies/_what_if.html", _context(study, _form(study, request.GET)))


@require_POST
def clone_with_settings(request: HttpRequest, study_id: int) -> HttpResponse:
    """Save the settings as a draft. A rejected form keeps its input on the page."""
    study = study_or_404(study_id)
    form = _form(study, request.POST)
    if not form.is_valid():
        return render(request, "studies/what_if.html", _context(study, form), status=422)
    try:
        copy = services.clone(study_id=study_id, owner=request.user, changes=form.change().settings(study))
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("try_settings", study_id=study_id)
    messages.success(request, "This is a draft with these settings: edit it, then start it.")
    return redirect("study", study_id=copy.pk)


def _form(study: Study, values: QueryDict | None) -> WhatIfForm:
    return WhatIfForm(values, of=RewardChange.present(study), energies=energy_choices(study, results(study)))


def _status(form: WhatIfForm) -> int:
    return 200 if not form.is_bound or form.is_valid() else 422


def _context(study: Study, form: WhatIfForm) -> dict[str, Any]:
    change = form.change() if form.is_bound and form.is_valid() else RewardChange.present(study)
    is_wrong = form.is_bound and not form.is_valid()
    return {"study": study, "form": form, "outcome": None if is_wrong else what_if(study, change)}
