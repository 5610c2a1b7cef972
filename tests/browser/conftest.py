"""A real Chromium."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from bootstrap.chromium import from_playwright, on_path

# Playwright's synchronous API keeps an event loop in this thread; Django would refuse the test's own queries for it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# How long a request whose page has been closed may still be answered.
ANSWERED_S = 20.0

# How long an expectation may take to come true. It bounds no time: another test may have the processor.
expect.set_options(timeout=30_000)

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The Chromium that `make setup-dev` found or installed, headless."""
    path = on_path() or from_playwright()
    if path is None:
        pytest.fail("Browser tests need a Chromium: python -m bootstrap.chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def _answered(request: pytest.FixtureRequest) -> Iterator[None]:
    """Before the database is emptied: requests of closed pages are answered.

    One that still reads two tables while both are truncated would be a deadlock, which PostgreSQL ends with an error.
    """
    if "live_server" in request.fixturenames:
        request.getfixturevalue(
            "transactional_db"
        )  # whose end, which empties the database, then comes after this one's
    yield
    answering = [thread for thread in threading.enumerate() if thread.name.endswith("(process_request_thread)")]
    for thread in answering:
        thread.join(ANSWERED_S)


@pytest.fixture(scope="session")
def screenshots() -> Path | None:
    """Where to save a picture of every page, if EARSHOT_SCREENSHOTS names a folder."""
    folder = os.environ.get("EARSHOT_SCREENSHOTS")
    if not folder:
        return None
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    return path
