"""Environment variables are read in `webapp.settings` alone, so that one table says what there is to set."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

EXCEPTIONS = {
    "webapp/settings.py": "the one place",
    "webapp/worker/child/training.py": "runs where TensorFlow is held, with neither Django nor a database",
    "nas_engine/designers/jax_setup.py": "completes what XLA, BLAS and JAX read at their import; stands without Django",
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


def test_every_kind_of_reading_is_seen() -> None:
    readings = ("os.environ.get('A')", "os.environ['A']", "os.getenv('A')", "'A' in os.environ", "os.environ.items()")
    assert all(list(reads(ast.parse(text))) for text in readings)
    allowed = ("os.environ.setdefault('A', 'b')", "os.environ['A'] = 'b'", "run(env={**os.environ, 'A': 'b'})")
    assert not any(list(reads(ast.parse(text))) for text in allowed)
