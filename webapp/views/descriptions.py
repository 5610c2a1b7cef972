"""Name and notes of a study, a run, a dataset or a comparison: one form for all four, in every state."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from webapp.forms.description import DescriptionForm
from webapp.services.descriptions import Described, describe
from webapp.services.errors import Conflict
from webapp.views.comparisons import comparison_or_404
from webapp.views.datasets import dataset_or_404
from webapp.views.runs import run_or_404
from webapp.views.study import study_or_404


@require_http_methods(["GET", "POST"])
def describe_study(request: HttpRequest, study_id: int) -> HttpResponse:
    return _description(request, study_or_404(study_id), "study")


@require_http_methods(["GET", "POST"])
def describe_run(request: HttpRequest, run_id: int) -> HttpResponse:
    return _description(request, run_or_404(run_id), "run")


@require_http_methods(["GET", "POST"])
def describe_dataset(request: HttpRequest, dataset_id: int) -> HttpResponse:
    return _description(request, dataset_or_404(dataset_id), "dataset")


@require_http_methods(["GET", "POST"])
def describe_comparison(request: HttpRequest, comparison_id: int) -> HttpResponse:
    return _description(request, comparison_or_404(comparison_id), "comparison")


def _description(request: HttpRequest, row: Described, page: str) -> HttpResponse:
    """The form; `page` names the view of the page that it returns to. Of two editors, the second keeps the input."""
    form = DescriptionForm(request.POST or None, row=row)
    if request.method == "POST" and form.is_valid():
        try:
            describe(row=row, actor=request.user, **form.cleaned_data)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            messages.success(request, "Saved.")
            return redirect(page, row.pk)
    status = 422 if form.is_bound else 200
    return render(request, "description.html", {"form": form, "row": row, "page": page}, status=status)
