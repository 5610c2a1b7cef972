"""Processes that one machine runs, in their order."""

import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from django.conf import settings

from webapp.data_folder import DataFolder
from webapp.supervisor import ports, signs_of_life
from webapp.supervisor.children import Child, Kind, default_preparation
from webapp.supervisor.postgres import Cluster

_WORKERS_NICENESS = 5
ROLES = ("web", "search", "data", "training", "reaper")


@dataclass(frozen=True, slots=True)
class Machine:
    """Roles of this machine. `trainers` None: one per core."""

    roles: tuple[str, ...] = ROLES
    host: str = "127.0.0.1"
    port: int = 8000
    trainers: int | None = None
    embedded_postgres: bool = True

    @property
    def trainer_count(self) -> int:
        return core_count() if self.trainers is None else self.trainers


def core_count() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def stages(machine: Machine, folder: DataFolder, base: Path) -> list[list[Child]]:
    """The children in the order of their start; `folder` has to exist."""
    manage = (sys.executable, str(base / "manage.py"))
    services = [
        child if child.sign_of_life else _touching(child, folder)
        for role in machine.roles
        for child in _role(role, machine, manage)
    ]
    without = () if "web" in machine.roles else ("--without-static",)
    preparation = Child("prepare", (*manage, "prepare", *without), Kind.STEP, ready_seconds=300.0)
    database = [[postgres(Cluster.of(folder))]] if machine.embedded_postgres else []
    # The web server is stopped after the workers, whose last words it may still show.
    first = [child for child in services if child.name == "web"]
    others = [child for child in services if child.name != "web"]
    return [*database, [preparation], *([first] if first else []), *([others] if others else [])]


def postgres(cluster: Cluster) -> Child:
    """The embedded server as a child. SIGINT is its fast shutdown, also when the supervisor dies."""

    def is_ready() -> bool:
        if not cluster.is_ready():
            return False
        cluster.ensure_database()
        return True

    return Child(
        "postgres",
        tuple(cluster.command()),
        before_start=cluster.prepare,
        in_child=cluster.account.become(signal.SIGINT),
        is_ready=is_ready,
        stop_signal=signal.SIGINT,
        stop_seconds=30.0,
        sign_of_life=signs_of_life.of_postgres(cluster.socket_folder),
        silent_seconds=settings.UNANSWERED_SECONDS,
    )


def _role(role: str, machine: Machine, manage: Sequence[str]) -> list[Child]:
    if role == "web":
        return [_web(machine, manage)]
    if role == "training":
        threads = max(1, core_count() // max(1, machine.trainer_count))
        environment = {"EARSHOT_TRAINER_THREADS": str(threads)}
        return [_worker("training", f"training-{n + 1}", environment) for n in range(machine.trainer_count)]
    if role == "reaper":
        return [Child("reaper", (*manage, "reap", "--every", "2"), stop_seconds=5.0)]
    queues = ("search", "deliberation") if role == "search" else (role,)
    return [_worker(queue, queue, {}) for queue in queues]


def _web(machine: Machine, manage: Sequence[str]) -> Child:
    command = (*manage, "serve", "--host", machine.host, "--port", str(machine.port))
    names = settings.ALLOWED_HOSTS
    host_name = "localhost" if {"localhost", "*"} & set(names) else names[0].lstrip(".")
    return Child(
        "web",
        command,
        is_ready=partial(ports.answers, machine.host, machine.port),
        sign_of_life=signs_of_life.of_web_server(machine.host, machine.port, host_name),
        silent_seconds=settings.UNANSWERED_SECONDS,
    )


def _touching(child: Child, folder: DataFolder) -> Child:
    """The child with a file to touch while it works."""
    path = folder.run / f"{child.name}.alive"
    return replace(
        child,
        environment={**child.environment, "EARSHOT_SIGN_OF_LIFE": str(path)},
        sign_of_life=signs_of_life.of_file(path),
        silent_seconds=settings.UNANSWERED_SECONDS,
    )


def _worker(queue: str, name: str, environment: dict[str, str]) -> Child:
    """A Celery worker that takes one message at a time and answers to its queue alone.

    A worker in the middle of a task is not waited for long: its trial is given back or taken from it by the reaper.
    """
    command = (
        sys.executable, "-m", "celery", "-q", "-A", "webapp.celery", "worker", "--pool", "solo", "--queues", queue,
        "--hostname", f"{name}@%h", "--prefetch-multiplier", "1", "--loglevel", "INFO",
        "--without-mingle", "--without-gossip", "--without-heartbeat",
    )  # fmt: skip
    return Child(name, command, environment=environment, in_child=_step_back, stop_seconds=10.0)


def _step_back() -> None:
    """Workers leave the processor to pages and database, which need little and are waited for."""
    default_preparation()
    os.nice(_WORKERS_NICENESS)
