"""Rules that every template keeps, beside those that djLint checks."""

import re

import pytest

from webapp.settings import BASE_DIR

TEMPLATES = sorted((BASE_DIR / "templates").rglob("*.html"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(BASE_DIR)))
def test_no_line_of_a_template_is_longer_than_160_characters(path):
    longer = [n for n, line in enumerate(path.read_text().splitlines(), start=1) if len(line) > 160]
    assert not longer, f"{path.name}: lines {longer}"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(BASE_DIR)))
def test_a_template_loads_each_library_once_and_at_its_top(path):
    loads = [n for n, line in enumerate(path.read_text().splitlines(), start=1) if re.search(r"{% load ", line)]
    assert loads in ([], [1], [2]), f"{path.name}: lines {loads}"


def test_every_page_follows_the_systems_theme() -> None:
    """The style sheet's dark colours are those of an <html> with `data-theme`."""
    roots = [tag for path in TEMPLATES for tag in re.findall(r"<html[^>]*>", path.read_text())]
    assert len(roots) >= 2
    assert [tag for tag in roots if "data-theme=" not in tag] == []
