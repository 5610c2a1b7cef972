"""PostgreSQL killed ten times under jobs of every kind: all end well, and soon after the database's last return."""

import random
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.faults.machine import ROOT, Machine, until

SEED, ORDERS, KILLS = 23, 60, 10
MOST_POSTMASTERS = 4  # their restarts wait longer each time
SHORTEST_SECONDS, LONGEST_SECONDS = 0.5, 4.0
RECOVERY_SECONDS = 60.0
ENDS = {
    "webapp_measurementfile": "READY",
    "webapp_run": "READY",
    "webapp_benchkit": "READY",
    "webapp_dataset": "READY",
    "webapp_energymodel": "READY",
    "webapp_dryrun": "DONE",
}
OPEN = " UNION ALL ".join(
    f"SELECT '{table}', state, count(*) FROM {table} WHERE state <> '{end}' GROUP BY state"
    for table, end in ENDS.items()
)


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


def kill_again_and_again(machine: Machine, rng: random.Random) -> float:
    """The time of the database's last return."""
    strikes = [kill_postmaster] * MOST_POSTMASTERS + [kill_backend] * (KILLS - MOST_POSTMASTERS)
    rng.shuffle(strikes)
    for strike in strikes:
        time.sleep(rng.uniform(SHORTEST_SECONDS, LONGEST_SECONDS))
        until(lambda strike=strike: strike(machine) is None)
        until(lambda: machine.rows("SELECT 1"))
    return time.monotonic()


@pytest.mark.faults
@pytest.mark.alone
@pytest.mark.timeout(900)
def test_no_job_of_any_kind_is_lost_or_refused_because_postgresql_was_killed(machine: Machine) -> None:
    with machine.up(trainers=0):
        orders = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.orders", str(SEED), str(ORDERS)], cwd=ROOT, env=machine.environment
        )
        try:
            returned_at = kill_again_and_again(machine, random.Random(SEED))
            assert orders.wait(timeout=300) == 0
        finally:
            orders.kill()
        last_order_at = time.monotonic()
        until(lambda: not machine.rows(OPEN), seconds=RECOVERY_SECONDS - (0 if last_order_at > returned_at else 1))
        counts = {table: machine.rows(f"SELECT count(*) FROM {table}")[0][0] for table in ENDS}
        reasons = machine.rows("SELECT error FROM webapp_measurementfile WHERE error <> ''")
    assert not reasons
    assert counts["webapp_benchkit"] >= ORDERS / 4
    assert counts["webapp_measurementfile"] >= 3 * ORDERS / 4
    assert counts["webapp_run"] >= ORDERS / 2
    assert all(counts.values())
