"""The web server under clients that take their time: nobody's connection holds up anybody else."""

import itertools
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from waitress.server import create_server

from tests.webapp import benches
from tests.webapp.factories import make_user
from tests.webapp.views.serving import Server, serving, status_of
from webapp.management.commands.serve import THREADS, Channel, server_settings

MB = 1_000_000
REQUESTS = 100
SLOW = (
    b"",
    b"GET /sign-in/ HT",
    b"GET /sign-in/ HTTP/1.1\r\nHost: localhost\r\nAccept: ",
    b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nusername=",
    b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nhalf a chunk",
)


@contextmanager
def slow_clients(server: Server, count: int) -> Iterator[None]:
    """Connections that have sent nothing or a part of a request, and wait."""
    with ExitStack() as opened:
        for beginning in itertools.islice(itertools.cycle(SLOW), count):
            opened.enter_context(server.connect()).sendall(beginning)
        yield


def percentile_95(server: Server) -> float:
    """Seconds of REQUESTS requests, one after the other."""
    taken = []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        assert status_of(server.get("/sign-in/")) == 200
        taken.append(time.perf_counter() - began)
    return statistics.quantiles(taken, n=20)[-1]


@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_hundred_idle_and_half_sent_requests_hold_up_no_reader(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        percentile_95(server)  # templates are compiled
        alone = percentile_95(server)
        with slow_clients(server, 100):
            beside = percentile_95(server)
    assert beside <= 2 * alone, f"{beside * 1e3:.1f} ms beside them, {alone * 1e3:.1f} ms alone"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_clients_that_do_not_read_their_answers_hold_no_thread(tmp_path: Path, client) -> None:
    client.force_login(make_user())
    file = benches.file_of(benches.campaign(), "trace.csv", bytes(20 * MB))
    cookie = f"Cookie: sessionid={client.cookies['sessionid'].value}"
    request = f"GET /devices/files/{file.pk}/raw HTTP/1.1\r\nHost: localhost\r\n{cookie}\r\n\r\n".encode()
    with serving(tmp_path) as server, ExitStack() as opened:
        for _ in range(THREADS + 1):
            opened.enter_context(server.connect()).sendall(request)
        assert status_of(server.get("/studies/", cookie)) == 200


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose database is out of reach."""
    folder = tmp_path_factory.mktemp("server")
    with serving(folder, EARSHOT_TEST_DATA=str(folder / "var")) as server:
        yield server


def test_while_the_database_is_out_of_reach_pages_say_so_and_when_to_come_again(server: Server) -> None:
    before = server.log.stat().st_size
    for path in ("/studies/", "/studies/1/", "/devices/"):
        answer = server.get(path, "Cookie: sessionid=abcdefghijklmnopqrstuvwxyz012345")
        assert status_of(answer) == 503
        assert b"\r\nRetry-After: 5\r\n" in answer
        assert b"The database is starting" in answer
    assert server.log.stat().st_size - before < 3 * 1000, "a line each, no traceback"
    assert status_of(server.get("/sign-in/")) == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([f"Content-Length: {'1' * 5000}"], 400),
        (["Content-Length: -1"], 400),
        (["Content-Length: 5, 6"], 400),
        (["Transfer-Encoding: owl"], 400),
        ([f"X-Long: {'x' * 40_000}"], 431),
    ],
)
def test_a_request_that_is_none_is_the_senders_fault(server: Server, headers: list[str], status: int) -> None:
    assert status_of(server.get("/sign-in/", *headers)) == status


@pytest.mark.parametrize(("path", "words"), [("/datasets/new/", b"MB"), ("/devices/campaigns/1/", b"a file")])
def test_a_body_that_is_too_large_is_refused_in_words_by_its_announced_length(
    server: Server, path: str, words: bytes
) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {settings.UPLOAD_LIMIT_BYTES * 3}\r\n\r\n"
    answer = server.ask(head.encode())
    assert status_of(answer) == 413
    assert words in answer
    assert b"<h1>The upload is too large</h1>" in answer


def test_an_idle_connection_is_closed() -> None:
    bounds = {**server_settings(10), "channel_timeout": 1, "cleanup_interval": 1, "listen": "127.0.0.1:0"}
    idle = create_server(lambda environ, start: [], **bounds)
    idle.channel_class = Channel
    threading.Thread(target=idle.run, daemon=True).start()
    try:
        for beginning in SLOW:
            with socket.create_connection(("127.0.0.1", idle.effective_port), timeout=20) as connection:
                connection.sendall(beginning)
                assert connection.recv(100) == b""
    finally:
        idle.close()
