"""A process that is alive and answers nothing is replaced, whatever its kind; its trial fails by its silence."""

import signal
from pathlib import Path

import psutil
import pytest

from tests.faults.machine import Machine, until

UNANSWERED_SECONDS = 8
EVERY_KIND = {
    "postgres": ("postgres", "-D"),
    "web": ("manage.py", "serve"),
    "search": ("--queues search",),
    "deliberation": ("--queues deliberation",),
    "data": ("--queues data",),
    "training": ("--queues training",),
    "reaper": ("manage.py", "reap"),
}
HOLDER = (
    "SELECT w.pid, t.number FROM webapp_trial t JOIN webapp_worker w ON w.name = t.worker WHERE t.state = 'RUNNING'"
)
FAILED = "SELECT reason FROM webapp_trial WHERE number = {} AND state = 'FAILED'"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(
        tmp_path / "var",
        EARSHOT_UNANSWERED_SECONDS=str(UNANSWERED_SECONDS),
        EARSHOT_SIMULATED_EPOCH_SECONDS="0.5",
        EARSHOT_HEARTBEAT_SECONDS="0.5",
        EARSHOT_LEASE_SECONDS="3",
    )


def is_replaced(machine: Machine, words: tuple[str, ...], frozen: psutil.Process) -> bool:
    try:
        return machine.process(*words) != frozen
    except AssertionError:  # between the two
        return False


@pytest.mark.faults
@pytest.mark.alone
@pytest.mark.timeout(600)
def test_a_frozen_process_of_every_kind_is_started_again(machine: Machine) -> None:
    with machine.up(trainers=1):
        until(lambda: len(machine.rows("SELECT 1 FROM webapp_worker")) == 4, seconds=120)
        for words in EVERY_KIND.values():
            frozen = machine.process(*words)
            frozen.send_signal(signal.SIGSTOP)
            until(lambda words=words, frozen=frozen: is_replaced(machine, words, frozen), seconds=120)
            assert not frozen.is_running()
        until(machine.answers, seconds=60)


@pytest.mark.faults
@pytest.mark.alone
@pytest.mark.timeout(300)
def test_a_trial_of_a_frozen_worker_fails_by_its_silence_however_short_the_lease(
    machine: Machine, tmp_path: Path
) -> None:
    machine.environment["EARSHOT_UNANSWERED_SECONDS"] = "600"
    study = tmp_path / "study.toml"
    study.write_text('name = "silence"\ntrials = 3\nepochs = 8\n')
    with machine.up(trainers=1):
        machine.add_clips(tmp_path / "clips", "clips")
        machine.manage("run_study", str(study), "--dataset", "clips")
        pid, number = until(lambda: machine.rows(HOLDER)[0], seconds=120)
        psutil.Process(pid).send_signal(signal.SIGSTOP)
        ((reason,),) = until(lambda: machine.rows(FAILED.format(number)), seconds=60)
    assert reason.startswith("No heartbeat from")
