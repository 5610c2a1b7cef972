"""Moves of a trial made by workers: REQUESTED -> RUNNING -> COMPLETED | STOPPED | INFEASIBLE | FAILED | CANCELLED.

A finished trial is never rewritten: every function here moves only a trial that is REQUESTED or RUNNING, and only under
the lease of the calling worker. A late caller gets False and leaves an event, nothing else. Calls are idempotent, since
a worker whose connection broke during the commit has to call again.

Times are the database's: the clocks of fifty machines differ.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from nas_engine.architecture import Architecture
from nas_engine.evaluation_result import ClipMistake, Evaluation, Progress
from nas_engine.streaming.procedure.plan import EvaluationPlan
from webapp import translation
from webapp.models import ClipMistakes, CurvePoint, Study, Trial
from webapp.services import stream_detections
from webapp.services.energy_estimates import estimate_result, save_estimates
from webapp.services.requests import cancel_requested_trials, request_trial, send_requested_trials
from webapp.services.studies import settle
from webapp.services.transitions import locked_study, move_trial, record

State = Trial.State
SKIPPED = "Given up by a person."
LONGEST_LOG = 8_000


@dataclass(frozen=True, slots=True)
class Claim:
    """Trial claimed by a worker, with all data needed to evaluate it.

    `trains_whole`: it is never stopped early, as a confirmation, or a network that a person added, to see its result.

    `stream_plan` is of the streams that its network is evaluated on, None for clips alone.
    """

    trial_id: int
    study_id: int
    number: int
    architecture: Architecture
    settings: translation.TrialSettings
    pack_name: str
    trains_whole: bool
    dataset_id: int
    stream_plan: EvaluationPlan | None


def claim(*, trial_id: int, worker: str) -> Claim | None:
    """REQUESTED -> RUNNING for exactly one caller; None for the others, or if the study is not RUNNING."""
    with transaction.atomic():
        study = _locked_study_of(trial_id)
        if study is None or study.state != Study.State.RUNNING:
            return None
        won = move_trial(
            Trial.objects.filter(pk=trial_id),
            State.REQUESTED,
            State.RUNNING,
            study=study,
            message=f"Claimed by {worker}.",
            by_worker=worker,
            worker=worker,
            heartbeat_at=Now(),
            started_at=Now(),
        )
        if not won and not _leased(trial_id, worker).exists():
            return None
        trial = Trial.objects.select_related("study__dataset", "architecture").get(pk=trial_id)
    return Claim(
        trial_id=trial.pk,
        study_id=trial.study_id,
        number=trial.number,
        architecture=translation.architecture(trial.architecture),
        settings=translation.trial_settings(trial),
        pack_name=str(trial.study.dataset.pack.name),
        trains_whole=trial.confirms_id is not None or trial.origin == Trial.Origin.ADDED,
        dataset_id=trial.study.dataset_id,
        stream_plan=translation.stream_plan(trial.study),
    )


def heartbeat(*, trial_id: int, worker: str, progress: Progress | None = None) -> bool:
    """Renew the lease. False if the result is not wanted: the lease is lost, the study or the trial given up."""
    values: dict[str, Any] = {"heartbeat_at": Now()}
    if progress is not None:
        values |= {"phase": progress.phase, "epoch": progress.epoch, "epochs": progress.epochs}
    # Not study__state=...: Django would make that a join, and a join's conditions are not looked at again by an update
    # that had to wait for another one of the same row.
    draining = Study.objects.filter(state=Study.State.DRAINING)
    return bool(_leased(trial_id, worker).filter(skipped=False).exclude(study__in=draining).update(**values))


def record_curve_point(*, trial_id: int, worker: str, progress: Progress) -> bool:
    """Add an epoch to the learning curve and renew the lease; False as for `heartbeat`."""
    with transaction.atomic():
        if not heartbeat(trial_id=trial_id, worker=worker, progress=progress):
            return False
        if progress.loss is not None:
            point = CurvePoint(
                trial_id=trial_id,
                phase=progress.phase,
                epoch=progress.epoch,
                loss=progress.loss,
                train_accuracy=progress.train_accuracy,
                eval_accuracy=progress.eval_accuracy,
            )
            CurvePoint.objects.bulk_create([point], ignore_conflicts=True)
    return True


def complete(*, trial_id: int, worker: str, evaluation: Evaluation, tflite_name: str) -> bool:
    """RUNNING -> COMPLETED with result and reward (Equation 1), by the energy model that the study points at. False if
    the lease was lost: the result is dropped.
    """
    result = evaluation.result
    with transaction.atomic():
        study = _locked_study_of(trial_id)
        if study is None:
            return False
        estimate = estimate_result(study, trial_id, result)
        ended = _end(
            study,
            trial_id,
            worker,
            State.COMPLETED,
            message=f"Completed by {worker}.",
            settles=False,
            float_accuracy=result.float_accuracy,
            int8_accuracy=result.int8_accuracy,
            stream_accuracy=result.streams and result.streams.accuracy,
            streams=result.streams and result.streams.to_json(),
            flash_bytes=result.flash_bytes,
            energy_mj=estimate.energy_mj,
            energy_source=estimate.source,
            reward=estimate.reward,
            confusion=[list(row) for row in result.confusion],
            runtimes={name: found.to_json() for name, found in result.runtimes.items()},
            seconds=dict(result.seconds),
            environment=dict(evaluation.environment),
            tflite=tflite_name,
        )
        if ended:
            save_estimates(study, estimate)
            stream_detections.request_for(study, trial_id)
            _save_mistakes(trial_id, result.mistakes)
            settle(study)  # after the estimates, by which stop rules judge
        return ended


def _save_mistakes(trial_id: int, mistakes: Sequence[ClipMistake] | None) -> None:
    if mistakes is not None:
        clips = [[one.position, one.label, one.answer, one.score] for one in mistakes]
        ClipMistakes.objects.get_or_create(trial_id=trial_id, defaults={"clips": clips})


def record_stopping(*, trial_id: int, worker: str, stopping: Mapping[str, Any]) -> bool:
    """Store the decisions of the stopping rule so far; False if the lease is lost."""
    return bool(_leased(trial_id, worker).update(stopping=dict(stopping)))


def stop_early(*, trial_id: int, worker: str, stopping: Mapping[str, Any], reason: str) -> bool:
    """RUNNING -> STOPPED: the rule predicted that it would not win. The last decision's forecast is its outcome."""
    with transaction.atomic():
        study = _locked_study_of(trial_id)
        return study is not None and _end(
            study, trial_id, worker, State.STOPPED, message=reason, reason=reason, stopping=dict(stopping)
        )


