"""Rules of the house that no linter knows: sizes of files, functions, template lines, folders; one name, one thing."""

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ("nas_engine", "webapp", "bootstrap", "benchmarks")
MOST_FILE_LINES = 300
MOST_FUNCTION_LINES = 40
MOST_TEMPLATE_CHARACTERS = 160
MOST_MODULES = 12
MOST_LAYER_NAMES = 26

NAMED_BY_DJANGO = {"Command", "Meta", "Migration"}
LARGE_FOLDERS: Mapping[str, str] = {
    "nas_engine": "package root: one module a subject that has no folder",
    "nas_engine/deployment": "one module a part of what is shipped",
    "nas_engine/energy/readers": "one module a format",
    "nas_engine/energy/regression": "two models besides the Gaussian process, what models share, training, scores",
    "webapp/charts": "one module a chart, the style that they share, the charts of a study's page",
    "webapp/forms": "one module a form",
    "webapp/management/commands": "Django reads each command from a module of its name",
    "webapp/management/results": "one module a step of the run, its journal, its figures and its page",
    "webapp/models": "one module a group of tables",
    "webapp/queries": "one module a subject that several pages share",
    "webapp/queries/pages": "one module a page",
    "webapp/services": "one module a subject",
    "webapp/supervisor": "one module for each thing that a machine runs or looks after",
    "webapp/views": "one module a page",
    "webapp/worker": "one module a kind of job",
    "benchmarks": "one module a benchmark",
}
"""Folders of more than twelve modules, and why."""


class FunctionSize(NamedTuple):
    """A function with its place and its lines, decorators left out."""

    place: str
    lines: int


def modules(*folders: str) -> list[Path]:
    """Python files, migrations left out."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if "migrations" not in path.parts)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def public_classes(path: Path) -> Iterator[str]:
    body = ast.parse(path.read_text("utf-8")).body
    yield from (node.name for node in body if isinstance(node, ast.ClassDef) and not node.name.startswith("_"))


def function_sizes(path: Path) -> Iterator[FunctionSize]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield FunctionSize(f"{name_of(path)}:{node.lineno} {node.name}", lines)


def lines_of(paths: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Place and text of each line."""
    for path in paths:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            yield f"{name_of(path)}:{number}", line


def test_no_public_class_name_stands_for_two_things() -> None:
    places = defaultdict(list)
    for path in modules(*PRODUCT):
        for name in public_classes(path):
            places[name].append(name_of(path))
    twice = {name: where for name, where in places.items() if len(where) > 1 and name not in NAMED_BY_DJANGO}
    assert not twice


@pytest.mark.parametrize("folder", [*PRODUCT, "tests"])
def test_no_function_is_longer_than_forty_lines(folder: str) -> None:
    sizes = (size for path in modules(folder) for size in function_sizes(path))
    assert not [size for size in sizes if size.lines > MOST_FUNCTION_LINES]


@pytest.mark.parametrize("folder", [*PRODUCT, "tests", "templates", "static/earshot"])
def test_no_file_is_longer_than_three_hundred_lines(folder: str) -> None:
    kinds = {".py", ".html", ".css", ".js", ".sh"}
    paths = (
        path for path in sorted((ROOT / folder).rglob("*")) if path.suffix in kinds and "migrations" not in path.parts
    )
    sizes = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in paths}
    assert not {path: lines for path, lines in sizes.items() if lines > MOST_FILE_LINES}


def test_no_template_line_is_longer_than_a_hundred_and_sixty_characters() -> None:
    lines = lines_of(sorted((ROOT / "templates").rglob("*.html")))
    assert not [f"{place}: {len(line)}" for place, line in lines if len(line) > MOST_TEMPLATE_CHARACTERS]


def test_a_folder_holds_twelve_modules_or_has_a_reason_for_more() -> None:
    counts: dict[str, int] = defaultdict(int)
    for path in modules(*PRODUCT):
        counts[name_of(path.parent)] += path.name != "__init__.py"
    large = {folder for folder, count in counts.items() if count > MOST_MODULES}
    assert large <= set(LARGE_FOLDERS)
    assert set(LARGE_FOLDERS) <= large, "an exception that is no longer needed"


def test_no_list_of_layers_is_longer_than_a_person_keeps_in_mind() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    lengths = {
        contract["name"]: sum(len(layer.split("|")) for layer in contract["layers"])
        for contract in contracts
        if contract["type"] == "layers"
    }
    assert lengths
    assert not {name: length for name, length in lengths.items() if length > MOST_LAYER_NAMES}
