"""The evaluation on streams on a trial's page, and the thresholds that were chosen by it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.procedure.outcome import MISS, EvaluationOutcome, LevelMeasures, Mistake
from nas_engine.streaming.procedure.plan import EvaluationPlan
from webapp.models import StreamEvaluation, Trial, Worker
from webapp.queries.budget import live_workers

HAS_STREAMS = "has_streams"
"""Annotation of trials on their page: whether any evaluation on streams was requested."""


@dataclass(frozen=True, slots=True)
class MistakeRow:
    """A mistake with its place among those of the outcome, and the name of its stream."""

    place: int
    mistake: Mistake
    stream: str
    clip_id: int | None


def streams_context(trial: Trial) -> dict[str, Any]:
    """The newest evaluation of a trial from `shown_trials`, and the newest that is ready with its outcome.

    No query without one, at most three with some.
    """
    rows = list(shown_evaluations(trial).defer("result", "clips")) if getattr(trial, HAS_STREAMS) else []
    newest = rows[0] if rows else None
    ready = newest_ready(trial).select_related("opening").first() if rows else None
    is_computing = newest is not None and newest.state == StreamEvaluation.State.COMPUTING
    return {
        "trial": trial,
        "study": trial.study,
        "streams_newest": newest,
        "streams": ready,
        "streams_plan": EvaluationPlan.from_json(newest.plan) if newest else EvaluationPlan(),
        "streams_are_live": is_computing,
        "nobody_listens": is_computing and not live_workers(Worker.Role.DATA),
        **(_outcome_context(ready) if ready else {}),
    }


def shown_evaluations(trial: Trial) -> QuerySet[StreamEvaluation]:
    """Evaluations of a trial, the one that was requested last first."""
    return StreamEvaluation.objects.filter(trial=trial)


def newest_ready(trial: Trial) -> QuerySet[StreamEvaluation]:
    """Evaluations of a trial that are ready, the one that was evaluated last first: it is shown, and its loop used."""
    return shown_evaluations(trial).filter(state=StreamEvaluation.State.READY).order_by("-evaluated_at", "-pk")


def _outcome_context(ready: StreamEvaluation) -> dict[str, Any]:
    outcome = outcome_of(ready)
    rows = mistake_rows(outcome, ready.clips)
    return {
        "outcome": outcome,
        "outcome_plan": EvaluationPlan.from_json(ready.plan),
        "outcome_levels": by_class(outcome.levels),
        "missed": [row for row in rows if row.mistake.kind == MISS],
        "false_alarms": [row for row in rows if row.mistake.kind != MISS],
    }


def outcome_of(ready: StreamEvaluation) -> EvaluationOutcome:
    """Outcome of an evaluation that is READY."""
    return EvaluationOutcome.from_json(ready.result)


def mistake_rows(outcome: EvaluationOutcome, clips: Sequence[int]) -> list[MistakeRow]:
    """Mistakes with the clips that they are of."""
    return [
        MistakeRow(place, one, outcome.streams[one.stream].name, None if one.sound is None else clips[one.sound])
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
