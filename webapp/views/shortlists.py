"""The shortlist of a study: what is put on it and taken off, and the way to a bench."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from webapp.forms.filters import ids_in
from webapp.models import Trial
from webapp.queries.pages.shortlist import campaigns, hashes_of_shortlist
from webapp.services.errors import Conflict
from webapp.services.shortlists import add_to_shortlist, remove_from_shortlist
from webapp.views.study import study_or_404

_LARGEST_NUMBER = 2**31 - 1


@require_POST
def change_shortlist(request: HttpRequest, study_id: int) -> HttpResponse:
    """Put trials, each a `number`, on the shortlist, or with `remove` take them off it, or with `compare` show them.

    Then back to the study, or `to` the page of the trial.
    """
    study_or_404(study_id)
    numbers = [number for number in ids_in(request.POST, "number") if number <= _LARGEST_NUMBER]
    trials = Trial.objects.filter(study=study_id, number__in=numbers).order_by("number")
    trial_ids = list(trials.values_list("pk", flat=True))
    if "compare" in request.POST and trial_ids:
        return redirect(f"{reverse('compare')}?{urlencode({'of': trial_ids}, doseq=True)}")
    if not trial_ids:
        messages.error(request, "Choose trials first: tick them in the table.")
    elif "remove" in request.POST:
        removed = remove_from_shortlist(study_id=study_id, trial_ids=trial_ids)
        messages.success(request, f"{removed} trial{pluralize(removed)} taken off the shortlist.")
    else:
        _add(request, study_id, trial_ids)
    if request.POST.get("to") == "trial" and trial_ids:
        return redirect("trial", study_id=study_id, number=numbers[0])
    return redirect(f"{reverse('study', args=[study_id])}#shortlist")


def _add(request: HttpRequest, study_id: int, trial_ids: list[int]) -> None:
    try:
        added = add_to_shortlist(study_id=study_id, trial_ids=trial_ids, actor=request.user)
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        messages.success(request, f"{added} trial{pluralize(added)} put on the shortlist.")


@require_GET
def take_shortlist_to_bench(request: HttpRequest, study_id: int) -> HttpResponse:
    """Choice of a campaign whose bench then shows the networks of the shortlist."""
    study = study_or_404(study_id)
    query = urlencode({"of": list(hashes_of_shortlist(study))}, doseq=True)
    choices = [(one, f"{reverse('bench', args=[one.pk])}?{query}") for one in campaigns()]
    return render(request, "studies/shortlist_bench.html", {"study": study, "choices": choices})
