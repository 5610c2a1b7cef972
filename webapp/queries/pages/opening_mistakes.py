"""Clips of the test split that the seeds of a network got wrong, of a recorded opening alone."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from nas_engine.audio.cache import CLOSED_SPLIT
from webapp.models import SplitOpening
from webapp.queries.finals import features_hash
from webapp.queries.pages.clip_mistakes import MISTAKES_A_PAGE, clips_at
from webapp.queries.paging import PageOf


@dataclass(frozen=True, slots=True)
class OpeningMistakeRow:
    """A clip with its class, and how many seeds answered each other class, the most frequent first."""

    clip_id: int
    name: str
    recording: str
    truth: str
    answers: tuple[tuple[str, int], ...]
    wrong_seeds: int


def evaluated_openings() -> QuerySet[SplitOpening]:
    """Openings with answers, whose data set is still there."""
    ready = SplitOpening.objects.filter(state=SplitOpening.State.READY, dataset__isnull=False)
    return ready.select_related("dataset", "finalist__finals")


def opening_mistakes_context(opening: SplitOpening, number: int) -> dict[str, Any]:
    """Page `number` of the mistakes of an opening from `evaluated_openings`. Two queries.

    There are none where the data set has other features than were opened: its clips are others.
    """
    answers = list(opening.results.order_by("trial__seed", "pk").values_list("test_answers", flat=True))
    assert opening.dataset is not None
    is_same = features_hash(opening.dataset) == opening.data_hash
    labels = opening.clips.get(CLOSED_SPLIT, {}).get("labels", []) if is_same else []
    return {
        "opening": opening,
        "dataset": opening.dataset,
        "seeds": len(answers),
        "clips": len(labels),
        "mistakes": _page(opening, labels, answers, number),
    }


def _page(
    opening: SplitOpening, labels: Sequence[int], answers: Sequence[Sequence[int]], number: int
) -> PageOf[OpeningMistakeRow]:
    wrong = {
        position: Counter(one[position] for one in answers if one[position] != label)
        for position, label in enumerate(labels)
    }
    order = sorted((position for position in wrong if wrong[position]), key=lambda at: (-wrong[at].total(), at))
    pages = max(1, -(-len(order) // MISTAKES_A_PAGE))
    number = min(max(1, number), pages)
    shown = order[(number - 1) * MISTAKES_A_PAGE : number * MISTAKES_A_PAGE]
    assert opening.dataset is not None
    clips, classes = clips_at(opening.dataset.pk, CLOSED_SPLIT, shown), opening.dataset.classes
    rows = (
        OpeningMistakeRow(
            clips[position].pk,
            clips[position].source_name,
            clips[position].group,
            classes[labels[position]],
            tuple((classes[answer], seeds) for answer, seeds in wrong[position].most_common()),
            wrong[position].total(),
        )
        for position in shown
        if position in clips
    )
    return PageOf(tuple(rows), number, pages, len(order))
