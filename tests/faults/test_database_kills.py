"""PostgreSQL killed ten times under jobs of every kind: all end well, and soon after the database's last return."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg
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
    try:
        return machine.rows(" UNION ALL ".join(parts))
    except psycopg.Error as error:  # the last kill has just been noticed
        return [("all", str(error), 0)]


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


@contextmanager
def ordering(machine: Machine, count: int, *kinds: str) -> Iterator[None]:
    """While somebody orders jobs, from the first on; at the end of the block, until all have been ordered."""
    command = [sys.executable, "-m", "tests.faults.orders", str(SEED), str(count), *kinds]
    orders = subprocess.Popen(command, cwd=ROOT, env=machine.environment, stdout=subprocess.PIPE)
    assert orders.stdout is not None
    try:
        orders.stdout.readline()  # of the first; the other lines are few enough for the pipe
        yield
        assert orders.wait(timeout=300) == 0
    finally:
        orders.kill()


def count(machine: Machine, table: str) -> int:
    return int(machine.rows(f"SELECT count(*) FROM {table}")[0][0])


@pytest.mark.faults
@pytest.mark.alone
@pytest.mark.timeout(900)
def test_no_upload_run_table_or_kit_is_lost_or_refused_because_postgresql_was_killed(machine: Machine) -> None:
    with machine.up(trainers=0):
        with ordering(machine, ORDERS, "upload", "run", "table", "kit"):
            kill_again_and_again(machine, random.Random(SEED))
        wait_for_ends(machine, ENDS, RECOVERY_SECONDS)
        assert count(machine, "webapp_benchkit") >= ORDERS / 4
        assert count(machine, "webapp_measurementfile") >= 3 * ORDERS / 4
        assert count(machine, "webapp_run") >= ORDERS / 2
        assert not machine.rows("SELECT error FROM webapp_measurementfile WHERE error <> ''")


@pytest.mark.faults
@pytest.mark.alone
@pytest.mark.timeout(900)
def test_no_job_that_takes_long_is_lost_or_failed_because_postgresql_was_killed_under_it(machine: Machine) -> None:
    with machine.up(trainers=0):
        with ordering(machine, len(LONG_ENDS), "dataset", "model", "dry run"):
            pass
        for table, end in LONG_ENDS.items():
            under_way = f"SELECT 1 FROM {table} WHERE worker <> '' OR state = '{end}'"
            until(lambda under_way=under_way: machine.rows(under_way), seconds=LONG_SECONDS)
            until(lambda: kill_backend(machine) is None)
            until(lambda: machine.rows("SELECT 1"))
        wait_for_ends(machine, LONG_ENDS, LONG_SECONDS)
