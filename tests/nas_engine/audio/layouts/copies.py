"""Folders laid out as published data sets are, with empty files for sounds: a scan reads names and lists alone."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from nas_engine.audio.clips import Scan, scan
from nas_engine.audio.layouts.base import ReadingOptions
from nas_engine.audio.layouts.mapping import ListMapping

Counts = dict[str, dict[str, int]]


def made(root: Path, sounds: Iterable[str], lists: Mapping[str, str] | None = None) -> Path:
    """Folder with sounds of no content, and lists."""
    for name in sounds:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for name, text in (lists or {}).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def table(header: str, rows: Iterable[Iterable[object]], delimiter: str = ",") -> str:
    lines = [delimiter.join(str(cell) for cell in row) for row in rows]
    return "\n".join([header.replace(",", delimiter), *lines, ""])


def counts(result: Scan) -> Counts:
    """{split: {class: clips}} without empty ones."""
    found: Counts = {}
    for (split, label), number in sorted(Counter((clip.split, clip.label) for clip in result.clips).items()):
        found.setdefault(split, {})[label] = number
    return found


def kinds(result: Scan) -> list[str]:
    return [problem.kind for problem in result.problems]


def mapped(folder: Path, /, **columns: str) -> Scan:
    return scan(folder, ReadingOptions(ListMapping.from_json(columns)))
