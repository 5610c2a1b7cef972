"""What the reaper does every few seconds: it mends what crashes and lost messages left behind.

Every step is a compare-and-swap of its own: several reapers, or a reaper beside a worker that comes back, do no harm.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from webapp import dispatch
from webapp.models import Dataset, Study, Trial, Worker
from webapp.queries.budget import live_workers, trials_wanted
from webapp.queries.deliberation import deliberates
from webapp.services import datasets, orders, trials
from webapp.services.orders import KINDS
from webapp.services.requests import send_requested_trials
from webapp.services.studies import settle
from webapp.services.transitions import locked_study
from webapp.services.workers import dead_workers_of_this_machine, forget_silent_workers


@dataclass(frozen=True, slots=True)
class Recovered:
    """What one round did."""

    failed_trials: int = 0
    resent_trials: int = 0
    asked_for_suggestions: int = 0
    ended_studies: int = 0
    resent_datasets: int = 0
    failed_datasets: int = 0
    resent_orders: int = 0
    failed_orders: int = 0

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
    resent_datasets, failed_datasets = _recover_datasets(dead)
    resent_orders, failed_orders = _recover_orders(dead)
    Worker.objects.filter(name__in=dead).delete()
    if judge_silence:
        forget_silent_workers()
    resent, asked, ended = _advance_studies()
    return Recovered(failed, resent, asked, ended, resent_datasets, failed_datasets, resent_orders, failed_orders)


def _fail_trials_of(worker: str) -> int:
    reason = f"The worker {worker} ended without a word."
    held = Trial.objects.filter(state=Trial.State.RUNNING, worker=worker)
    return sum(trials.fail(trial_id=pk, worker=worker, reason=reason) for pk in list(held.values_list("pk", flat=True)))


def _fail_silent_trials() -> int:
    lease = timedelta(seconds=settings.LEASE_SECONDS)
    running: QuerySet[Trial] = Trial.objects.filter(state=Trial.State.RUNNING, heartbeat_at__lt=Now() - lease)
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
    """(trials sent again, suggestions asked for, studies ended)"""
    resent = asked = ended = 0
    idle = live_workers(Worker.Role.TRAINING) - Trial.objects.filter(state=Trial.State.RUNNING).count()
    active = Study.objects.filter(state__in=[Study.State.RUNNING, Study.State.DRAINING])
    for study_id in list(active.values_list("pk", flat=True)):
        with transaction.atomic():
            study = locked_study(study_id)
            resent += _send_again(study, idle > 0)
            asked += _ask_again(study)
            before = study.state
            settle(study, ask=False)
            ended += study.state != before
    return resent, asked, ended


def _send_again(study: Study, trainer_is_idle: bool) -> int:
    """Trials that were never sent; and, while a trainer has nothing to do, those whose message must have been lost."""
    older_than = timedelta(seconds=settings.REDISPATCH_SECONDS) if trainer_is_idle else None
    return send_requested_trials(study=study, older_than=older_than)


def _ask_again(study: Study) -> int:
    """A study short of trials: its message was lost, its worker died, or the last suggestion failed."""
    now = timezone.now()
    if study.state != Study.State.RUNNING or not trials_wanted(study):
        return 0
    if study.suggest_after and study.suggest_after > now:
        return 0
    interval = timedelta(seconds=settings.REDISPATCH_SECONDS)
    Study.objects.filter(pk=study.pk).update(suggest_after=now + interval)
    dispatch.suggest(study_id=study.pk, deliberate=deliberates(study))
    return 1


def _recover_orders(dead_workers: Collection[str]) -> tuple[int, int]:
    """(orders sent again, orders given up)"""
    taken = sum(work.model._default_manager.filter(state=work.open_state).exclude(worker="").count() for work in KINDS)
    idle = live_workers(Worker.Role.DATA) > taken
    done = [orders.recover(work, dead_workers=dead_workers, worker_is_idle=idle) for work in KINDS]
    return sum(sent for sent, _ in done), sum(given_up for _, given_up in done)


def _recover_datasets(dead_workers: Iterable[str]) -> tuple[int, int]:
    """(preparations sent again, preparations given up)"""
    resend_before = Now() - timedelta(seconds=settings.REDISPATCH_SECONDS)
    long_ago = Now() - datasets.SILENCE
    never_begun = Q(heartbeat_at=None, dispatched_at=None, created_at__lt=long_ago)  # its command was killed at once
    abandoned = Q(worker__in=list(dead_workers)) | Q(heartbeat_at__lt=long_ago) | never_begun
    preparing = Dataset.objects.filter(state=Dataset.State.PREPARING)
    idle = live_workers(Worker.Role.DATA) - preparing.exclude(worker="").count()
    lost = Q(worker="", dispatched_at__lt=resend_before) if idle > 0 else Q(pk=None)
    hopeless = Q(attempts__gte=datasets.MOST_ATTEMPTS) | Q(options__has_key=datasets.OPTION_FOLDER)
    failed = preparing.filter(abandoned & hopeless).update(
        state=Dataset.State.FAILED,
        phase="",
        error="Its preparation was interrupted again and again, or the command that ran it was ended. Add it anew.",
    )
    resent = 0
    for dataset_id in list(preparing.filter(abandoned | lost).values_list("pk", flat=True)):
        if preparing.filter(abandoned | lost, pk=dataset_id).update(worker=""):
            datasets.send(dataset_id=dataset_id)
            resent += 1
    return resent, failed
