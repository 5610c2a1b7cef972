"""Evaluation of a trial's network on streams in a data worker: its files for a child, and the child's outcome."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

from django.conf import settings

from nas_engine.errors import EarshotError
from nas_engine.evaluation_result import Runtime
from nas_engine.streaming.annotations.folders import RecordingFolder, in_words
from nas_engine.streaming.procedure.outcome import EvaluationOutcome
from nas_engine.streaming.procedure.plan import EvaluationPlan
from webapp.models import Clip, SplitOpening, StoredRecording, StreamEvaluation, Trial
from webapp.services import jobs, recordings, stream_evaluations
from webapp.services.persistence import persist
from webapp.services.working import Interrupted, TakenOver, Write, never, reason, work
from webapp.worker.child.messages import EvaluateStreams
from webapp.worker.child.process import call_once
from webapp.worker.clip_files import clip_files, copied
from webapp.worker.packs import discard_if_damaged, local_pack

RecordingsIn = Callable[[Path], RecordingFolder]
"""Puts recordings to measure on into a folder, as FLAC files."""


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
    plan, check = EvaluationPlan.from_json(row.plan), partial(_check, worker, stopping, row)
    stored = list(recordings.recordings_of(row)) if row.is_recorded else []
    recorded = partial(_stored, row, stored, check) if stored else None
    outcome, clips = outcome_of(row.trial, plan, opening=row.opening, recorded=recorded, check=check)
    held = {"evaluation_id": row.pk, "worker": worker, "seen_plan": row.plan}
    keys = [one.pk for one in (stored or clips)]
    return partial(stream_evaluations.complete, **held, clips=keys, outcome=outcome)


def _stored(
    row: StreamEvaluation, stored: Sequence[StoredRecording], check: Callable[[], object], folder: Path
) -> RecordingFolder:
    """Recordings of a set of the data set, in the order in which the outcome names their streams."""
    streams = []
    for one in stored:
        check()
        path = copied(one.audio.name or "", folder / f"{one.position}.flac")
        streams.append(recordings.stream_of(one, path))
    assert row.recordings is not None
    return RecordingFolder(tuple(streams), row.recordings.format, recordings.findings_of(row.recordings))


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
    recorded: RecordingsIn | None = None,
    check: Callable[[], object] | None = None,
) -> tuple[EvaluationOutcome, Sequence[Clip]]:
    """Outcome for a trial with its study, data set and architecture, and the clips of the measured streams.

    With `recorded` recordings are measured instead, thresholds are chosen on the whole evaluation split, and there are
    no clips. `check` is called twice a second and may raise to end the child. Raises Conflict as `clips_for` does,
    EarshotError where a child fails.
    """
    settings.DATA_FOLDER.ensure()
    parts = stream_evaluations.clips_for(trial, plan, opening, is_recorded=recorded is not None)
    pack = local_pack(trial.study.dataset.pack.name or "")
    with tempfile.TemporaryDirectory(dir=settings.DATA_FOLDER.root, prefix="streams-") as name:
        folder = Path(name)
        measured = recorded(folder) if recorded else RecordingFolder((), "")
        job = EvaluateStreams(
            network=str(copied(trial.tflite.name or "", folder / "network.tflite")),
            pack_path=str(pack),
            runtime=cast(Runtime, trial.study.runtime),
            plan=plan.to_json(),
            choosing=clip_files(parts.choosing, folder),
            measuring=clip_files(parts.measuring, folder),
            recordings=measured.streams,
            flops=trial.architecture.flops,
        )
        try:
            outcome = EvaluationOutcome.from_json(call_once(job, check))
        except EarshotError:
            discard_if_damaged(pack)  # another attempt fetches the features again
            raise
    return replace(outcome, notes=(*in_words(measured.findings), *outcome.notes)), parts.measuring
