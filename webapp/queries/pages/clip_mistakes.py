"""Clips of the evaluation split that a trial's int8 network got wrong, the ones it was most certain of first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Subquery

from nas_engine.audio.cache import EVALUATION_SPLIT
from webapp.models import Clip, ClipMistakes, Trial
from webapp.queries.paging import PageOf

MISTAKES = "clip_mistakes_found"
"""Annotation of trials on their page: `ClipMistakes.clips`, None where they were not kept."""
MISTAKES_A_PAGE = 25


@dataclass(frozen=True, slots=True)
class MistakeFilter:
    """Which mistakes to show: of clips of the class `truth`, that were answered `answer`; empty values show all."""

    truth: str = ""
    answer: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class ClipMistakeRow:
    """A clip with its class, the class that the network answered, and the score (0..1) of that."""

    clip_id: int
    name: str
    recording: str
    truth: str
    answer: str
    score: float


def mistakes_subquery() -> Subquery:
    """The value of the annotation `MISTAKES`."""
    return Subquery(ClipMistakes.objects.filter(trial=OuterRef("pk")).values("clips")[:1])


def clip_mistakes_context(trial: Trial, wanted: MistakeFilter) -> dict[str, Any]:
    """A page of the mistakes of a trial from `shown_trials`. At most one query."""
    found: list[tuple[int, int, int, float]] | None = getattr(trial, MISTAKES)
    return {
        "trial": trial,
        "study": trial.study,
        "dataset": trial.study.dataset,
        "mistakes_wanted": wanted,
        "mistakes_total": None if found is None else len(found),
        "mistakes": None if found is None else _page(trial, found, wanted),
    }


def _page(trial: Trial, found: Sequence[tuple[int, int, int, float]], wanted: MistakeFilter) -> PageOf[ClipMistakeRow]:
    classes = trial.study.dataset.classes
    chosen = [
        (position, classes[truth], classes[answer], score)
        for position, truth, answer, score in found
        if wanted.truth in ("", classes[truth]) and wanted.answer in ("", classes[answer])
    ]
    pages = max(1, -(-len(chosen) // MISTAKES_A_PAGE))
    number = min(max(1, wanted.page), pages)
    shown = chosen[(number - 1) * MISTAKES_A_PAGE : number * MISTAKES_A_PAGE]
    clips = clips_at(trial.study.dataset_id, EVALUATION_SPLIT, [position for position, *_ in shown])
    rows = (
        ClipMistakeRow(clips[position].pk, clips[position].source_name, clips[position].group, truth, answer, score)
        for position, truth, answer, score in shown
        if position in clips
    )
    return PageOf(tuple(rows), number, pages, len(chosen))


def clips_at(dataset_id: int, split: str, positions: Sequence[int]) -> dict[int, Clip]:
    """Clips of a split by their positions; no query without any."""
    clips = Clip.objects.filter(dataset=dataset_id, split=split, position__in=positions) if positions else ()
    return {clip.position: clip for clip in clips}
