"""The reaper's round every few seconds: recovers from crashes and lost messages.

Every step is a compare-and-swap of its own: several reapers, or a worker that comes back, do no harm.
"""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from webapp import dispatch
from webapp.models import Study, Trial, Worker
from webapp.queries.budget import live_workers, trials_wanted
from webapp.queries.deliberation import deliberates
from webapp.queries.leases import is_stale
from webapp.services import jobs, listening, trials
from webapp.services.jobs import KINDS
from webapp.services.requests import send_requested_trials
from webapp.services.studies import settle
from webapp.services.transitions import locked_study
from webapp.services.workers import dead_workers_of_this_machine, forget_silent_workers


@dataclass(frozen=True, slots=True)
class Recovered:
    """Counts of one round."""

    failed_trials: int = 0
    resent_trials: int = 0
    requested_suggestions: int = 0
    ended_studies: int = 0
    resent_datasets: int = 0
    failed_datasets: int = 0
    resent_jobs: int = 0
    failed_jobs: int = 0
    deleted_listenings: int = 0

    def __str__(self) -> str:
        done = [f"{getattr(self, field.name)} {field.name.replace('_', ' ')}" for field in fields(self)]
        return ", ".join(text for text in done if not text.startswith("0 "))

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


def reap(*, judge_silence: bool = True) -> Recovered:
    """One round. `judge_silence=False` spares workers that may only be silent because the database was out of reach."""
    dead = dead_workers_of_this_machine()
    failed = sum(_fail_trials_of(name) for name in dead)
    if judge_silence:
        failed += _fail_silent_trials()
    recovered = _recover_jobs(dead, judge_silence)
    Worker.objects.filter(name__in=dead).delete()
    if judge_silence:
        forget_silent_workers()
    resent, requested, ended = _advance_studies()
    forgotten = listening.delete_expired()
    return Recovered(failed, resent, requested, ended, **recovered, deleted_listenings=forgotten)


def _fail_trials_of(worker: str) -> int:
    reason = f"The worker {worker} ended unexpectedly."
    held = Trial.objects.filter(state=Trial.State.RUNNING, worker=worker)
    return sum(trials.fail(trial_id=pk, worker=worker, reason=reason) for pk in list(held.values_list("pk", flat=True)))


def _fail_silent_trials() -> int:
    running: QuerySet[Trial] = Trial.objects.filter(is_stale(), state=Trial.State.RUNNING)
    silent = running.annotate(silence=ExpressionWrapper(Now() - F("heartbeat_at"), DurationField()))
    return sum(
        trials.fail(
            trial_id=trial.pk,
            worker=trial.worker,
            reason=f"No heartbeat from {trial.worker} for {trial.silence.total_seconds():.0f} s.",
            silent_since=trial.heartbeat_at,
        )
        for trial in list(silent)
    )


def _advance_studies() -> tuple[int, int, int]:
    """(trials sent again, suggestions requested, studies ended)"""
    resent = requested = ended = 0
    idle = live_workers(Worker.Role.TRAINING) - Trial.objects.filter(state=Trial.State.RUNNING).count()
    active = Study.objects.filter(state__in=[Study.State.RUNNING, Study.State.DRAINING])
    for study_id in list(active.values_list("pk", flat=True)):
        with transaction.atomic():
            study = locked_study(study_id)
            resent += _send_again(study, idle > 0)
            requested += _request_again(study)
            before = study.state
            settle(study, ask=False)
            ended += study.state != before
    return resent, requested, ended


def _send_again(study: Study, trainer_is_idle: bool) -> int:
    """Send trials that were never sent and, while a trainer is idle, those whose message must have been lost."""
    older_than = timedelta(seconds=settings.REDISPATCH_SECONDS) if trainer_is_idle else None
    return send_requested_trials(study=study, older_than=older_than)


def _request_again(study: Study) -> int:
    """Request suggestions for a study short of trials: a message was lost, a worker died, or a suggestion failed."""
    now = timezone.now()
    if study.state != Study.State.RUNNING or not trials_wanted(study):
        return 0
    if study.suggest_after and study.suggest_after > now:
        return 0
    interval = timedelta(seconds=settings.REDISPATCH_SECONDS)
    Study.objects.filter(pk=study.pk).update(suggest_after=now + interval)
    dispatch.suggest(study_id=study.pk, deliberate=deliberates(study))
    return 1


def _recover_jobs(dead_workers: Collection[str], judge_silence: bool) -> dict[str, int]:
    """Numbers of datasets, and of other jobs, that were sent again and given up."""
    idle = {role: _has_idle_worker(role) for role in {job.role for job in KINDS}}
    done = [
        (job, jobs.recover(job, dead_workers=dead_workers, worker_is_idle=idle[job.role], judge_silence=judge_silence))
        for job in KINDS
    ]
    of_datasets = [counts for job, counts in done if job is jobs.DATASETS]
    others = [counts for job, counts in done if job is not jobs.DATASETS]
    return {
        "resent_datasets": sum(sent for sent, _ in of_datasets),
        "failed_datasets": sum(given_up for _, given_up in of_datasets),
        "resent_jobs": sum(sent for sent, _ in others),
        "failed_jobs": sum(given_up for _, given_up in others),
    }


def _has_idle_worker(role: Worker.Role) -> bool:
    taken = sum(job.open_rows().exclude(worker="").count() for job in KINDS if job.role == role)
    return live_workers(role) > taken
