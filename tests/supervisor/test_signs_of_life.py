"""Signs of life of real processes and sockets, and what the supervisor does without one."""

import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from tests.supervisor.processes import children, supervising, wait_for_line, wait_until
from webapp.data_folder import DataFolder
from webapp.supervisor.postgres import Cluster
from webapp.supervisor.signs_of_life import TouchedFile, of_postgres, of_web_server

TOUCHER = (
    "import sys, time; from pathlib import Path\\nwhile True:\\n    Path(sys.argv[1]).touch()\\n    time.sleep(0.1)\\n"
)
SILENT_AFTER_A_SECOND = "ready_seconds=5.0, silent_seconds=1.0"


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "data")


def stages(code: str) -> str:
    return (
        "from webapp.supervisor.signs_of_life import of_file\n"
        f'stages = [[python("toucher", "{code}", sign_of_life=of_file(notes), {SILENT_AFTER_A_SECOND})]]'
    )


@pytest.mark.alone
def test_a_child_that_is_alive_and_gives_no_sign_is_started_again(folder: DataFolder) -> None:
    with supervising(folder, stages(TOUCHER)) as supervisor:
        wait_for_line(supervisor, "UP")
        wait_until((folder.root / "notes").exists)
        first = children(supervisor)[0]
        time.sleep(1.5)  # one that touches is left alone
        assert first.is_running()
        first.send_signal(signal.SIGSTOP)
        wait_for_line(supervisor, "toucher is alive but has answered nothing for 1 s: ending it.")
        wait_until(lambda: [child for child in children(supervisor) if child != first])


@pytest.mark.alone
def test_a_supervisor_that_was_frozen_blames_nobody_for_what_it_has_not_heard(folder: DataFolder) -> None:
    with supervising(folder, stages(TOUCHER)) as supervisor:
        wait_for_line(supervisor, "UP")
        wait_until((folder.root / "notes").exists)
        child = children(supervisor)[0]
        for process in (supervisor.pid, child.pid):
            os.kill(process, signal.SIGSTOP)
        time.sleep(6)
        os.kill(supervisor.pid, signal.SIGCONT)
        time.sleep(0.3)
        os.kill(child.pid, signal.SIGCONT)
        time.sleep(1.5)
        assert child.is_running()


def test_a_file_gives_a_sign_when_it_is_touched(tmp_path: Path) -> None:
    path = tmp_path / "alive"
    sign = TouchedFile(path)
    assert not sign.was_given()
    path.touch()
    assert sign.was_given()
    assert not sign.was_given()
    os.utime(path, (1, 1))
    assert sign.was_given()


def test_a_server_gives_a_sign_by_its_first_byte_and_one_that_only_listens_gives_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sign = of_web_server("0.0.0.0", listening.getsockname()[1], "localhost")()
        for _ in range(20):
            assert not sign.was_given()
            time.sleep(0.01)

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                assert connection.recv(1000).startswith(b"GET /sign-in/ HTTP/1.1\r\nHost: localhost\r\n")
                connection.sendall(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
                time.sleep(0.5)

        threading.Thread(target=answer).start()
        wait_until(sign.was_given)


def test_nobody_who_listens_gives_no_sign_and_no_error(tmp_path: Path) -> None:
    sign = of_postgres(tmp_path)()
    assert not sign.was_given()
    assert not sign.was_given()


def test_postgresql_gives_a_sign_before_anybody_signs_in(postgres_server: Cluster) -> None:
    wait_until(of_postgres(postgres_server.socket_folder)().was_given)
