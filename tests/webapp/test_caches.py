import ast
from pathlib import Path

from django.conf import settings

from webapp.caches import MOST_KEPT, kept

ELSEWHERE = {"webapp/caches.py", "webapp/worker/child/training.py"}  # the child holds TensorFlow and nothing of the web


def test_caches_of_the_process_are_named_in_one_module() -> None:
    found = [
        f"{name}:{node.name}"
        for path in Path(settings.BASE_DIR, "webapp").rglob("*.py")
        if (name := str(path.relative_to(settings.BASE_DIR))) not in ELSEWHERE
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
        and any("cache" in ast.unparse(decorator) for decorator in node.decorator_list)
        and "cache_control" not in ast.unparse(ast.Module(node.decorator_list, []))
        and "never_cache" not in ast.unparse(ast.Module(node.decorator_list, []))
    ]
    assert not found


def test_each_cache_keeps_what_its_name_allows() -> None:
    for name, most in MOST_KEPT.items():
        assert kept(name)(str.lower).cache_info().maxsize == most
