"""A seeded study of one trainer is the same search, whatever was restarted on the way."""

from pathlib import Path

import pytest

from tests.faults.machine import Machine, until

TRIALS, SWITCH_AT = 17, 13  # the model speaks from the eleventh trial on
IN_TURN = """
    SELECT t.architecture_id, t.reward FROM webapp_trial t
    JOIN webapp_study s ON s.id = t.study_id LEFT JOIN webapp_trial o ON o.id = t.retried_from_id
    WHERE s.name = '{}' AND t.state = 'COMPLETED' ORDER BY coalesce(o.number, t.number)
"""
HAS_SWITCHED = "SELECT designer_state->'dump'->>'switched' FROM webapp_study WHERE name = 'restarted'"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "var", EARSHOT_SIMULATED_EPOCH_SECONDS="0.05")


def start(machine: Machine, folder: Path, name: str) -> None:
    file = folder / f"{name}.toml"
    designer = ('designer = "hybrid"', f"switch_at = {SWITCH_AT}", "seed = 5")
    training = (f"trials = {TRIALS}", "epochs = 2", 'early_stopping = "none"')
    file.write_text("\n".join([f'name = "{name}"', *designer, *training]))
    machine.manage("run_study", str(file), "--dataset", "clips")


def wait_for(machine: Machine, name: str, trials: int) -> list[tuple]:
    found: list[tuple] = until(
        lambda: rows if len(rows := machine.rows(IN_TURN.format(name))) >= trials else None, seconds=240
    )
    return found


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_a_stop_before_and_a_crash_after_the_hybrids_switch_change_nothing(machine: Machine, tmp_path: Path) -> None:
    with machine.up(trainers=1):
        machine.add_clips(tmp_path / "clips", "clips")
        start(machine, tmp_path, "undisturbed")
        undisturbed = wait_for(machine, "undisturbed", TRIALS)
        start(machine, tmp_path, "restarted")
        wait_for(machine, "restarted", 11)
        assert machine.rows(HAS_SWITCHED) == [("false",)]
    with machine.up(trainers=1):
        wait_for(machine, "restarted", SWITCH_AT + 2)
        assert machine.rows(HAS_SWITCHED) == [("true",)]
        machine.kill_supervisor()
    with machine.up(trainers=1):
        restarted = wait_for(machine, "restarted", TRIALS)
        sources = machine.rows("SELECT DISTINCT suggestion->>'source' FROM webapp_trial")
    assert restarted == undisturbed
    assert {source for (source,) in sources} >= {"random", "exploitation", "hyperfirefly"}
