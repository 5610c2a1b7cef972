"""Lint step for the links and names of the documentation: `python -m tests.lint.links`.

A link within the repository must lead to a file and, with "#", to a heading of it. A path or a dotted name of this
project between backticks must exist. Prints file, line and what is missing; the exit status is 1 if there is anything.
Addresses on the web are left alone: a lint step needs no network.
"""

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", "docs/**/*.md", "benchmarks/**/*.md")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PATH = re.compile(r"`((?:nas_engine|webapp|benchmarks|tests|docs|studies|templates|static|bootstrap)/[\w./-]+)`")
_NAME = re.compile(r"`((?:nas_engine|webapp|benchmarks)(?:\.\w+)+)(?:\([^`]*\))?`")
_FENCE = re.compile(r"^ *```")
_HEADING = re.compile(r"^#+ +(.+?)\s*$")
_WRITTEN = ("benchmarks/results/",)  # files that a benchmark writes


def problems(root: Path) -> Iterator[str]:
    """ "file:line: what is wrong", page by page."""
    pages = sorted({path for pattern in PAGES for path in root.glob(pattern)})
    for page in pages:
        for number, line in prose(page):
            for problem in (*wrong_links(root, page, line), *wrong_names(root, line)):
                yield f"{page.relative_to(root).as_posix()}:{number}: {problem}"


def prose(page: Path) -> Iterator[tuple[int, str]]:
    """Lines outside of code blocks, counted from 1."""
    is_code = False
    for number, line in enumerate(page.read_text("utf-8").splitlines(), start=1):
        if _FENCE.match(line):
            is_code = not is_code
        elif not is_code:
            yield number, line


def wrong_links(root: Path, page: Path, line: str) -> Iterator[str]:
    for link in _LINK.findall(line):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or not target.is_relative_to(root.resolve()):
            yield f"no file {name}"
        elif anchor and anchor not in anchors(target):
            yield f"no heading #{anchor} in {name or page.name}"


def wrong_names(root: Path, line: str) -> Iterator[str]:
    for path in _PATH.findall(line):
        if not path.startswith(_WRITTEN) and not (root / path).exists():
            yield f"no file {path}"
    for name in _NAME.findall(line):
        if not (root / name).is_file() and not is_defined(root, name):
            yield f"no module, class or function {name}"


@cache
def anchors(page: Path) -> frozenset[str]:
    """Anchors of a page's headings, as GitHub and mkdocs make them."""
    if page.suffix != ".md":
        return frozenset()
    headings = (found.group(1) for _, line in prose(page) if (found := _HEADING.match(line)))
    return frozenset(re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip()) for heading in headings)


def is_defined(root: Path, name: str) -> bool:
    """Whether a dotted name is a package, a module, or a name at the beginning of a line of one, perhaps a member."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        path = root.joinpath(*parts[:count])
        module = path.with_suffix(".py") if path.with_suffix(".py").is_file() else path / "__init__.py"
        if module.is_file():
            text = module.read_text("utf-8")
            return all(re.search(rf"^\s*(?:class |def |)_?{part}\b", text, re.MULTILINE) for part in parts[count:])
    return False


def main() -> int:
    found = list(problems(ROOT))
    print(*found, sep="\n", end="\n" if found else "")
    print(f"{len(found)} links or names that lead nowhere" if found else "All links and names of the docs exist.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
