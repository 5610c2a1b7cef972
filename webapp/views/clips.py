"""One clip's page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from webapp.models import Clip
from webapp.queries.pages.datasets import shown_clips


def clip_or_404(dataset_id: int, clip_id: int) -> Clip:
    return get_object_or_404(shown_clips(dataset_id), pk=clip_id)


@require_safe
def clip(request: HttpRequest, dataset_id: int, clip_id: int) -> HttpResponse:
    """The clip with its player and spectrogram."""
    shown = clip_or_404(dataset_id, clip_id)
    return render(request, "datasets/clip.html", {"clip": shown, "dataset": shown.dataset})
