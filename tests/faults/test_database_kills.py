"""PostgreSQL killed ten times under jobs of every kind: all end well, and soon after the database's last return."""

import random
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.faults.machine import ROOT, Machine, until

SEED, ORDERS, KILLS = 23, 60, 10
MOST_POSTMASTERS = 4  # their restarts wait longer each time
SHORTEST_SECONDS, LONGEST_SECONDS = 0.5, 4.0
RECOVERY_SECONDS = 60.0
LONG_SECONDS = 240.0  # for what trains or synthesises
ENDS = {"webapp_measurementfile": "READY", "webapp_run": "READY", "webapp_benchkit": "READY"}
LONG_ENDS = {"webapp_dataset": "READY", "webapp_energymodel": "READY", "webapp_dryrun": "DONE"}


def unfinished(machine: Machine, ends: Mapping[str, str]) -> list[tuple[Any, ...]]:
    """(table, state, rows) of what has not come to its good end."""
    parts = (
        f"SELECT '{table}', state, count(*) FROM {table} WHERE state <> '{end}' GROUP BY state"
        for table, end in ends.items()
    )
    return machine.rows(" UNION ALL ".join(parts))


def wait_for_ends(machine: Machine, ends: Mapping[str, str], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while left := unfinished(machine, ends):
        assert time.monotonic() < deadline, left
        time.sleep(0.2)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "var")


def kill_postmaster(machine: Machine) -> None:
    machine.process("postgres", "-D").kill()


def kill_backend(machine: Machine) -> None:
    """One of a worker's or the web server's: the server then ends all others and recovers, as after a crash."""
    (pid,) = machine.rows(
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() LIMIT 1"
    )[0]
    psutil.Process(pid).kill()


def kill_again_and_again(machine: Machine, rng: random.Random) -> None:
    """Until the database has returned for the last time."""
    strikes = [kill_postmaster] * MOST_POSTMASTERS + [kill_backend] * (KILLS - MOST_POSTMASTERS)
    rng.shuffle(strikes)
    for strike in strikes:
        time.sleep(rng.uniform(SHORTEST_SECONDS, LONGEST_SECONDS))
        until(lambda strike=strike: strike(machine) is None)
        until(lambda: machine.rows("SELECT 1"))


@pytest.mark.faults
@pytest.mark.alone
@pytest.mark.timeout(900)
def test_no_job_of_any_kind_is_lost_or_refused_because_postgresql_was_killed(machine: Machine) -> None:
    with machine.up(trainers=0):
        orders = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.orders", str(SEED), str(ORDERS)], cwd=ROOT, env=machine.environment
        )
        try:
            kill_again_and_again(machine, random.Random(SEED))
            assert orders.wait(timeout=300) == 0
        finally:
            orders.kill()
        wait_for_ends(machine, ENDS, RECOVERY_SECONDS)
        wait_for_ends(machine, LONG_ENDS, LONG_SECONDS)
        counts = {table: machine.rows(f"SELECT count(*) FROM {table}")[0][0] for table in ENDS | LONG_ENDS}
        reasons = machine.rows("SELECT error FROM webapp_measurementfile WHERE error <> ''")
    assert not reasons
    assert counts["webapp_benchkit"] >= ORDERS / 4
    assert counts["webapp_measurementfile"] >= 3 * ORDERS / 4
    assert counts["webapp_run"] >= ORDERS / 2
    assert all(counts.values())
