"""Marks by which `python -m tests` chooses files: a file says itself which of them its tests have.

So a run of the few tests with such a mark need not import all others, which takes longer than they do.
"""

from collections.abc import Iterable
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
MARKS = ("alone", "faults")


def files_with(marks: Iterable[str], folder: Path = TESTS) -> list[str]:
    """The test files below a folder that hold all these marks, in order."""
    return sorted(str(path) for path in folder.rglob("test_*.py") if all(_holds(path, mark) for mark in marks))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before `-m` selects: refuse a test whose mark comes from elsewhere, for no run would find it."""
    for item in items:
        for mark in MARKS:
            if item.get_closest_marker(mark) and not _holds(item.path, mark):
                raise pytest.UsageError(f"{item.nodeid} is marked `{mark}`: write pytest.mark.{mark} in its own file.")


def _holds(path: Path, mark: str) -> bool:
    return f"mark.{mark}" in path.read_text("utf-8")
