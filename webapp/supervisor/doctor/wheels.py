"""Do the packages load? Each is tried in a process of its own, since a native library may take its process along."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from webapp.supervisor.children import describe_exit
from webapp.supervisor.doctor.findings import MachineFinding, fail, ok
from webapp.supervisor.plan import core_count

_TIMEOUT_SECONDS = 180.0

# Modules to import, and what stops working without them.
PACKAGES = {
    "tensorflow": ("import nas_engine.network.keras", "training"),
    "vizier and jax": ("import nas_engine.designers.gaussian_process.designer", "the search"),
    "sound": ("import soundfile, soxr", "reading clips"),
    "psycopg": ("import psycopg, psycopg_pool", "the database"),
    "celery and pgmq": ("import celery; import kombu.transport.pgmq as t; assert t.PGMQueue", "the queue"),
    "web": ("import django, waitress, whitenoise, sesame, django_htmx", "the pages"),
}


def check_packages() -> Iterator[MachineFinding]:
    with ThreadPoolExecutor(min(2, core_count())) as pool:
        troubles = pool.map(_trouble, (code for code, _ in PACKAGES.values()))
        for (name, (_, purpose)), trouble in zip(PACKAGES.items(), troubles, strict=True):
            if trouble is None:
                yield ok("package", f"{name} loads")
            else:
                mend = "Run `make setup`; if it stays so, remove .venv and run it again."
                yield fail("package", f"{name} does not load, so {purpose} will not work: {trouble}", mend)


def _trouble(code: str) -> str | None:
    """Reason for which the import fails, in one line; None if it works."""
    try:
        tried = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {_TIMEOUT_SECONDS:.0f} s"
    if tried.returncode == 0:
        return None
    last = (tried.stderr.strip().splitlines() or [""])[-1]
    hint = " (the processor lacks an instruction the package needs)" if tried.returncode == -4 else ""
    return (last or describe_exit(tried.returncode)) + hint
