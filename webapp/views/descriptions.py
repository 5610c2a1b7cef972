"""Name, notes and tags of a study, a trial, a run, a dataset or a comparison: one form for all, in every state."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from webapp.forms.description import DescriptionForm
from webapp.models import Trial
from webapp.services.descriptions import Described, describe
from webapp.services.errors import Conflict
from webapp.views.comparisons import comparison_or_404
from webapp.views.datasets import dataset_or_404
from webapp.views.runs import run_or_404
from webapp.views.study import study_or_404
from webapp.views.trials import trial_or_404


@require_http_methods(["GET", "POST"])
def describe_study(request: HttpRequest, study_id: int) -> HttpResponse:
    return _description(request, study_or_404(study_id), "study")


@require_http_methods(["GET", "POST"])
def describe_trial(request: HttpRequest, study_id: int, number: int) -> HttpResponse:
    return _description(request, trial_or_404(study_id, number), "trial")


@require_http_methods(["GET", "POST"])
def describe_run(request: HttpRequest, run_id: int) -> HttpResponse:
    return _description(request, run_or_404(run_id), "run")


@require_http_methods(["GET", "POST"])
def describe_dataset(request: HttpRequest, dataset_id: int) -> HttpResponse:
    return _description(request, dataset_or_404(dataset_id), "dataset")


@require_http_methods(["GET", "POST"])
def describe_comparison(request: HttpRequest, comparison_id: int) -> HttpResponse:
    return _description(request, comparison_or_404(comparison_id), "comparison")


def _description(request: HttpRequest, row: Described, view: str) -> HttpResponse:
    """The form; `view` is that of the page that it returns to. Of two editors, the second keeps the input."""
    is_trial = isinstance(row, Trial)
    page = reverse(view, args=[row.study_id, row.number] if is_trial else [row.pk])
    title = f"Trial {row.number} of {row.study}" if is_trial else str(row)
    form = DescriptionForm(request.POST or None, row=row)
    if request.method == "POST" and form.is_valid():
        try:
            describe(row=row, actor=request.user, **form.cleaned_data)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            messages.success(request, "Saved.")
            return redirect(page)
    status = 422 if form.is_bound else 200
    return render(request, "description.html", {"form": form, "title": title, "page": page}, status=status)
