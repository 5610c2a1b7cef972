"""The doctor on healthy and on broken machines."""

import json
import os
import socket
import subprocess
import sys
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from tests.supervisor.processes import ONE_PARENT, ONE_SLEEPER, ROOT, kill, supervising, wait_for_line
from webapp.data_folder import DataFolder
from webapp.supervisor.doctor import examine, machine, services, wheels


def _statuses(findings) -> list[str]:
    return [finding.status for finding in findings]


@pytest.mark.slow
def test_a_healthy_machine_passes(tmp_path):
    """Loads every package, as a person's first call does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "EARSHOT_TEST_DATA": str(tmp_path / "data")}
    command = [sys.executable, "manage.py", "doctor", "--json", "--port", str(port)]
    examined = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    findings = json.loads(examined.stdout)
    assert [finding for finding in findings if finding["status"] != "OK"] == []
    assert examined.returncode == 0


def test_a_data_folder_that_cannot_be_written_fails_with_a_way_out(tmp_path):
    (tmp_path / "file").write_text("in the way")
    [finding] = machine.check_data_folder(DataFolder(tmp_path / "file" / "data"))
    assert finding.status == "FAIL"
    assert "EARSHOT_DATA" in finding.mend


def test_little_memory_is_told_with_the_number_of_trainers_that_fit(monkeypatch):
    monkeypatch.setattr(machine, "_memory_bytes", lambda: 4_600_000_000)
    monkeypatch.setattr(machine, "core_count", lambda: 8)
    [finding] = machine.check_memory()
    assert finding.status == "WARN"
    assert "--trainers 2" in finding.mend


def test_a_processor_without_avx_fails(monkeypatch):
    monkeypatch.setattr(machine, "_processor_flags", lambda: {"sse2"})
    assert _statuses(machine.check_processor()) == ["FAIL"]


def test_a_package_that_does_not_load_or_crashes_its_process_fails(monkeypatch):
    broken = {
        "absent": ("import no_such_package", "nothing"),
        "crashing": ("import os; os.kill(os.getpid(), 11)", "nothing"),
        "sound": wheels.PACKAGES["sound"],
    }
    monkeypatch.setattr(wheels, "PACKAGES", broken)
    absent, crashing, sound = wheels.check_packages()
    assert "No module named 'no_such_package'" in absent.found
    assert "SIGSEGV" in crashing.found
    assert (absent.status, crashing.status, sound.status) == ("FAIL", "FAIL", "OK")


def test_a_taken_port_is_told(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        findings = services.check_running(DataFolder(tmp_path), "127.0.0.1", taken.getsockname()[1])
        assert _statuses(findings) == ["OK", "WARN"]


def test_what_a_killed_supervisor_left_is_told(tmp_path):
    folder = DataFolder(tmp_path / "data")
    with supervising(folder, ONE_PARENT) as supervisor:
        wait_for_line(supervisor, "UP")
        grandchild = (folder.root / "notes").read_text()
        kill(supervisor.pid)
        supervisor.wait()
        findings = {finding.status: finding for finding in services.check_running(folder, "127.0.0.1", 1)}
        assert f"kill {grandchild}" in findings["WARN"].mend


def test_a_running_supervisor_is_named(tmp_path):
    folder = DataFolder(tmp_path / "data")
    with supervising(folder, ONE_SLEEPER) as supervisor:
        wait_for_line(supervisor, "UP")
        [finding] = services.check_running(folder, "127.0.0.1", 1)
        assert finding.status == "OK"
        assert f"process {supervisor.pid}" in finding.found


@pytest.fixture
def own_database(settings: Any) -> None:
    """As if the tests' database were one that DATABASE_URL names."""
    settings.EMBEDDED_POSTGRES = False


def test_a_prepared_database_and_its_queue_pass(broker, own_database, tmp_path):
    folder = DataFolder(tmp_path)
    assert _statuses([*services.check_database(folder), *services.check_queue(folder)]) == ["OK", "OK"]


def test_missing_migrations_fail(broker, own_database, tmp_path):
    [newest] = MigrationLoader(connection).graph.leaf_nodes("webapp")
    MigrationRecorder(connection).record_unapplied(*newest)
    try:
        [finding] = services.check_database(DataFolder(tmp_path))
    finally:
        MigrationRecorder(connection).record_applied(*newest)
    assert finding.status == "FAIL"
    assert "manage.py prepare" in finding.mend


def test_a_database_out_of_reach_fails(transactional_db, own_database, monkeypatch, tmp_path):
    nowhere = {"dbname": "x", "host": str(tmp_path)}
    folder = DataFolder(tmp_path)
    connection.close()
    with monkeypatch.context() as patched:
        patched.setattr(connection, "get_connection_params", lambda: nowhere)
        assert _statuses([*services.check_database(folder), *services.check_queue(folder)]) == ["FAIL", "FAIL"]


def test_another_broker_out_of_reach_fails(settings, tmp_path):
    settings.CELERY_BROKER_URL = "amqp://127.0.0.1:1//"
    [finding] = services.check_queue(DataFolder(tmp_path))
    assert finding.status == "FAIL"
    assert "CELERY_BROKER_URL" in finding.mend


def test_a_check_that_breaks_is_a_finding(monkeypatch, tmp_path):
    def breaks():
        raise RuntimeError("out of order")

    monkeypatch.setattr(machine, "check_memory", breaks)
    monkeypatch.setattr(wheels, "PACKAGES", {})
    findings = list(examine(DataFolder(tmp_path), "127.0.0.1", 1))
    assert [finding.found for finding in findings if finding.status == "FAIL"] == [
        "could not be examined: RuntimeError: out of order"
    ]
