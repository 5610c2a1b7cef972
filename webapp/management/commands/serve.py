"""`manage.py serve`: the web server of one machine (docs/decisions/0014-web-server.md)."""

import contextlib
import logging
import resource
import signal
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.template import loader
from django.utils.module_loading import import_string
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import create_server
from waitress.task import ErrorTask
from waitress.utilities import BadRequest, RequestEntityTooLarge, ServerNotImplemented

from webapp.forms.measuring import too_large_for
from webapp.queries.whole_numbers import whole_number

THREADS = 8
_CONNECTIONS = 1000
_FILES_A_CONNECTION = 3  # the socket, and what a request and an answer spill to the disk
_OTHER_FILES = 200
IDLE_SECONDS = 60
"""After which a connection that brings or takes nothing is closed."""


class Command(BaseCommand):
    help = "Serve the pages: requests are read whole before one of the threads works on them."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a full queue would be logged in every line else
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        host = f"[{options['host']}]" if ":" in options["host"] else options["host"]
        server = create_server(
            import_string(settings.WSGI_APPLICATION),
            listen=f"{host}:{options['port']}",
            **server_settings(_connections()),
        )
        server.channel_class = Channel
        server.run()


def server_settings(connections: int = _CONNECTIONS) -> dict[str, Any]:
    """Bounds of everything that a client can make the server wait for or keep."""
    return {
        "threads": THREADS,
        "connection_limit": connections,
        "asyncore_use_poll": True,
        "channel_timeout": IDLE_SECONDS,
        "cleanup_interval": 10,
        "max_request_header_size": 32_768,
        "max_request_body_size": settings.UPLOAD_LIMIT_BYTES + 1_000_000,  # fields and boundaries around the file
        # An answer is taken off its thread whole, so that nobody who reads slowly holds one; over 1 MB it is on disk.
        "outbuf_high_watermark": 2 * settings.UPLOAD_LIMIT_BYTES,
        "clear_untrusted_proxy_headers": False,  # whom to believe is Django's to know
        "log_socket_errors": False,
        "ident": None,
    }


def _connections() -> int:
    """As many as the system lets this process hold open."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _CONNECTIONS * _FILES_A_CONNECTION + _OTHER_FILES
    files = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
    return max(1, (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _OTHER_FILES) // _FILES_A_CONNECTION)


class _TooLarge(RequestEntityTooLarge):
    """The server's rejection of a body, as a page."""

    def __init__(self, path: str, size: int) -> None:
        super().__init__("")
        context = {"message": too_large_for(path, size), "back": path}
        self._page = loader.get_template("413.html").render(context).encode()

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        headers = [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store")]
        return f"{self.code} {self.reason}", headers, self._page


class _Rejection(ErrorTask):
    def execute(self) -> None:
        error = self.request.error
        if isinstance(error, RequestEntityTooLarge):
            size = whole_number(self.request.headers.get("CONTENT_LENGTH", "")) or settings.UPLOAD_LIMIT_BYTES
            self.request.error = _TooLarge(self.request.path, size)
        if isinstance(error, ServerNotImplemented):  # a transfer coding that nobody knows
            self.request.error = BadRequest(error.body)
        super().execute()


class _Parser(HTTPRequestParser):
    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError as error:  # a length of more digits than Python reads
            raise ParsingError(str(error)) from error


class Channel(HTTPChannel):
    """Connection whose rejections are answers that a person can read."""

    parser_class = _Parser
    error_task_class = _Rejection
