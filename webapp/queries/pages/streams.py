"""The evaluation on streams on a trial's page, and the thresholds that were chosen by it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.procedure.outcome import MISS, EvaluationOutcome, LevelMeasures, Mistake
from nas_engine.streaming.procedure.plan import EvaluationPlan
from webapp.models import RecordingSet, StoredRecording, StreamEvaluation, Trial, Worker
from webapp.queries.budget import live_workers

HAS_STREAMS, HAS_RECORDINGS = "has_streams", "has_recordings"
"""Annotations of trials on their page: whether any evaluation on streams was requested, and whether there are
recordings to measure on.
"""


@dataclass(frozen=True, slots=True)
class MistakeRow:
    """A mistake with its place among those of the outcome, and the name of its stream."""

    place: int
    mistake: Mistake
    stream: str
    clip_id: int | None


def streams_context(trial: Trial, chosen_id: int | None = None) -> dict[str, Any]:
    """The newest evaluation of a trial from `shown_trials`, and the chosen or else the newest that is ready.

    No query where there is neither an evaluation nor a recording, at most five with some.
    """
    rows = list(_rows(trial)) if getattr(trial, HAS_STREAMS) else []
    newest = rows[0] if rows else None
    ready = _shown(trial, chosen_id) if rows else None
    is_computing = newest is not None and newest.state == StreamEvaluation.State.COMPUTING
    return {
        "trial": trial,
        "study": trial.study,
        "streams_newest": newest,
        "streams": ready,
        "streams_recordings": recording_choices(trial) if getattr(trial, HAS_RECORDINGS) else [],
        "streams_chosen_id": ready.pk if ready and ready.pk == chosen_id else None,
        "streams_sources": _newest_of_each_source(rows),
        "streams_plan": EvaluationPlan.from_json(newest.plan) if newest else EvaluationPlan(),
        "streams_are_live": is_computing,
        "nobody_listens": is_computing and not live_workers(Worker.Role.DATA),
        **(_outcome_context(ready) if ready else {}),
    }


def recording_choices(trial: Trial) -> list[tuple[int, str]]:
    """Id and name of the recordings that the trial can be measured on. One query."""
    usable = RecordingSet.objects.filter(dataset=trial.study.dataset_id, read_at__isnull=False)
    return list(usable.order_by("name").values_list("pk", "name"))


def _rows(trial: Trial) -> QuerySet[StreamEvaluation]:
    return shown_evaluations(trial).defer("result", "clips").select_related("opening")


def _shown(trial: Trial, chosen_id: int | None) -> StreamEvaluation | None:
    """The evaluation that is shown with its outcome. One query, two for one that is not there."""
    ready = newest_ready(trial).select_related("opening", "recordings")
    chosen = ready.filter(pk=chosen_id).first() if chosen_id is not None else None
    return chosen or ready.first()


def _newest_of_each_source(rows: Sequence[StreamEvaluation]) -> list[StreamEvaluation]:
    """The newest evaluation that is ready on clips, on each set of recordings, and for each opening."""
    found: dict[tuple[str, int | None], StreamEvaluation] = {}
    ready = [one for one in rows if one.evaluated_at is not None and one.state == StreamEvaluation.State.READY]
    for one in sorted(ready, key=lambda one: (one.evaluated_at, one.pk)):
        found[one.recordings_name, one.opening_id] = one
    return list(found.values())[::-1]


def shown_evaluations(trial: Trial) -> QuerySet[StreamEvaluation]:
    """Evaluations of a trial, the one that was requested last first."""
    return StreamEvaluation.objects.filter(trial=trial)


def newest_ready(trial: Trial) -> QuerySet[StreamEvaluation]:
    """Evaluations of a trial that are ready, the one that was evaluated last first: it is shown, and its loop used."""
    return shown_evaluations(trial).filter(state=StreamEvaluation.State.READY).order_by("-evaluated_at", "-pk")


def _outcome_context(ready: StreamEvaluation) -> dict[str, Any]:
    outcome = outcome_of(ready)
    heard = _still_there(ready)
    rows = mistake_rows(outcome, ready)
    return {
        "outcome": outcome,
        "outcome_plan": EvaluationPlan.from_json(ready.plan),
        "outcome_is_heard": heard,
        "outcome_levels": by_class(outcome.levels),
        "missed": [row for row in rows if row.mistake.kind == MISS],
        "false_alarms": [row for row in rows if row.mistake.kind != MISS],
    }


def _still_there(ready: StreamEvaluation) -> bool:
    """Whether the measured recordings are stored as they were. One query for recordings, none for clips."""
    if not ready.is_recorded:
        return True
    return StoredRecording.objects.filter(pk__in=ready.clips).count() == len(ready.clips)


def outcome_of(ready: StreamEvaluation) -> EvaluationOutcome:
    """Outcome of an evaluation that is READY."""
    return EvaluationOutcome.from_json(ready.result)


def mistake_rows(outcome: EvaluationOutcome, ready: StreamEvaluation) -> list[MistakeRow]:
    """Mistakes with the clips that they are of; those on recordings are of none."""
    return [
        MistakeRow(place, one, outcome.streams[one.stream].name, None if one.sound is None else ready.clips[one.sound])
        for place, one in enumerate(outcome.mistakes)
    ]


def by_class(levels: Sequence[LevelMeasures]) -> list[tuple[str, list[Any]]]:
    """Measures of each class at all levels, in the order of the levels."""
    labels = [one.label for one in levels[0].classes] if levels else []
    return [(label, [level.classes[place] for level in levels]) for place, label in enumerate(labels)]


def chosen_loop(trial: Trial) -> LoopSettings | None:
    """Loop with the thresholds of the newest evaluation on streams of a trial, None without one. One query."""
    found = newest_ready(trial).values_list("result__loop", flat=True).first()
    return LoopSettings.from_json(found) if found else None
