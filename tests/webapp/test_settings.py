"""Environment variables are read in `webapp.settings` alone, so that one table says what there is to set."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

EXCEPTIONS = {
    "webapp/settings.py": "the one place",
    "webapp/worker/child/training.py": "runs where TensorFlow is held, with neither Django nor a database",
    "webapp/worker/child/opening.py": "runs where TensorFlow is held, with neither Django nor a database",
    "nas_engine/designers/jax_setup.py": "completes what XLA, BLAS and JAX read at their import; stands without Django",
    "nas_engine/streaming/evaluation/event_scores.py": "names an interpreter; runs in the engine, without Django",
}
WRITES = ("setdefault", "update", "pop")


def is_environ(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "environ" and getattr(node.value, "id", "") == "os"


def reads(tree: ast.AST) -> Iterator[int]:
    """Lines that look into the environment: handing all of it to another process, and setting variables, is no look."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "getenv":
            yield node.lineno
        if isinstance(node, ast.Attribute) and is_environ(node.value) and node.attr not in WRITES:
            yield node.lineno
        if isinstance(node, ast.Subscript) and is_environ(node.value) and isinstance(node.ctx, ast.Load):
            yield node.lineno
        if isinstance(node, ast.Compare) and any(map(is_environ, node.comparators)):
            yield node.lineno
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            yield from (node.lineno for name in node.names if name.name in ("environ", "getenv"))


def test_environment_variables_are_read_in_the_settings_alone() -> None:
    found = {
        f"{path.relative_to(settings.BASE_DIR)}:{line}"
        for package in ("webapp", "nas_engine")
        for path in Path(settings.BASE_DIR / package).rglob("*.py")
        if str(path.relative_to(settings.BASE_DIR)) not in EXCEPTIONS
        for line in reads(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert not found


@pytest.mark.parametrize(("heartbeat", "lease"), [("5", "4"), ("5", "0.1"), ("0.5", "4"), ("5", "30")])
def test_workers_show_themselves_three_times_a_lease_whatever_is_set(heartbeat: str, lease: str) -> None:
    program = "from webapp.settings import *; print(HEARTBEAT_SECONDS, LEASE_SECONDS)"
    chosen = {"EARSHOT_HEARTBEAT_SECONDS": heartbeat, "EARSHOT_LEASE_SECONDS": lease}
    printed = subprocess.run(
        [sys.executable, "-c", program],
        cwd=settings.BASE_DIR,
        env={**os.environ, **chosen},
        capture_output=True,
        check=True,
    )
    heartbeat_seconds, lease_seconds = map(float, printed.stdout.split())
    assert heartbeat_seconds <= float(heartbeat)
    assert 1 <= 3 * heartbeat_seconds <= lease_seconds


def test_every_kind_of_reading_is_seen() -> None:
    readings = ("os.environ.get('A')", "os.environ['A']", "os.getenv('A')", "'A' in os.environ", "os.environ.items()")
    assert all(list(reads(ast.parse(text))) for text in readings)
    allowed = ("os.environ.setdefault('A', 'b')", "os.environ['A'] = 'b'", "run(env={**os.environ, 'A': 'b'})")
    assert not any(list(reads(ast.parse(text))) for text in allowed)
