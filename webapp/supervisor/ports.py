"""The web server's port."""

import http.client
import socket

from webapp.supervisor.errors import StartError

_TRIED_PORTS = 50


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def choose(host: str, wanted: str) -> int:
    """The port to listen on: `wanted` is a number, or "auto" for the first free one from 8000 on.

    Raises StartError when it is taken.
    """
    if wanted == "auto":
        for port in range(8000, 8000 + _TRIED_PORTS):
            if is_free(host, port):
                return port
        raise StartError(f"No port from 8000 to {8000 + _TRIED_PORTS - 1} is free on {host}: name one with --port.")
    if not wanted.isdigit() or not 0 < int(wanted) < 65536:
        raise StartError(f"--port takes a number from 1 to 65535 or the word auto, not {wanted!r}.")
    if not is_free(host, int(wanted)):
        raise StartError(f"Port {wanted} on {host} is taken: stop what listens there, or choose with --port N or auto.")
    return int(wanted)


def address(host: str, port: int) -> str:
    """Address to open in a browser."""
    shown = {"0.0.0.0": "localhost", "::": "localhost"}.get(host, host)
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


def answers(host: str, port: int) -> bool:
    """Whether a web server answers there without an error of its own."""
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    connection = http.client.HTTPConnection(target, port, timeout=5)
    try:
        connection.request("GET", "/", headers={"Host": "localhost"})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
