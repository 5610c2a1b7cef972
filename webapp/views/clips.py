"""One clip's page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from webapp.models import Clip
from webapp.queries.pages.datasets import clip_or_none


def clip_or_404(dataset_id: int, clip_id: int) -> Clip:
    clip = clip_or_none(dataset_id, clip_id)
    if clip is None:
        raise Http404(f"Dataset {dataset_id} has no clip {clip_id}.")
    return clip


@require_safe
def clip(request: HttpRequest, dataset_id: int, clip_id: int) -> HttpResponse:
    """The clip with its player and spectrogram."""
    shown = clip_or_404(dataset_id, clip_id)
    return render(request, "datasets/clip.html", {"clip": shown, "dataset": shown.dataset})
