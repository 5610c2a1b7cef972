"""Training the published networks on a dataset."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from webapp.forms.baselines import BaselinesForm
from webapp.services.baselines import train_baselines
from webapp.services.errors import Conflict
from webapp.views.datasets import dataset_or_404, dataset_page


@require_POST
def train(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """Request trainings; networks trained already stay. A rejected form keeps its input on the page."""
    dataset, form = dataset_or_404(dataset_id), BaselinesForm(request.POST)
    if not form.is_valid():
        return dataset_page(request, dataset, form, status=422)
    wish = {name: form.cleaned_data[name] for name in ("full_epochs", "replace")}
    try:
        done = train_baselines(dataset_id=dataset_id, names=form.wanted, owner=request.user, **wish)
    except Conflict as conflict:
        form.add_error(None, str(conflict))
        return dataset_page(request, dataset, form, status=422)
    if done.requested:
        messages.success(request, f"To be trained: {', '.join(done.requested)}.")
    if done.present:
        messages.info(request, f"Trained already, or under way: {', '.join(done.present)}.")
    return redirect("study", study_id=done.study.pk)
