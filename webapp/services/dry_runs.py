"""Dry runs: WAITING -> RUNNING -> DONE | FAILED. They belong to no study, because a study need not be saved for one."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models.functions import Now

from webapp.models import Dataset, DryRun, Study
from webapp.services import jobs
from webapp.services.errors import Conflict
from webapp.services.spaces import fixed_space

_KEPT = timedelta(days=1)
_IDENTITY = ("name", "notes")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Best reward after `trials` trials: lower quartile, median, upper quartile of the simulated searches."""

    trials: int
    best_reward: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class WorkersResult:
    """Forecast for `workers` trainers: medians, in seconds and trials; reasons why searches ended early, each once.

    `training_saved_seconds` are what early stopping saves; `training_saved` is the same as a share (0..1) of training
    everything to its end, and `stopped` are the trials it ends.
    """

    workers: int
    checkpoints: tuple[Checkpoint, ...]
    training_seconds: float
    wall_seconds: float
    training_saved_seconds: float
    training_saved: float
    stopped: int
    trials: int
    violating: int
    duplicates_answered: int
    ended_early: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DryRunResult:
    """Outcome of a dry run of `trials` trials; `searches` were simulated for each number of workers.

    `accuracies_from` and `seconds_from` name the sources of the simulated accuracies and training times.
    """

    trials: int
    searches: int
    accuracies_from: str
    seconds_from: str
    by_workers: tuple[WorkersResult, ...]


def request_dry_run(*, study: Study, owner: AbstractBaseUser | None) -> DryRun:
    """Request a dry run of the settings of `study`, which need not be saved. Raises Conflict where it is impossible."""
    if study.dataset.state != Dataset.State.READY:
        raise Conflict(f"The dataset {study.dataset.name} is not prepared yet: a dry run needs its classes. Try later.")
    values = {
        field.attname: getattr(study, field.attname)
        for field in Study._meta.concrete_fields
        if field.name in Study.SETTINGS and field.name not in _IDENTITY
    }
    values["space_spec"] = fixed_space(study)
    DryRun.objects.filter(created_at__lt=Now() - _KEPT).delete()
    with transaction.atomic():
        ordered = DryRun.objects.create(settings=values, owner_id=owner.pk if owner is not None else None)
        jobs.send(jobs.DRY_RUNS, ordered.pk)
    return ordered


def begin(*, dry_run_id: int, worker: str) -> Study | None:
    """WAITING -> RUNNING; the unsaved study to simulate, None if another worker has claimed it or it was deleted."""
    if not jobs.claim(jobs.DRY_RUNS, dry_run_id, worker):
        return None
    return Study(**DryRun.objects.get(pk=dry_run_id).settings)


def complete(*, dry_run_id: int, worker: str, result: DryRunResult) -> bool:
    """RUNNING -> DONE. False if another worker has taken it over."""
    return _end(dry_run_id, worker, state=DryRun.State.DONE, result=asdict(result))


def fail(*, dry_run_id: int, worker: str, reason: str) -> bool:
    """RUNNING -> FAILED, with a reason for the user."""
    return _end(dry_run_id, worker, state=DryRun.State.FAILED, reason=reason)


def _end(dry_run_id: int, worker: str, **values: Any) -> bool:
    return bool(jobs.DRY_RUNS.held(dry_run_id, worker).update(**jobs.FREE, **values))
