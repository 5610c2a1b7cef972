"""Orders to the data workers that are rows: a file to read, a run to compute, a kit to pack, a model to train.

All are worked on under one rule: an open row is claimed by exactly one worker, written back only by who still holds it,
and offered again when its message was lost or its worker died.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Model, Q, QuerySet
from django.db.models.functions import Now

from webapp import dispatch
from webapp.models import BenchKit, EnergyModel, MeasurementFile, Run

SILENCE = timedelta(minutes=10)  # a worker that says nothing for so long is taken for dead
MOST_ATTEMPTS = 3
FREE: dict[str, Any] = {"worker": "", "heartbeat_at": None}
"""Values of a row that nobody works on."""


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of order: its table, the state in which it is open, how it fails, and who is told of it."""

    model: type[Model]
    open_state: str
    failed_state: str
    reason_field: str
    dispatch: Callable[[int], None]

    def open(self, row_id: int) -> QuerySet[Any]:
        """The row, if it is still to be worked on."""
        return self.model._default_manager.filter(pk=row_id, state=self.open_state)

    def held(self, row_id: int, worker: str) -> QuerySet[Any]:
        """The row, if `worker` still works on it."""
        return self.open(row_id).filter(worker=worker)


FILES = Work(MeasurementFile, "READING", "REFUSED", "error", lambda row_id: dispatch.read_measurement(file_id=row_id))
RUNS = Work(Run, "COMPUTING", "REFUSED", "error", lambda row_id: dispatch.compute_run(run_id=row_id))
KITS = Work(BenchKit, "PACKING", "FAILED", "reason", lambda row_id: dispatch.pack_bench_kit(kit_id=row_id))
MODELS = Work(
    EnergyModel, "TRAINING", "FAILED", "reason", lambda row_id: dispatch.train_energy_model(energy_model_id=row_id)
)
KINDS = [FILES, RUNS, KITS, MODELS]


def send(work: Work, row_id: int) -> None:
    """Offer an open row to the data workers."""
    work.open(row_id).update(dispatched_at=Now())
    work.dispatch(row_id)


def reopen(work: Work, row_id: int, **values: Any) -> None:
    """Have a row worked on anew, whoever works on it now: what they write back will not be taken."""
    work.model._default_manager.filter(pk=row_id).update(state=work.open_state, attempts=0, **FREE, **values)
    send(work, row_id)


def reopen_all(work: Work, rows: QuerySet[Any]) -> None:
    """`reopen` each of `rows`."""
    for row_id in list(rows.values_list("pk", flat=True)):
        reopen(work, row_id)


def claim(work: Work, row_id: int, worker: str) -> bool:
    """Take an open row for exactly one of those who ask."""
    free = Q(worker="") | Q(heartbeat_at=None) | Q(heartbeat_at__lt=Now() - SILENCE)
    return bool(work.open(row_id).filter(free).update(worker=worker, heartbeat_at=Now(), attempts=F("attempts") + 1))


def hand_back(work: Work, row_id: int, worker: str) -> None:
    """Leave a row to another worker, as if this one had not tried."""
    if work.held(row_id, worker).update(**FREE, attempts=F("attempts") - 1):
        send(work, row_id)


def recover(work: Work, *, dead_workers: Collection[str], worker_is_idle: bool) -> tuple[int, int]:
    """(sent again, given up): rows whose worker died, or whose message was lost while a worker had nothing to do."""
    abandoned = Q(worker__in=list(dead_workers)) | Q(heartbeat_at__lt=Now() - SILENCE)
    sent_before = Now() - timedelta(seconds=settings.REDISPATCH_SECONDS)
    lost = Q(worker="", dispatched_at__lt=sent_before) | Q(worker="", dispatched_at=None)
    open_rows = work.model._default_manager.filter(state=work.open_state)
    reason = "Its worker died under it again and again, perhaps for want of memory. Try a smaller file, or try again."
    given_up = open_rows.filter(abandoned, attempts__gte=MOST_ATTEMPTS).update(
        **FREE, **{"state": work.failed_state, work.reason_field: reason}
    )
    again = open_rows.filter(abandoned | lost if worker_is_idle else abandoned)
    sent = 0
    for row_id in list(again.values_list("pk", flat=True)):
        if again.filter(pk=row_id).update(**FREE):
            send(work, row_id)
            sent += 1
    return sent, given_up
