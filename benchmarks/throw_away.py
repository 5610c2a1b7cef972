"""A data folder that lives as long as one benchmark, and Django on it. Import before anything of `webapp`."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent


@contextlib.contextmanager
def data_folder() -> Iterator[Path]:
    """A temporary EARSHOT_DATA with nothing of the person's own database or broker in the environment."""
    with tempfile.TemporaryDirectory(prefix="earshot-bench-") as folder:
        for name in ("DATABASE_URL", "CELERY_BROKER_URL"):
            os.environ.pop(name, None)
        os.environ["EARSHOT_DATA"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "webapp.settings"
        yield Path(folder)


@contextlib.contextmanager
def machine_up(*arguments: str, ready_seconds: float = 180) -> Iterator[None]:
    """`manage.py up` with everything it starts, ready to work; then Django in this process on the same database."""
    process = subprocess.Popen(
        [sys.executable, str(BASE / "manage.py"), "up", "--port", "auto", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=BASE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        deadline = time.monotonic() + ready_seconds
        for line in process.stdout:
            if "answers at" in line:
                break
            if time.monotonic() > deadline:
                raise TimeoutError(f"`manage.py up` was not ready within {ready_seconds:.0f} s.")
        # Whoever stops reading would stop the machine once the pipe is full.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        import django

        django.setup()
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
