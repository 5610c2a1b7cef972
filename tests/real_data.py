"""Real recordings and measurements in ../shared/data: where they are, and what becomes of their tests without them.

A test that needs them is marked `real_data` with the folders it reads, or asks for a fixture of this module, which
marks it. Without a folder its tests are skipped; with EARSHOT_REAL_DATA=required they fail.
"""

import os
from pathlib import Path

import pytest

VARIABLE, REQUIRED = "EARSHOT_REAL_DATA", "required"
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
MEASUREMENTS = DATA / "measurements"

_SHOWN = "../shared/data"  # seen from the checkout
_FOLDERS_BY_FIXTURE = {"sound_events": "soundevents", "measurements": "measurements"}
_MISSING = "real data not found in"
_HINT = f"(set {VARIABLE}={REQUIRED} to require it)"


def pytest_configure() -> None:
    if os.environ.get(VARIABLE, "") not in ("", REQUIRED):
        raise pytest.UsageError(f"{VARIABLE} is {os.environ[VARIABLE]!r}; it may be {REQUIRED!r} or unset.")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark tests by their fixtures, before `-m` selects by marks."""
    for fixture, folder in _FOLDERS_BY_FIXTURE.items():
        if fixture in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.real_data(folder))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip or fail before any fixture is set up."""
    needed = {folder for mark in item.iter_markers("real_data") for folder in mark.args or (".",)}
    for folder in sorted(needed):
        if (DATA / folder).is_dir():
            continue
        missing = f"{_MISSING} {_SHOWN}/{folder}"
        if os.environ.get(VARIABLE) == REQUIRED:
            pytest.fail(f"{missing}, and {VARIABLE}={REQUIRED} requires it", pytrace=False)
        pytest.skip(f"{missing} {_HINT}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = sum(_MISSING in str(report.longrepr) for report in terminalreporter.getreports("skipped"))
    if skipped:
        tests = "1 test" if skipped == 1 else f"{skipped} tests"
        terminalreporter.write_line(f"{tests} skipped: {_MISSING} {_SHOWN} {_HINT}", yellow=True)


@pytest.fixture(scope="session")
def sound_events() -> Path:
    """Folder of 1,123 real recordings in nine classes. Read only."""
    return DATA / "soundevents"


@pytest.fixture(scope="session")
def measurements() -> Path:
    """Folder of real files of power monitors, phones and benchmarks, with EXPECTED.md. Read only."""
    return MEASUREMENTS
