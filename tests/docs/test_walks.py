"""The walks and the map of docs/architecture.md against the code."""

import ast
import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/architecture.md").read_text("utf-8")
MOST_FILES = {"a trial's reward": 10, "an uploaded power trace": 16, "a threshold": 7}
_WALK = re.compile(r"^### Walk: ([^,\n]+),.*?\n(.*?)(?=^#|^More:|\Z)", re.MULTILINE | re.DOTALL)
_STEP = re.compile(r"^(\d+)\. `([^`]+)` .+$", re.MULTILINE)
_ROOM = re.compile(r"^\| (`[^|]+`) \| ([^|]+) \|$", re.MULTILINE)

WALKS = {name: [path for _, path in _STEP.findall(body)] for name, body in _WALK.findall(TEXT)}
ROOMS = {name: text for names, text in _ROOM.findall(TEXT) for name in re.findall(r"`([^`]+)`", names)}
PAIRS = [pytest.param(*pair, id=" - ".join(pair)) for files in WALKS.values() for pair in pairwise(files)]


@cache
def imported(path: str) -> frozenset[str]:
    """Every dotted name that a module imports, also inside functions: modules and what is taken from them."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def imports(importer: str, path: str) -> bool:
    is_python = importer.endswith(".py") and path.endswith(".py")
    return is_python and path.removesuffix(".py").replace("/", ".") in imported(importer)


@cache
def tables() -> frozenset[str]:
    """Names of the model classes."""
    sources = (path.read_text("utf-8") for path in (ROOT / "webapp/models").glob("*.py"))
    return frozenset(name for text in sources for name in re.findall(r"^class (\w+)\(models\.Model\)", text, re.M))


@cache
def used_tables(path: str) -> frozenset[str]:
    """Model classes that a module defines or uses by name."""
    if not path.startswith("webapp/") or not path.endswith(".py"):
        return frozenset()
    nodes = list(ast.walk(ast.parse((ROOT / path).read_text("utf-8"))))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    names |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    names |= {node.name for node in nodes if isinstance(node, ast.ClassDef)}
    return tables() & names


def names_template(path: str, template: str) -> bool:
    name = template.removeprefix("templates/")
    return name != template and f'"{name}"' in (ROOT / path).read_text("utf-8")


def are_linked(one: str, other: str) -> bool:
    one_way = imports(one, other) or names_template(one, other)
    return one_way or imports(other, one) or names_template(other, one) or bool(used_tables(one) & used_tables(other))


def test_there_are_three_walks_with_numbered_steps() -> None:
    assert list(WALKS) == list(MOST_FILES)
    for _, body in _WALK.findall(TEXT):
        numbers = [int(number) for number, _ in _STEP.findall(body)]
        assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("name", MOST_FILES)
def test_a_walk_passes_through_few_files_that_exist(name: str) -> None:
    files = WALKS[name]
    assert 2 < len(files) == len(set(files)) <= MOST_FILES[name]
    assert [path for path in files if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_neighbours_of_a_walk_are_linked(one: str, other: str) -> None:
    assert are_linked(one, other)


def test_files_without_an_import_a_template_or_a_table_in_common_are_not_linked() -> None:
    assert not are_linked("nas_engine/reward.py", "nas_engine/pareto.py")
    assert not are_linked("webapp/views/paper.py", "templates/trials/_live.html")


def test_the_map_names_every_package_and_nothing_that_does_not_exist() -> None:
    packages = {path.parent for folder in ("nas_engine", "webapp") for path in (ROOT / folder).rglob("__init__.py")}
    assert {path.relative_to(ROOT).as_posix() for path in packages} <= set(ROOMS)
    assert [name for name in ROOMS if not (ROOT / name).exists()] == []


def test_a_room_has_one_sentence() -> None:
    assert [text for text in ROOMS.values() if not text.endswith(".") or ". " in text] == []
