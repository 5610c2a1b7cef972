"""`manage.py up` itself: database, web server and reaper of a machine, started and ended in every way."""

import http.client
import signal
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from tests.supervisor.processes import ROOT, environment, is_gone, kill, manage_running, wait_for_line, wait_until
from webapp.data_folder import DataFolder
from webapp.supervisor.locks import holder
from webapp.supervisor.postgres import Cluster
from webapp.supervisor.strays import find_strays

pytestmark = pytest.mark.faults


def up(folder: DataFolder, *arguments: str, **more: str) -> AbstractContextManager[subprocess.Popen[str]]:
    return manage_running(folder, "up", "--port", "auto", "--only", "web,reaper", *arguments, **more)


def manage(folder: DataFolder, *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    run = subprocess.run(command, cwd=ROOT, env=environment(folder), capture_output=True, text=True, check=True)
    return run.stdout.strip()


def status_of(address: str, path: str) -> int:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    connection.request("GET", path)
    return connection.getresponse().status


def descendants(process: subprocess.Popen[str]) -> list[int]:
    return [child.pid for child in psutil.Process(process.pid).children(recursive=True)]


def test_a_machine_starts_refuses_a_second_survives_a_kill_and_ends_cleanly(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "the data of this machine")
    with up(folder) as first:
        wait_for_line(first, "Earshot answers at")
        running = holder(folder)
        assert running is not None
        assert running.pid == first.pid
        assert status_of(running.address, "/") == 302  # to the page for signing in
        link = urlsplit(manage(folder, "signin_link"))
        assert status_of(running.address, f"{link.path}?{link.query}") == 200

        with up(folder) as second:
            output, _ = second.communicate(timeout=60)
            assert second.returncode == 1
            assert f"process {first.pid}, {running.address}" in output
        assert status_of(running.address, "/") == 302

        before = descendants(first)
        kill(first.pid)
        first.wait()

    with up(folder) as third:
        wait_for_line(third, "Earshot answers at")
        assert all(map(is_gone, before))
        assert "No migrations to apply" in (folder.logs / "prepare.log").read_text()
        now = descendants(third)
        third.send_signal(signal.SIGINT)
        assert third.wait(60) == 0

    assert all(map(is_gone, now))
    assert find_strays(folder) == []
    assert Cluster.of(folder).leftovers() == []
    assert holder(folder) is None


def test_ctrl_c_during_the_start_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    with up(folder) as process:
        wait_until((folder.postgres / "postmaster.pid").exists, 30)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert find_strays(folder) == []
    assert Cluster.of(folder).leftovers() == []


def test_a_database_out_of_reach_ends_the_start_with_its_reason(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    with up(folder, DATABASE_URL="postgres://nobody@127.0.0.1:1/nowhere") as process:
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "prepare failed" in output
        assert "127.0.0.1" in output
    assert not folder.postgres.exists()


def test_something_unknown_to_run_is_refused(tmp_path: Path) -> None:
    with up(DataFolder(tmp_path), "--only", "web,searching") as process:
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "searching is not something to run; known: web, search, data, training, reaper" in output
