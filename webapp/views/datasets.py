"""Datasets: the list, adding one, one in full, deleting one."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nas_engine.baselines import NAMES
from webapp.forms.baselines import BaselinesForm
from webapp.forms.dataset import SyntheticForm, UploadForm
from webapp.forms.filters import clip_filter, leaderboard_filter
from webapp.models import Dataset
from webapp.queries.pages.datasets import (
    dataset_clips_context,
    dataset_context,
    dataset_preparation_context,
    dataset_rows,
)
from webapp.queries.pages.leaderboard import leaderboard_context
from webapp.queries.whole_numbers import whole_number
from webapp.services import datasets as services
from webapp.services.baselines import DEFAULT_FULL_EPOCHS
from webapp.services.errors import Conflict
from webapp.views.list_mapping import mapper_page, mapping_form
from webapp.views.polling import POLLING_OVER, live_partial, with_address

_MOST_EPOCHS = 9_999


def dataset_or_404(dataset_id: int) -> Dataset:
    return get_object_or_404(Dataset, pk=dataset_id)


@require_GET
def datasets(request: HttpRequest) -> HttpResponse:
    """The list; htmx gets its table alone, to refresh it."""
    rows = dataset_rows()
    is_live = any(row.is_live for row in rows)
    context = {"rows": rows, "is_live": is_live}
    if request.htmx:
        return render(request, "datasets/_rows.html", context, status=200 if is_live else POLLING_OVER)
    return render(request, "datasets/list.html", context)


@require_GET
def dataset_leaderboard(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """Networks of all studies on the dataset; htmx gets the table alone, to sort it."""
    context = leaderboard_context(dataset_or_404(dataset_id), leaderboard_filter(request.GET))
    if request.htmx:
        response = render(request, "datasets/_leaderboard.html", context)
        return with_address(response, request, part="networks", address=reverse("leaderboard", args=[dataset_id]))
    return render(request, "datasets/leaderboard.html", context)


@require_http_methods(["GET", "POST"])
def new_dataset(request: HttpRequest) -> HttpResponse:
    """Two ways to a dataset: upload an archive, or have a synthetic set made."""
    if request.method == "GET":
        return _form_page(request, UploadForm(), SyntheticForm(initial={"name": "synthetic"}))
    if "synthetic" in request.POST:
        synthetic = SyntheticForm(request.POST)
        return (
            _add_synthetic(request, synthetic)
            if synthetic.is_valid()
            else _form_page(request, UploadForm(), synthetic, status=422)
        )
    upload = UploadForm(request.POST, request.FILES)
    return (
        _add_upload(request, upload) if upload.is_valid() else _form_page(request, upload, SyntheticForm(), status=422)
    )


def _add_upload(request: HttpRequest, form: UploadForm) -> HttpResponse:
    try:
        values = form.cleaned_data
        dataset = services.create_from_upload(
            name=values["name"],
            file=values["file"],
            owner=request.user,
            frontend=form.frontend,
            reading=form.reading,
            licence=values["licence"],
        )
    except Conflict as conflict:
        form.add_error(None, str(conflict))
        return _form_page(request, form, SyntheticForm(), status=422)
    return redirect("dataset", dataset_id=dataset.pk)


def _add_synthetic(request: HttpRequest, form: SyntheticForm) -> HttpResponse:
    try:
        values = form.cleaned_data
        dataset = services.create_synthetic(
            name=values["name"], seed=values["seed"], owner=request.user, frontend=form.frontend
        )
    except Conflict as conflict:
        form.add_error(None, str(conflict))
        return _form_page(request, UploadForm(), form, status=422)
    return redirect("dataset", dataset_id=dataset.pk)


def _form_page(request: HttpRequest, upload: UploadForm, synthetic: SyntheticForm, status: int = 200) -> HttpResponse:
    return render(request, "datasets/form.html", {"upload": upload, "synthetic": synthetic}, status=status)


@require_GET
def dataset(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """The whole page: preparation or counts, problems, baselines, clips, studies that use it."""
    shown = dataset_or_404(dataset_id)
    return dataset_page(request, shown, BaselinesForm(initial=_initial(request)))


def _initial(request: HttpRequest) -> dict[str, Any]:
    """All four ticked, and the training length that a study's page asks for."""
    wanted = whole_number(request.GET.get("full_epochs", ""), most=_MOST_EPOCHS)
    length = {} if wanted is None else {"full_epochs": wanted}
    return {"names": list(NAMES)} | length


def dataset_page(request: HttpRequest, shown: Dataset, form: BaselinesForm, status: int = 200) -> HttpResponse:
    """The page of `shown` with a form for its baselines, perhaps one that has been filled in wrongly."""
    if shown.state == Dataset.State.FAILED and shown.columns:
        return mapper_page(request, shown, mapping_form(request, shown))
    context = dataset_context(
        shown, clip_filter(request.GET), full_epochs=form.length or DEFAULT_FULL_EPOCHS, keep_length=form.is_bound
    )
    if shown.state == Dataset.State.READY:
        context |= _baselines_form(form, context)
    return render(request, "datasets/dataset.html", context, status=status)


@require_GET
def dataset_progress(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """The polled part while it is prepared; when that ends, the whole page is fetched again."""
    shown = dataset_or_404(dataset_id)
    is_live = shown.state == Dataset.State.PREPARING
    context = dataset_preparation_context(shown)
    response = live_partial(request, "datasets/_preparation.html", context, is_live=is_live, events={})
    if not is_live:
        response.headers["HX-Refresh"] = "true"
    return response


@require_GET
def dataset_clips(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """The table of clips, fetched to filter and to turn pages."""
    context = dataset_clips_context(dataset_or_404(dataset_id), clip_filter(request.GET))
    response = render(request, "datasets/_clips.html", context)
    return with_address(response, request, part="clips", address=reverse("dataset", args=[dataset_id]))


@require_POST
def delete_dataset(request: HttpRequest, dataset_id: int) -> HttpResponse:
    name = dataset_or_404(dataset_id).name
    try:
        services.delete(dataset_id=dataset_id)
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("dataset", dataset_id=dataset_id)
    messages.success(request, f"Deleted {name}.")
    return redirect("datasets")


def _baselines_form(form: BaselinesForm, found: dict[str, Any]) -> dict[str, Any]:
    """The form with how long each network would take; one that was not filled in offers what is missing."""
    if found["baselines"] and not form.is_bound:
        form.initial |= {"full_epochs": found["baselines"].full_epochs, "names": found["baselines_missing"]}
    return {"baselines_form": form, "baselines_rows": form.rows(found["baselines_estimate"].seconds)}
