"""A designer that thinks for long holds up nobody but its own study."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.faults.machine import Machine, until
from webapp.worker.suggesting import LOCK_CLASS

IS_THINKING = f"SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = {LOCK_CLASS} AND granted"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "var", EARSHOT_SIMULATED_EPOCH_SECONDS="0.02", EARSHOT_REDISPATCH_SECONDS="4")


@contextmanager
def suspended(process: psutil.Process) -> Iterator[None]:
    """However long a designer thinks, this is longer."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def start(machine: Machine, folder: Path, name: str, *settings: str) -> None:
    file = folder / f"{name}.toml"
    file.write_text("\n".join([f'name = "{name}"', "epochs = 8", *settings]))
    machine.manage("run_study", str(file), "--dataset", "clips")


def state(machine: Machine, name: str) -> str:
    return str(machine.rows(f"SELECT state FROM webapp_study WHERE name = '{name}'")[0][0])


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_a_study_searches_trains_and_stops_trials_while_another_ones_designer_thinks(
    machine: Machine, tmp_path: Path
) -> None:
    with machine.up(trainers=1):
        machine.add_clips(tmp_path / "clips", "clips")
        start(machine, tmp_path, "slow", 'designer = "gaussian_process"', "trials = 3")
        until(lambda: machine.rows(IS_THINKING))
        with suspended(machine.process("--queues deliberation")):
            start(machine, tmp_path, "quick", "trials = 9", 'early_stopping = "exponential_decay"')
            until(lambda: state(machine, "quick") == "COMPLETED", seconds=180)
            assert machine.rows(IS_THINKING)
            assert not machine.rows(
                "SELECT 1 FROM webapp_trial t JOIN webapp_study s ON s.id = t.study_id WHERE s.name = 'slow'"
            )
            assert machine.rows("SELECT 1 FROM webapp_trial WHERE stopping IS NOT NULL")
        until(lambda: state(machine, "slow") == "COMPLETED", seconds=180)