def infeasible(*, trial_id: int, worker: str, reason: str) -> bool:
    """RUNNING -> INFEASIBLE: the network cannot be built. That is a result, so it is not retried."""
    with transaction.atomic():
        study = _locked_study_of(trial_id)
        return study is not None and _end(study, trial_id, worker, State.INFEASIBLE, message=reason, reason=reason)


def fail(
    *, trial_id: int, worker: str, reason: str, retry: bool = True, silent_since: datetime | None = None, log: str = ""
) -> bool:
    """RUNNING -> FAILED. With `retry`, a trial that is no retry itself is requested once more, as a new trial.

    `silent_since` makes the move conditional: a worker that has shown itself after that time keeps its lease. `log` is
    the end of the log, of which the last `LONGEST_LOG` characters are kept. A trial that a person has given up is
    CANCELLED instead.
    """
    with transaction.atomic():
        study = _locked_study_of(trial_id)
        if study is None:
            return False
        if silent_since and _leased(trial_id, worker).filter(heartbeat_at__gt=silent_since).exists():
            return False
        if _is_given_up(trial_id, worker):
            return _end(study, trial_id, worker, State.CANCELLED, message=reason, reason=SKIPPED)
        kept = log[-LONGEST_LOG:].replace("\x00", "\ufffd")
        return _end(study, trial_id, worker, State.FAILED, message=reason, retry=retry, reason=reason, log_tail=kept)


def cancel(*, trial_id: int, worker: str, reason: str) -> bool:
    """RUNNING -> CANCELLED, when the worker has seen that the study is being stopped, or the trial was given up."""
    with transaction.atomic():
        study = _locked_study_of(trial_id)
        reason = SKIPPED if _is_given_up(trial_id, worker) else reason
        return study is not None and _end(study, trial_id, worker, State.CANCELLED, message=reason, reason=reason)


def hand_back(*, trial_id: int, worker: str, reason: str) -> bool:
    """RUNNING -> REQUESTED, when a worker shuts down normally: another worker starts the trial again.

    One that a person has given up is CANCELLED instead.
    """
    with transaction.atomic():
        study = _locked_study_of(trial_id)
        if study is not None and _is_given_up(trial_id, worker):
            return _end(study, trial_id, worker, State.CANCELLED, message=reason, reason=SKIPPED)
        if study is None or not move_trial(
            _leased(trial_id, worker),
            State.RUNNING,
            State.REQUESTED,
            study=study,
            message=reason,
            by_worker=worker,
            worker="",
            heartbeat_at=None,
            started_at=None,
            dispatched_at=None,
            phase="",
            epoch=0,
            epochs=0,
            stopping=None,
        ):
            return False
        CurvePoint.objects.filter(trial_id=trial_id).delete()
        if study.state in (Study.State.DRAINING, Study.State.FAILED):
            cancel_requested_trials(study=study, reason="The study has ended.")
            settle(study)
        send_requested_trials(study=study)
    return True


def _end(
    study: Study,
    trial_id: int,
    worker: str,
    new_state: Trial.State,
    *,
    message: str,
    retry: bool = False,
    settles: bool = True,
    **values: Any,
) -> bool:
    """End a RUNNING trial under the study's lock, and settle the study. True also if it had ended so before.

    A caller that has more to write first gives `settles=False`, and settles the study itself.
    """
    ended = move_trial(
        _leased(trial_id, worker),
        State.RUNNING,
        new_state,
        study=study,
        message=message,
        by_worker=worker,
        finished_at=Now(),
        **values,
    )
    trial = Trial.objects.get(pk=trial_id)
    if not ended:
        repeated = trial.state == new_state and trial.worker == worker
        if not repeated:
            note = f"{worker} reported {new_state.label!r} too late: its lease was lost."
            record(study, trial.state, trial.state, trial_id=trial_id, message=note, by_worker=worker)
        return repeated
    if retry and trial.retried_from_id is None and study.state in (Study.State.RUNNING, Study.State.PAUSED):
        request_trial(study, trial.architecture_id, suggestion=trial.suggestion, retried_from=trial)
    if settles:
        settle(study)
    return True


def _locked_study_of(trial_id: int) -> Study | None:
    """Study of the trial, its row locked; None if the trial or its study has been deleted."""
    study_id = Trial.objects.filter(pk=trial_id).values_list("study_id", flat=True).first()
    try:
        return None if study_id is None else locked_study(study_id)
    except Study.DoesNotExist:
        return None


def _leased(trial_id: int, worker: str) -> QuerySet[Trial]:
    return Trial.objects.filter(pk=trial_id, state=State.RUNNING, worker=worker)


def _is_given_up(trial_id: int, worker: str) -> bool:
    return _leased(trial_id, worker).filter(skipped=True).exists()
