"""The sign of life that this process gives its supervisor: a file that is touched every few seconds."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings

TOUCH_SECONDS = 2.0


def touch() -> None:
    """Give the sign, if a supervisor has named the file it looks at."""
    if settings.SIGN_OF_LIFE:
        with contextlib.suppress(OSError):
            Path(settings.SIGN_OF_LIFE).touch()


@contextlib.contextmanager
def touching(is_well: Callable[[], bool]) -> Iterator[None]:
    """Give the sign while the block runs, as long as `is_well`, from a thread: the work may take longer."""
    ended = threading.Event()

    def give() -> None:
        while not ended.wait(TOUCH_SECONDS):
            if is_well():
                touch()

    threading.Thread(target=give, name="sign of life", daemon=True).start()
    try:
        yield
    finally:
        ended.set()
