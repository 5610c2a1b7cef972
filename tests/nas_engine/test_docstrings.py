"""Every public function, method and class of the engine has a docstring."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import nas_engine

ENGINE = Path(nas_engine.__file__).parent
PACKAGES = sorted(
    {"."} | {path.parent.name for path in ENGINE.glob("*/__init__.py") if not path.parent.name.startswith("_")}
)
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def undocumented(tree: ast.Module) -> list[str]:
    """Names of public definitions without a docstring, methods as "Class.method"."""
    return [name for name, definition in _public(tree.body) if not ast.get_docstring(definition)]


def modules(package: str) -> list[Path]:
    """Public modules of a subpackage with those below it; "." stands for the modules directly in the engine."""
    paths = ENGINE.glob("*.py") if package == "." else (ENGINE / package).rglob("*.py")
    return sorted(path for path in paths if not _is_private(path.stem))


def _public(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, Definition]]:
    for node in body:
        if not isinstance(node, Definition) or node.name.startswith("_") or _is_overload(node):
            continue
        yield prefix + node.name, node
        if isinstance(node, ast.ClassDef):
            yield from _public(node.body, f"{prefix}{node.name}.")


def _is_overload(node: Definition) -> bool:
    return any(ast.unparse(decorator).split(".")[-1] == "overload" for decorator in node.decorator_list)


def _is_private(module: str) -> bool:
    return module.startswith("_") and module != "__init__"


@pytest.mark.parametrize("package", PACKAGES)
def test_public_definitions_of_the_engine_have_docstrings(package: str) -> None:
    found = [
        f"{path.relative_to(ENGINE)}: {name}"
        for path in modules(package)
        for name in undocumented(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not found, f"{len(found)} without a docstring"


def test_private_names_and_overloads_need_no_docstring_and_methods_do() -> None:
    source = '''
def bare(): ...
def _private(): ...
@overload
def shown(): ...
class Documented:
    """Yes."""
    def method(self): ...
    def __init__(self): ...
    @typing.overload
    def other(self): ...
class _Private:
    def method(self): ...
'''
    assert undocumented(ast.parse(source)) == ["bare", "Documented.method"]
