"""Recordings of a data set: what was read of each archive, and the networks that were measured on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from webapp.models import Dataset, RecordingSet, StreamEvaluation, Worker
from webapp.queries.budget import live_workers


@dataclass(frozen=True, slots=True)
class MeasuredTrial:
    """Newest evaluation of a trial on recordings. False alarms are per hour, of all classes; `miss_rate` is 0..1."""

    study_id: int
    study: str
    number: int
    evaluation_id: int
    false_alarms_per_hour: float
    miss_rate: float | None


def shown_sets(dataset_id: int) -> QuerySet[RecordingSet]:
    """The recordings of a data set, each with it and the number of its recordings."""
    found = RecordingSet.objects.filter(dataset=dataset_id).select_related("dataset")
    return found.annotate(recording_count=Count("recordings")).order_by("name")


def recordings_context(dataset: Dataset) -> dict[str, Any]:
    """The whole page. Three queries."""
    sets = list(shown_sets(dataset.pk))
    measured = _measured(sets)
    return {
        "dataset": dataset,
        "rows": [set_context(one) | {"measured": measured.get(one.pk, ())} for one in sets],
        "is_live": any(one.state == RecordingSet.State.READING for one in sets),
    }


def set_context(shown: RecordingSet) -> dict[str, Any]:
    """The part of one set from `shown_sets` that is fetched until it is read. At most one query."""
    is_live = shown.state == RecordingSet.State.READING
    return {
        "set": shown,
        "dataset": shown.dataset,
        "is_live": is_live,
        "nobody_reads": is_live and not live_workers(Worker.Role.DATA),
        "events": [(label, shown.events.get(label, 0)) for label in shown.dataset.classes],
        "event_count": sum(shown.events.values()),
    }


def _measured(sets: Sequence[RecordingSet]) -> Mapping[int, Sequence[MeasuredTrial]]:
    """By set, the trials with the fewest false alarms first. One query."""
    ready = StreamEvaluation.objects.filter(recordings__in=sets, state=StreamEvaluation.State.READY)
    rows = ready.order_by("evaluated_at", "pk").values_list(
        "recordings", "trial", "trial__study", "trial__study__name", "trial__number", "pk",
        "result__together__false_alarms_per_hour", "result__together__miss_rate",
    )  # fmt: skip
    newest = {(set_id, trial_id): (set_id, MeasuredTrial(*values)) for set_id, trial_id, *values in rows}
    by_set: dict[int, list[MeasuredTrial]] = {}
    for set_id, one in newest.values():
        by_set.setdefault(set_id, []).append(one)
    return {set_id: sorted(found, key=lambda one: one.false_alarms_per_hour) for set_id, found in by_set.items()}
