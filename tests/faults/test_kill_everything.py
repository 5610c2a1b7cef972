"""kill -9 of every process of a running study: the study completes, and nothing is lost, doubled or stuck."""

import itertools
import time
from pathlib import Path

import psutil
import pytest

from tests.faults.machine import Machine, read_summary, until

TRIALS = 14
EPOCH_SECONDS = "0.15"  # a trial has 15 reports, so it takes 2.3 seconds
FRESH_TRIAL = """
    SELECT w.pid, t.number FROM webapp_trial t JOIN webapp_worker w ON w.name = t.worker
    WHERE t.state = 'RUNNING' AND t.phase = 'float' AND t.epoch <= 2 AND t.retried_from_id IS NULL ORDER BY t.number
"""  # a retry that fails is not tried again


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(
        tmp_path / "var",
        EARSHOT_SIMULATED_EPOCH_SECONDS=EPOCH_SECONDS,
        EARSHOT_HEARTBEAT_SECONDS="0.5",
        EARSHOT_LEASE_SECONDS="4",
        EARSHOT_REDISPATCH_SECONDS="4",
    )


def completed(machine: Machine) -> int:
    return int(machine.rows("SELECT count(*) FROM webapp_trial WHERE state = 'COMPLETED'")[0][0])


def wait_for_more(machine: Machine) -> None:
    """Until another trial has been completed: the study goes on."""
    before = completed(machine)
    until(lambda: completed(machine) > before)


def worker_of_a_fresh_trial(machine: Machine) -> tuple[psutil.Process, int]:
    """A live training worker that has just begun a trial, and the trial's number."""

    def find() -> tuple[psutil.Process, int]:
        pid, number = machine.rows(FRESH_TRIAL)[-1]
        return psutil.Process(pid), int(number)

    found: tuple[psutil.Process, int] = until(find)
    return found


def kill_training_worker(machine: Machine) -> int:
    worker, number = worker_of_a_fresh_trial(machine)
    worker.kill()
    return number


def kill_training_child(machine: Machine) -> int:
    worker, number = worker_of_a_fresh_trial(machine)
    worker.children()[0].kill()
    return number


def kill_postgres_under_running_trials(machine: Machine) -> None:
    until(lambda: len(machine.rows("SELECT 1 FROM webapp_trial WHERE state = 'RUNNING' AND epoch > 0")) == 2)
    postmaster = machine.process("postgres", "-D")
    postmaster.kill()
    until(lambda: machine.rows("SELECT 1"))


@pytest.mark.faults
@pytest.mark.alone
@pytest.mark.timeout(240)
def test_a_study_survives_the_death_of_every_process(machine: Machine, tmp_path: Path) -> None:
    study_file, out = tmp_path / "study.toml", tmp_path / "out.json"
    study_file.write_text(f'name = "faults"\ntrials = {TRIALS}\nepochs = 8\nearly_stopping = "none"\n')
    with machine.up(trainers=2):
        machine.add_clips(tmp_path / "clips", "clips")
        began = time.monotonic()
        study = machine.start_study(study_file, "--dataset", "clips", "--json", str(out))
        wait_for_more(machine)
        struck = [kill_training_worker(machine)]
        wait_for_more(machine)
        struck.append(kill_training_child(machine))
        machine.process("--queues search").kill()
        wait_for_more(machine)
        machine.process("manage.py serve").kill()
        machine.process("reap").kill()
        until(machine.answers)
        kill_postgres_under_running_trials(machine)
        output, _ = study.communicate(timeout=120)
        assert study.returncode == 0, output
        seconds = time.monotonic() - began
        until(machine.answers)
        events = machine.rows(
            "SELECT trial_id, old_state, new_state FROM webapp_event WHERE old_state <> new_state ORDER BY id"
        )
    summary = read_summary(out)
    assert summary["study"]["state"] == "COMPLETED"
    assert_nothing_lost_doubled_or_stuck(summary["trials"], struck)
    assert_every_move_follows_the_last(events)
    assert seconds < 90


def assert_nothing_lost_doubled_or_stuck(trials: list[dict], struck: list[int]) -> None:
    by_number = {trial["number"]: trial for trial in trials}
    assert sorted(by_number) == list(range(1, len(trials) + 1))
    assert {trial["state"] for trial in trials} == {"COMPLETED", "FAILED"}
    # PostgreSQL's, the search worker's and the web server's deaths cost no trial; the other two one each.
    failed = [trial["number"] for trial in trials if trial["state"] == "FAILED"]
    assert sorted(failed) == sorted(struck)
    assert "ended unexpectedly" in by_number[struck[0]]["reason"]
    assert "signal 9 (SIGKILL)" in by_number[struck[1]]["reason"]
    retries = {trial["retried_from"]: trial for trial in trials if trial["retried_from"]}
    assert sorted(retries) == sorted(struck)
    for number, retry in retries.items():
        assert retry["architecture_hash"] == by_number[number]["architecture_hash"]
    done = [trial for trial in trials if trial["state"] == "COMPLETED"]
    assert len(done) == TRIALS
    assert len({trial["architecture_hash"] for trial in done}) == TRIALS
    assert all(Path(trial["tflite"]).is_file() for trial in done)


def assert_every_move_follows_the_last(events: list[tuple]) -> None:
    for _, moves in itertools.groupby(sorted(events, key=lambda event: event[0] or 0), key=lambda event: event[0]):
        history = list(moves)
        assert all(before[2] == after[1] for before, after in itertools.pairwise(history)), history
