"""Dry runs as pages show them."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from webapp.models import DryRun, Study, Worker
from webapp.queries.budget import live_workers
from webapp.queries.deliberation import deliberates

_PATIENCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class BestRow:
    """By number of workers, (low, median, high) of the best reward after `trials` trials; None where none got there."""

    trials: int
    best_rewards: tuple[tuple[float, float, float] | None, ...]


@dataclass(frozen=True, slots=True)
class DryRunPage:
    """A dry run as it stands. `is_live` while it may still change, `is_lost` when nobody can be at it any more.

    `deliberates`: a Gaussian process suggests, at least in the beginning; `ahead` others are to be simulated before;
    `ends_before_switch`: a hybrid search has fewer trials than its Gaussian process suggests.
    """

    row: DryRun
    deliberates: bool
    ahead: int
    is_live: bool
    is_lost: bool
    lacks_worker: bool
    best: tuple[BestRow, ...]
    ends_before_switch: bool


def dry_run_page(row: DryRun) -> DryRunPage:
    """Context of the page of a dry run. Three queries at most."""
    is_open = row.state in (DryRun.State.WAITING, DryRun.State.RUNNING)
    is_lost = is_open and timezone.now() - row.created_at > _PATIENCE
    lacks_worker = row.state == DryRun.State.WAITING and not live_workers(Worker.Role.DELIBERATION)
    return DryRunPage(
        row=row,
        deliberates=deliberates(Study(designer=row.settings["designer"])),
        ahead=_ahead(row),
        is_live=is_open and not is_lost,
        is_lost=is_lost,
        lacks_worker=lacks_worker,
        best=_best(row),
        ends_before_switch=_ends_before_switch(row),
    )


def _ahead(row: DryRun) -> int:
    """Number of dry runs that wait in front of it or are being simulated."""
    if row.state != DryRun.State.WAITING:
        return 0
    open_ones = DryRun.objects.filter(state__in=[DryRun.State.WAITING, DryRun.State.RUNNING])
    return open_ones.filter(pk__lt=row.pk, created_at__gt=timezone.now() - _PATIENCE).count()


def _ends_before_switch(row: DryRun) -> bool:
    """By trials; where the hybrid switches by compute, numbers of trials do not tell."""
    by_trials = row.settings.get("early_stopping") != Study.EarlyStopping.MARGINAL_VALUE
    is_hybrid = row.settings["designer"] == Study.Designer.HYBRID
    return (
        is_hybrid and by_trials and row.result is not None and row.settings.get("switch_at", 0) >= row.result["trials"]
    )


def _best(row: DryRun) -> tuple[BestRow, ...]:
    if row.result is None:
        return ()
    columns = [{c["trials"]: tuple(c["best_reward"]) for c in item["checkpoints"]} for item in row.result["by_workers"]]
    numbers = sorted({number for column in columns for number in column})
    return tuple(BestRow(number, tuple(column.get(number) for column in columns)) for number in numbers)
