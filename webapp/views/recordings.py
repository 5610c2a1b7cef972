"""Recordings of one's own that belong to a data set: uploaded, read by a worker, replaced, deleted."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from webapp.forms.recordings import RecordingsForm, ReplacementForm
from webapp.models import Dataset, RecordingSet
from webapp.queries.pages.recordings import recordings_context, set_context, shown_sets
from webapp.services import recordings as services
from webapp.services.errors import Conflict
from webapp.views.datasets import dataset_or_404
from webapp.views.polling import live_partial


@require_http_methods(["GET", "POST"])
def recordings(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """All recordings of a data set, and the form for more. A rejected form keeps its input on the page."""
    dataset = dataset_or_404(dataset_id)
    if request.method == "GET":
        return _page(request, dataset, RecordingsForm(dataset=dataset))
    form = RecordingsForm(request.POST, request.FILES, dataset=dataset)
    if not form.is_valid():
        return _page(request, dataset, form, status=422)
    try:
        added = services.add(
            dataset_id=dataset_id, name=form.cleaned_data["name"], file=form.cleaned_data["file"], owner=request.user
        )
    except Conflict as conflict:
        form.add_error(None, str(conflict))
        return _page(request, dataset, form, status=422)
    return redirect(_address(added))


@require_GET
def recordings_live(request: HttpRequest, dataset_id: int, set_id: int) -> HttpResponse:
    """What was read of one archive, fetched until it is."""
    context = set_context(_set_or_404(dataset_id, set_id))
    return live_partial(request, "recordings/_set.html", context, is_live=context["is_live"], events={})


@require_POST
def replace_recordings(request: HttpRequest, dataset_id: int, set_id: int) -> HttpResponse:
    """Have another archive read in place of these recordings."""
    shown = _set_or_404(dataset_id, set_id)
    form = _replacement(shown, request)
    if not form.is_valid():
        empty = RecordingsForm(dataset=shown.dataset)
        return _page(request, shown.dataset, empty, status=422, rejected={shown.pk: form})
    services.replace(set_id=set_id, file=form.cleaned_data["file"], owner=request.user)
    return redirect(_address(shown))


@require_POST
def delete_recordings(request: HttpRequest, dataset_id: int, set_id: int) -> HttpResponse:
    """Delete recordings; what was measured on them stays without its sound."""
    shown = _set_or_404(dataset_id, set_id)
    messages.success(request, f"Deleted {services.delete(set_id=shown.pk)}.")
    return redirect("recordings", dataset_id)


def _set_or_404(dataset_id: int, set_id: int) -> RecordingSet:
    return get_object_or_404(shown_sets(dataset_id), pk=set_id)


def _replacement(shown: RecordingSet, request: HttpRequest | None = None) -> ReplacementForm:
    """The form of one of several sets on the page."""
    given = (request.POST, request.FILES) if request else ()
    return ReplacementForm(*given, auto_id=f"id_{shown.pk}_%s")


def _page(
    request: HttpRequest,
    dataset: Dataset,
    form: RecordingsForm,
    *,
    status: int = 200,
    rejected: dict[int, ReplacementForm] | None = None,
) -> HttpResponse:
    limits = {"limit_bytes": settings.UPLOAD_LIMIT_BYTES, "limit_hours": settings.RECORDINGS_LIMIT_HOURS}
    context: dict[str, Any] = recordings_context(dataset) | {"form": form} | limits
    for row in context["rows"]:
        row["form"] = (rejected or {}).get(row["set"].pk) or _replacement(row["set"])
    return render(request, "recordings/page.html", context, status=status)


def _address(shown: RecordingSet) -> str:
    return f"{reverse('recordings', args=[shown.dataset_id])}#recordings-{shown.pk}"
