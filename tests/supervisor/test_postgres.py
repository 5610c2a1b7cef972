"""The embedded PostgreSQL, on clusters of its own."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.supervisor.processes import kill, wait_until
from webapp.data_folder import DataFolder
from webapp.supervisor.account import Account
from webapp.supervisor.errors import EmbeddedPostgresError
from webapp.supervisor.postgres import THROW_AWAY_SETTINGS, Cluster, running


@pytest.fixture(scope="module")
def module_folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    return DataFolder(tmp_path_factory.mktemp("a folder, with 'odd' characters") / "data")


@pytest.fixture
def cluster(module_folder: DataFolder) -> Cluster:
    """One cluster for the module: initdb takes most of a test's time."""
    return Cluster.of(module_folder, THROW_AWAY_SETTINGS)


@contextmanager
def unsupervised(cluster: Cluster) -> Iterator[int]:
    """The server as a supervisor would start it, but with nobody to stop it; gives the postmaster's pid."""
    cluster.prepare()
    server = subprocess.Popen(
        cluster.command(), preexec_fn=cluster.account.become(), start_new_session=True, cwd="/",
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_until(cluster.is_ready)
    try:
        yield server.pid
    finally:
        server.kill()
        server.wait()


def test_it_serves_a_data_folder_whose_path_is_odd_and_closed_to_others(cluster):
    cluster.data.parent.mkdir(parents=True, exist_ok=True)
    cluster.data.parent.parent.chmod(0o700)  # as a home folder is; root's server runs under another account
    with running(cluster), psycopg.connect(cluster.conninfo()) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("earshot",)
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    assert cluster.leftovers() == []


def test_its_account_passes_folders_that_are_closed_to_others(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    program = closed / "program"
    program.touch(mode=0o700)
    account = Account.choose(tmp_path / "pg", [program])
    assert account.reason_unreachable([program]) is None
    assert account.reason_unreachable([closed / "absent"]) is not None


def test_only_its_owner_may_reach_the_socket(cluster):
    with running(cluster):
        assert cluster.socket_folder.stat().st_mode & 0o077 == 0


def test_data_survives_a_kill_of_the_server_and_its_busy_backends_are_ended(cluster):
    with unsupervised(cluster) as postmaster:
        cluster.ensure_database()
        with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
        busy = subprocess.Popen(
            ["python3", "-c", "import sys, time; time.sleep(600)"], stdout=subprocess.DEVNULL
        )  # a bystander that must not be touched
        kill(postmaster)
        with running(cluster), psycopg.connect(cluster.conninfo()) as connection:
            assert connection.execute("SELECT value FROM kept").fetchone() == (7,)
        assert busy.poll() is None
        busy.kill()
        busy.wait()


def test_a_server_left_by_a_dead_supervisor_is_shut_down(cluster):
    with unsupervised(cluster) as postmaster:
        assert cluster.leftovers()[0].pid == postmaster
        cluster.end_leftovers()
        assert cluster.leftovers() == []


def test_an_interrupted_initdb_is_begun_anew(tmp_path):
    cluster = Cluster.of(DataFolder(tmp_path / "data"), THROW_AWAY_SETTINGS)
    unfinished = cluster.data.with_name("pg.unfinished")
    unfinished.mkdir(parents=True)
    (unfinished / "half").write_text("written")
    cluster.prepare()
    assert (cluster.data / "PG_VERSION").exists()
    assert not unfinished.exists()


def test_a_cluster_of_another_version_is_refused_with_a_way_out(tmp_path):
    cluster = Cluster.of(DataFolder(tmp_path / "data"))
    cluster.data.mkdir(parents=True)
    (cluster.data / "PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedPostgresError, match=r"made by PostgreSQL 15.*pg_dump"):
        cluster.prepare()


def test_a_socket_folder_of_somebody_else_is_refused(tmp_path):
    socket_folder = tmp_path / "socket"
    socket_folder.symlink_to(tmp_path)
    with pytest.raises(EmbeddedPostgresError, match="belongs to somebody else"):
        Cluster(tmp_path / "pg", socket_folder).prepare()


def test_a_long_path_gets_a_short_socket_folder(tmp_path):
    folder = DataFolder(tmp_path / ("long" * 30))
    assert len(os.fsencode(folder.socket_folder)) < 90
    assert folder.socket_folder != DataFolder(tmp_path / ("long" * 31)).socket_folder
    assert DataFolder(Path("/srv/earshot")).socket_folder == Path("/srv/earshot/run/pg")
