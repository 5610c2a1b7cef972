"""Registration, heartbeats and sign-off of worker processes."""

import os
import secrets
import socket

import psutil
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from webapp.models import Worker
from webapp.queries.leases import lease

_NAME_LENGTH = 120
_SAME_SECONDS = 60.0  # the start time of one process, read twice, shifts when the system's clock is set


def unique_name(node: str) -> str:
    """Name unique to this process: a restarted worker must not inherit the leases of its dead predecessor."""
    return f"{node[: _NAME_LENGTH - 9]}#{secrets.token_hex(4)}"


def machine_name() -> str:
    """Scope of a pid: the host, and the data folder because containers may share a host's name."""
    return f"{socket.gethostname()}:{settings.DATA_FOLDER.root}"[-_NAME_LENGTH:]


def record_heartbeat(*, name: str, role: Worker.Role) -> None:
    """Register, or renew the heartbeat. A worker that registers under a name replaces the one that had it before."""
    process = psutil.Process()
    with transaction.atomic():
        _, is_new = Worker.objects.update_or_create(
            name=name,
            defaults={
                "role": role,
                "machine": machine_name(),
                "pid": os.getpid(),
                "process_started": process.create_time(),
                "seen_at": Now(),
            },
        )
        if is_new:
            _count_no_more(name)


def _count_no_more(successor: str) -> None:
    """Earlier processes of this name on this machine, killed without signing off, no longer count as alive:
    counted with their successor, they would make a study request too many trials. Their rows stay for the reaper.
    """
    node, mark, _ = successor.rpartition("#")
    earlier = Worker.objects.filter(machine=machine_name(), name__startswith=node + mark).exclude(name=successor)
    if mark:
        earlier.update(seen_at=Now() - 2 * lease())


def sign_off(*, name: str) -> None:
    """Sign off a worker that ends normally."""
    Worker.objects.filter(name=name).delete()


def dead_workers_of_this_machine() -> list[str]:
    """Names of workers that never signed off and whose process is gone."""
    rows = Worker.objects.filter(machine=machine_name())
    return [row.name for row in rows if not _is_running(row.pid, row.process_started)]


def forget_silent_workers() -> int:
    """Remove rows of workers of any machine that have been silent for ten leases."""
    return Worker.objects.filter(seen_at__lt=Now() - 10 * lease()).delete()[0]


def _is_running(pid: int, process_started: float) -> bool:
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - process_started) < _SAME_SECONDS
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
