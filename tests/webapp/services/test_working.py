"""The one rule for failures of jobs, on real rows, real connections that break, and a disk that is really full."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection

from nas_engine.errors import BadMeasurement, TransientError
from tests.webapp import benches, rows
from tests.webapp.energy_models import measured_device
from tests.webapp.streams import PLAN
from webapp.models import Study
from webapp.services import benches as kits
from webapp.services import datasets, dry_runs, energy_models, jobs, runs, working
from webapp.services.failures import is_database_outage, is_outage
from webapp.services.jobs import JobKind
from webapp.services.working import Interrupted, Write, reason, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "PAUSE_SECONDS", 0.0)


def a_kit() -> Any:
    trial = rows.completed_trial(rows.running_study())
    return kits.request_kit(campaign_id=benches.campaign().pk, hashes=[trial.architecture_id])


def a_run() -> Any:
    file = benches.read_file(benches.campaign())
    return runs.create_run(campaign_id=file.campaign_id, file_ids=[file.pk])


def a_dry_run() -> Any:
    return dry_runs.request_dry_run(study=Study(name="what if", dataset=rows.ready_dataset()), owner=None)


def a_bundle() -> Any:
    return rows.completed_trial(rows.running_study()).bundles.create()


def an_evaluation() -> Any:
    return rows.completed_trial(rows.running_study()).stream_evaluations.create(plan=PLAN.to_json())


MAKE: dict[str, tuple[JobKind, Callable[[], Any]]] = {
    "dataset": (jobs.DATASETS, lambda: datasets.create_synthetic(name="made")),
    "file": (jobs.FILES, lambda: benches.file_of(benches.campaign())),
    "run": (jobs.RUNS, a_run),
    "kit": (jobs.KITS, a_kit),
    "model": (jobs.MODELS, lambda: energy_models.request_model(device_id=measured_device(5).pk)),
    "dry run": (jobs.DRY_RUNS, a_dry_run),
    "bundle": (jobs.BUNDLES, a_bundle),
    "streams": (jobs.STREAMS, an_evaluation),
    "recordings": (jobs.RECORDINGS, lambda: rows.ready_dataset().recording_sets.create(name="kitchen")),
}
of_every_kind = pytest.mark.parametrize("kind", MAKE)


def break_connection() -> None:
    """As a server does that is shut down: the next query fails."""
    connection.ensure_connection()
    backend = connection.connection.info.backend_pid
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])


class Worker:
    """Works on a row as a job of its kind does; what happens on the way is for a test to say."""

    def __init__(self, job: JobKind, row_id: int) -> None:
        self.job, self.row_id = job, row_id
        self.refused: list[str] = []

    def work(self, do: Callable[[], object] = lambda: None, *, stopping: bool = False) -> bool:
        """Whether an outcome was written."""

        def outcome(row: int) -> Write:
            do()
            return lambda: self.job.held(row, "w").update(**jobs.FREE)

        return work(
            self.job, self.row_id, "w",
            claim=lambda: self.row_id if jobs.claim(self.job, self.row_id, "w") else None,
            do=outcome,
            reject=self._refuse,
            stopping=lambda: stopping,
        )  # fmt: skip

    def _refuse(self, row: int, error: Exception) -> int:
        self.refused.append(reason(error, "It could not be done", "Report it."))
        return self.job.held(row, "w").update(**jobs.FREE, state=self.job.failed_state, **self._words())

    def _words(self) -> dict[str, str]:
        return {self.job.reason_field: self.refused[-1]}

    @property
    def row(self) -> tuple[str, str, int]:
        found: tuple[str, str, int] = self.job.open(self.row_id).values_list("state", "worker", "attempts").get()
        return found


@pytest.fixture
def worker() -> Worker:
    return Worker(jobs.FILES, benches.file_of(benches.campaign()).pk)


@of_every_kind
def test_a_broken_connection_leaves_every_kind_of_job_open_as_if_nobody_had_tried(kind: str) -> None:
    job, make = MAKE[kind]
    worker = Worker(job, make().pk)

    def meet_it() -> None:
        break_connection()
        job.open(worker.row_id).exists()

    for _ in range(jobs.MOST_ATTEMPTS + 1):
        assert not worker.work(meet_it)
        assert worker.row == (job.open_state, "", 0)
    assert worker.work()
    assert worker.refused == []


def test_a_connection_that_breaks_before_the_outcome_is_written_loses_nothing(worker: Worker) -> None:
    assert worker.work(break_connection)
    assert worker.row == ("READING", "", 1)


def test_a_connection_that_broke_before_the_claim_loses_no_job(worker: Worker) -> None:
    break_connection()
    assert worker.work()


def test_a_broken_connection_is_told_behind_another_error(worker: Worker) -> None:
    def take_it_for_a_bad_file() -> None:
        break_connection()
        try:
            worker.job.open(worker.row_id).exists()
        except OperationalError:
            raise BadMeasurement("trace.csv cannot be read") from None

    assert not worker.work(take_it_for_a_bad_file)
    assert worker.refused == []


def test_a_full_disk_is_no_reason_to_refuse_a_file(worker: Worker) -> None:
    def write_much() -> None:
        with Path("/dev/full").open("wb") as full:
            full.write(bytes(100_000))

    for _ in range(jobs.MOST_ATTEMPTS + 1):
        assert not worker.work(write_much)
        assert worker.row == ("READING", "", 0)


def test_what_may_have_its_reason_in_the_work_is_tried_three_times(worker: Worker) -> None:
    def die() -> None:
        raise TransientError("The process was ended by signal 9.")

    for attempt in range(1, jobs.MOST_ATTEMPTS):
        assert not worker.work(die)
        assert worker.row == ("READING", "", attempt)
    assert worker.work(die)
    assert worker.refused == ["The process was ended by signal 9."]


def test_a_bad_file_and_a_fault_of_earshot_are_final_at_once(worker: Worker) -> None:
    def fail(error: Exception) -> Callable[[], object]:
        def raise_it() -> None:
            raise error

        return raise_it

    assert worker.work(fail(BadMeasurement("Line 3 has no time.")))
    other = Worker(jobs.FILES, benches.file_of(benches.campaign()).pk)
    assert other.work(fail(KeyError("column")))
    assert worker.refused == ["Line 3 has no time."]
    assert other.refused == ["It could not be done: KeyError('column'). Report it."]


def test_a_worker_that_has_to_end_hands_its_job_back(worker: Worker) -> None:
    def interrupt() -> None:
        raise Interrupted

    assert not worker.work(interrupt)
    assert worker.row == ("READING", "", 0)
    assert not worker.work(stopping=True)
    assert worker.row == ("READING", "", 0)


def test_a_statement_beyond_a_limit_of_the_database_stays_so() -> None:
    with pytest.raises(OperationalError) as raised, connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(["1"] * 1700))
    assert not is_database_outage(raised.value)
    assert not is_outage(raised.value)


def test_the_words_of_a_fault_are_taken_as_they_are() -> None:
    assert reason(ValueError("{0}"), "a{b}.csv could not be read") == "a{b}.csv could not be read: ValueError('{0}')."
