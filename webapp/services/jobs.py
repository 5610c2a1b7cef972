"""Jobs: a dataset to prepare, a file to read, a run to compute, a kit to pack, a model to train, a dry run to simulate,
an opening of the test split to evaluate, a report to write, a deploy bundle to pack, a network to evaluate on streams
for its page or for a front, recordings to read.

Each is a row that is worked on under one rule, the one of trials: an open row is claimed by exactly one worker, which
holds it by a lease and renews that by heartbeats; only its holder may write it back, and it is offered
again when its message was lost or the lease ran out.
"""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import F, Model, Q, QuerySet
from django.db.models.functions import Now

from webapp import dispatch
from webapp.models import (
    BenchKit,
    Dataset,
    DeployBundle,
    DryRun,
    EnergyModel,
    MeasurementFile,
    RecordingSet,
    Report,
    Run,
    SplitOpening,
    StreamDetection,
    StreamEvaluation,
    Worker,
)
from webapp.queries.leases import is_stale, lease

MOST_ATTEMPTS = 3
OPTION_FOLDER = "folder"
"""Where `Dataset.options` names the folder of the machine whose command prepares it."""
FREE: dict[str, Any] = {"worker": "", "heartbeat_at": None}
"""Values of a row that nobody works on."""
_DIED = "Its worker died repeatedly, perhaps because memory ran out. Try a smaller file, or try again."
_INTERRUPTED = "Its preparation was interrupted repeatedly, or the command that ran it was ended. Add it again."


@dataclass(frozen=True, slots=True)
class JobKind:
    """Kind of job: its table, the state in which it is open, how it fails and why, and how it is sent.

    `cleared` are values of a row that was given up. Rows of `local` are worked on by the command that made them, on its
    own machine: no worker can take them over. `working_state` is that of an open row that a worker holds, if it is
    another one; `role` is that of the workers that take such jobs.
    """

    model: type[Model]
    open_state: str
    failed_state: str
    reason_field: str
    dispatch: Callable[[int], None]
    given_up: str = _DIED
    cleared: Mapping[str, Any] = field(default_factory=dict)
    local: Q | None = None
    working_state: str = ""
    role: Worker.Role = Worker.Role.DATA

    def open_rows(self) -> QuerySet[Any]:
        return self.model._default_manager.filter(state__in=[self.open_state, self.working_state or self.open_state])

    @property
    def free(self) -> dict[str, Any]:
        """Values of an open row that nobody works on."""
        return {"state": self.open_state, **FREE}

    @property
    def taken(self) -> dict[str, Any]:
        """Values of an open row, besides its holder's name, that somebody works on."""
        return {"state": self.working_state or self.open_state, "heartbeat_at": Now()}

    def open(self, row_id: int) -> QuerySet[Any]:
        """Query of the row, empty unless the job is open."""
        return self.open_rows().filter(pk=row_id)

    def held(self, row_id: int, worker: str) -> QuerySet[Any]:
        """Query of the row, empty unless `worker` still holds it."""
        return self.open(row_id).filter(worker=worker)


DATASETS = JobKind(
    Dataset,
    "PREPARING",
    "FAILED",
    "error",
    lambda row_id: dispatch.prepare_dataset(dataset_id=row_id),
    given_up=_INTERRUPTED,
    cleared={"phase": ""},
    local=Q(options__has_key=OPTION_FOLDER),
)
FILES = JobKind(
    MeasurementFile, "READING", "REFUSED", "error", lambda row_id: dispatch.read_measurement(file_id=row_id)
)
RUNS = JobKind(Run, "COMPUTING", "REFUSED", "error", lambda row_id: dispatch.compute_run(run_id=row_id))
KITS = JobKind(BenchKit, "PACKING", "FAILED", "reason", lambda row_id: dispatch.pack_bench_kit(kit_id=row_id))
MODELS = JobKind(
    EnergyModel, "TRAINING", "FAILED", "reason", lambda row_id: dispatch.train_energy_model(energy_model_id=row_id)
)
DRY_RUNS = JobKind(
    DryRun,
    "WAITING",
    "FAILED",
    "reason",
    lambda row_id: dispatch.dry_run(dry_run_id=row_id),
    given_up="The process that simulated it died repeatedly. Try again with fewer trials.",
    working_state="RUNNING",
    role=Worker.Role.DELIBERATION,
)
OPENINGS = JobKind(
    SplitOpening,
    "EVALUATING",
    "FAILED",
    "reason",
    lambda row_id: dispatch.evaluate_splits(opening_id=row_id),
    given_up="The process that evaluated it died repeatedly. Open the test split again.",
)
REPORTS = JobKind(
    Report,
    "WRITING",
    "FAILED",
    "reason",
    lambda row_id: dispatch.write_report(report_id=row_id),
    given_up="The process that wrote it died repeatedly, perhaps because memory ran out. Have it written again.",
)
BUNDLES = JobKind(
    DeployBundle,
    "PACKING",
    "FAILED",
    "reason",
    lambda row_id: dispatch.pack_bundle(bundle_id=row_id),
    given_up="The process that packed it died repeatedly, perhaps because memory ran out. Have it packed again.",
)
STREAMS = JobKind(
    StreamEvaluation,
    "COMPUTING",
    "FAILED",
    "reason",
    lambda row_id: dispatch.evaluate_streams(evaluation_id=row_id),
    given_up="The process that evaluated it died repeatedly, perhaps because memory ran out. Try fewer hours.",
)
DETECTIONS = JobKind(
    StreamDetection,
    "COMPUTING",
    "FAILED",
    "reason",
    lambda row_id: dispatch.detect_on_streams(detection_id=row_id),
    given_up="The process that evaluated it died repeatedly, perhaps because memory ran out.",
)
RECORDINGS = JobKind(
    RecordingSet, "READING", "REFUSED", "error", lambda row_id: dispatch.read_recordings(set_id=row_id)
)
KINDS = [DATASETS, FILES, RUNS, KITS, MODELS, DRY_RUNS, OPENINGS, REPORTS, BUNDLES, STREAMS, DETECTIONS, RECORDINGS]


