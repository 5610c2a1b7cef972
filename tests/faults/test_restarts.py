"""A machine that is stopped, or loses its power, during a study goes on where it was."""

from pathlib import Path

import pytest

from tests.faults.machine import Machine, until

TRIALS = 6
TRIAL_ROWS = """
    SELECT t.number, t.state, original.number
    FROM webapp_trial t LEFT JOIN webapp_trial original ON original.id = t.retried_from_id ORDER BY t.number
"""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(
        tmp_path / "var",
        EARSHOT_SIMULATED_EPOCH_SECONDS="0.2",
        EARSHOT_HEARTBEAT_SECONDS="0.5",
        EARSHOT_LEASE_SECONDS="4",
        EARSHOT_REDISPATCH_SECONDS="4",
    )


def two_trials_are_running(machine: Machine) -> bool:
    return len(machine.rows("SELECT 1 FROM webapp_trial WHERE state = 'RUNNING' AND epoch > 0")) == 2


@pytest.mark.faults
@pytest.mark.alone
@pytest.mark.timeout(240)
def test_a_study_outlives_its_machines_stops_and_crashes(machine: Machine, tmp_path: Path) -> None:
    study_file = tmp_path / "study.toml"
    study_file.write_text(f'name = "restarts"\ntrials = {TRIALS}\nepochs = 8\nearly_stopping = "none"\n')
    with machine.up():
        machine.add_clips(tmp_path / "clips", "clips")
        machine.manage("run_study", str(study_file), "--dataset", "clips")
        until(lambda: two_trials_are_running(machine))
    with machine.up():
        # Stopped in good order, the workers gave their trials back: nothing has failed, and the study goes on.
        assert machine.rows("SELECT 1 FROM webapp_event WHERE new_state = 'REQUESTED' AND old_state = 'RUNNING'")
        assert not machine.rows("SELECT 1 FROM webapp_trial WHERE state = 'FAILED'")
        until(lambda: two_trials_are_running(machine))
        machine.kill_supervisor()
    with machine.up():
        until(lambda: machine.rows("SELECT 1 FROM webapp_study WHERE state = 'COMPLETED'"), seconds=60)
        trials = machine.rows(TRIAL_ROWS)
    assert [number for number, _, _ in trials] == list(range(1, len(trials) + 1))
    assert sum(state == "COMPLETED" for _, state, _ in trials) == TRIALS
    # The crash cost the two trials it met their time; each was retried once.
    failed = [number for number, state, _ in trials if state == "FAILED"]
    assert len(failed) == 2
    assert sorted(retried for _, _, retried in trials if retried) == failed
