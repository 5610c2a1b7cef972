"""Evaluation of a trial's network on streams in a data worker: its files for a child, and the child's outcome."""

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import cast

from django.conf import settings

from nas_engine.errors import EarshotError
from nas_engine.evaluation_result import Runtime
from nas_engine.streaming.procedure.outcome import EvaluationOutcome
from nas_engine.streaming.procedure.plan import EvaluationPlan
from webapp.models import Clip, SplitOpening, StreamEvaluation, Trial
from webapp.services import jobs, stream_evaluations
from webapp.services.persistence import persist
from webapp.services.working import Interrupted, TakenOver, Write, never, reason, work
from webapp.worker.child.messages import EvaluateStreams
from webapp.worker.child.process import call_once
from webapp.worker.clip_files import clip_files, copied
from webapp.worker.packs import discard_if_damaged, local_pack


def evaluate_streams(evaluation_id: int, worker: str, stopping: Callable[[], bool] = never) -> None:
    """Evaluate one network on streams, unless another worker does; the outcome, or why there is none, is in its row."""
    work(
        jobs.STREAMS,
        evaluation_id,
        worker,
        claim=partial(stream_evaluations.claim, evaluation_id=evaluation_id, worker=worker),
        do=partial(_outcome, worker, stopping),
        reject=partial(_refuse, worker),
        stopping=stopping,
    )


def _outcome(worker: str, stopping: Callable[[], bool], row: StreamEvaluation) -> Write:
    plan = EvaluationPlan.from_json(row.plan)
    outcome, clips = outcome_of(row.trial, plan, opening=row.opening, check=partial(_check, worker, stopping, row))
    held = {"evaluation_id": row.pk, "worker": worker, "seen_plan": row.plan}
    return partial(stream_evaluations.complete, **held, clips=[clip.pk for clip in clips], outcome=outcome)


def _check(worker: str, stopping: Callable[[], bool], row: StreamEvaluation) -> None:
    """Raise Interrupted where the worker has to end, TakenOver where others have the row, or its settings changed."""
    if stopping():
        raise Interrupted
    mine = jobs.STREAMS.held(row.pk, worker).filter(plan=row.plan)
    if not persist(mine.exists, give_up=stopping):
        raise TakenOver


def _refuse(worker: str, row: StreamEvaluation, error: Exception) -> bool:
    words = reason(error, "It could not be evaluated on streams")
    return stream_evaluations.fail(evaluation_id=row.pk, worker=worker, reason=words)


def outcome_of(
    trial: Trial,
    plan: EvaluationPlan,
    *,
    opening: SplitOpening | None = None,
    recordings: Path | None = None,
    check: Callable[[], object] | None = None,
) -> tuple[EvaluationOutcome, Sequence[Clip]]:
    """Outcome for a trial with its study, data set and architecture, and the clips of the measured streams.

    With `recordings`, a folder with lists of events or of background alone, these are measured instead, thresholds are
    chosen on the whole evaluation split, and there are no clips. `check` is called twice a second and may raise to end
    the child. Raises Conflict as `clips_for` does, EarshotError where a child fails.
    """
    settings.DATA_FOLDER.ensure()
    parts = stream_evaluations.clips_for(trial, plan, opening, is_recorded=recordings is not None)
    measuring = parts.measuring
    pack = local_pack(trial.study.dataset.pack.name or "")
    with tempfile.TemporaryDirectory(dir=settings.DATA_FOLDER.root, prefix="streams-") as name:
        folder = Path(name)
        job = EvaluateStreams(
            network=str(copied(trial.tflite.name or "", folder / "network.tflite")),
            pack_path=str(pack),
            runtime=cast(Runtime, trial.study.runtime),
            plan=plan.to_json(),
            choosing=clip_files(parts.choosing, folder),
            measuring=clip_files(measuring, folder),
            recordings=str(recordings.resolve()) if recordings else "",
            flops=trial.architecture.flops,
        )
        try:
            return EvaluationOutcome.from_json(call_once(job, check)), measuring
        except EarshotError:
            discard_if_damaged(pack)  # another attempt fetches the features again
            raise
