"""The documentation as pages: a strict build, which follows every link, and where its parts come from."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
_FETCHED = re.compile(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"(https?:[^\"]+)\"")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.slow
def test_every_page_and_every_package_of_the_engine_is_in_the_site(site: Path) -> None:
    packages = {path.parent for path in (ROOT / "nas_engine").rglob("*.py") if path.name != "__init__.py"}
    references = {f"reference/{'.'.join(package.relative_to(ROOT).parts)}.md" for package in packages}
    assert [page for page in sorted(PAGES | references) if not (site / page).with_suffix(".html").is_file()] == []
    assert "Equation 1" in (site / "reference/nas_engine.html").read_text("utf-8")


@pytest.mark.slow
def test_a_page_fetches_nothing_from_elsewhere(site: Path) -> None:
    pages = {path.name: path.read_text("utf-8") for path in site.rglob("*.html")}
    assert {name: found for name, text in pages.items() if (found := _FETCHED.findall(text))} == {}


def test_every_page_is_in_the_navigation() -> None:
    settings = (ROOT / "mkdocs.yml").read_text("utf-8")
    assert set(re.findall(r": (\S+\.md)$", settings, re.MULTILINE)) == PAGES