def send(job: JobKind, row_id: int) -> None:
    """Offer an open row to the workers."""
    job.open(row_id).update(dispatched_at=Now())
    job.dispatch(row_id)


def reopen(job: JobKind, row_id: int, **values: Any) -> None:
    """Open a row again, even while a worker holds it: that worker's result will be dropped."""
    job.model._default_manager.filter(pk=row_id).update(attempts=0, **job.free, **values)
    send(job, row_id)


def reopen_all(job: JobKind, rows: QuerySet[Any]) -> None:
    """`reopen` each of `rows`."""
    for row_id in list(rows.values_list("pk", flat=True)):
        reopen(job, row_id)


def claim(job: JobKind, row_id: int, worker: str, **values: Any) -> bool:
    """Take an open row, with new `values`, for exactly one of the workers that try.

    True also for the worker that holds it already: its first claim may have been answered by a broken connection.
    """
    values |= job.taken
    if job.held(row_id, worker).update(**values):
        return True
    free = Q(worker="") | Q(heartbeat_at=None) | is_stale()
    return bool(job.open(row_id).filter(free).update(worker=worker, attempts=F("attempts") + 1, **values))


@contextmanager
def kept_alive(job: JobKind, row_id: int, worker: str) -> Iterator[None]:
    """Renew the lease of a row from a thread while the block works on it; of nothing else, whatever bears its name."""
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(settings.HEARTBEAT_SECONDS):
            try:
                job.held(row_id, worker).update(heartbeat_at=Now())
            except (DatabaseError, InterfaceError):
                pass  # the work itself meets the same trouble, and waits
            finally:
                connection.close()

    thread = threading.Thread(target=renew, name="heartbeat of a job", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def hand_back(job: JobKind, row_id: int, worker: str, *, counts: bool = False) -> None:
    """Leave a row to another worker, as if this one had not tried; with `counts`, as one attempt that came to nothing.

    If its connection breaks before the message is sent, the reaper sends one.
    """
    if job.held(row_id, worker).update(attempts=F("attempts") - (0 if counts else 1), **job.free):
        send(job, row_id)


def has_attempts_left(job: JobKind, row_id: int, worker: str) -> bool:
    return job.held(row_id, worker).filter(attempts__lt=MOST_ATTEMPTS).exists()


def is_local(job: JobKind, row_id: int) -> bool:
    """Whether only the command that made the row can work on it."""
    return job.local is not None and job.open(row_id).filter(job.local).exists()


def recover(
    job: JobKind, *, dead_workers: Collection[str], worker_is_idle: bool, judge_silence: bool = True
) -> tuple[int, int]:
    """(sent again, given up): rows whose worker died or let its lease run out, or whose message was lost while a worker
    had nothing to do. Without `judge_silence` no lease runs out.
    """
    abandoned = Q(worker__in=list(dead_workers)) | (is_stale() if judge_silence else Q(pk=None))
    sent_before = Now() - timedelta(seconds=settings.REDISPATCH_SECONDS)
    lost = Q(worker="", dispatched_at__lt=sent_before) | Q(worker="", dispatched_at=None)
    rows = job.open_rows()
    hopeless = abandoned & Q(attempts__gte=MOST_ATTEMPTS)
    if job.local is not None:
        never_begun = Q(heartbeat_at=None, created_at__lt=Now() - lease())  # its command was killed at once
        hopeless |= job.local & (abandoned | never_begun)
    given_up = rows.filter(hopeless).update(
        **FREE, **job.cleared, **{"state": job.failed_state, job.reason_field: job.given_up}
    )
    again = rows.filter(abandoned | lost if worker_is_idle else abandoned)
    if job.local is not None:
        again = again.exclude(job.local)
    return _sent_again(job, again), given_up


def _sent_again(job: JobKind, rows: QuerySet[Any]) -> int:
    sent = 0
    for row_id in list(rows.values_list("pk", flat=True)):
        if rows.filter(pk=row_id).update(**job.free):
            send(job, row_id)
            sent += 1
    return sent
