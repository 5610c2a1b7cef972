"""Layout of ESC-50 (Piczak 2015): meta/esc50.csv next to audio/, five folds, fifty categories.

Folds 1-3 are train, 4 eval, 5 test; the group is the Freesound recording a clip was cut from. Six of the nine classes
have a category of their own. All other sound events are negative (paper, section 4), subsampled per split until
negatives are half of the clips. The category toilet_flush is ambiguous (running water or not) and is left out.
"""

import csv
import hashlib
import io
from collections import Counter, defaultdict
from pathlib import Path
from typing import Literal

from nas_engine.audio.manifest import ManifestRow, read_text
from nas_engine.errors import BadDataset

Esc50Classes = Literal["earshot", "all"]

POSITIVE = {
    "clock_alarm": "alarm",
    "crying_baby": "baby_crying",
    "dog": "dog_barking",
    "door_wood_knock": "door_knocking",
    "pouring_water": "water_running",
    "siren": "siren",
}
AMBIGUOUS = frozenset({"toilet_flush"})
_SPLIT_OF_FOLD = {"1": "train", "2": "train", "3": "train", "4": "eval", "5": "test"}
_NEEDED = ("filename", "fold", "category", "src_file")


def is_esc50(root: Path) -> bool:
    """Whether `root` has the layout of ESC-50."""
    return (root / "meta" / "esc50.csv").is_file() and (root / "audio").is_dir()


def read_esc50(root: Path, classes: Esc50Classes = "earshot") -> list[ManifestRow]:
    """Rows with paths relative to `root`; `classes="all"` keeps the fifty categories as classes.

    Raises BadDataset where meta/esc50.csv lacks a column or is not UTF-8.
    """
    rows = _read(root)
    if classes == "all":
        return rows
    mapped = [_with_class(row) for row in rows if row.label not in AMBIGUOUS]
    positives = Counter(row.split for row in mapped if row.label != "negative")
    negatives: defaultdict[str, list[ManifestRow]] = defaultdict(list)
    for row in mapped:
        if row.label == "negative":
            negatives[row.split].append(row)
    kept = {row for split, found in negatives.items() for row in sorted(found, key=_by_hash)[: positives[split]]}
    return [row for row in mapped if row.label != "negative" or row in kept]


def _read(root: Path) -> list[ManifestRow]:
    reader = csv.DictReader(io.StringIO(read_text(root / "meta" / "esc50.csv")))
    found = reader.fieldnames or []
    if missing := [column for column in _NEEDED if column not in found]:
        raise BadDataset(f"meta/esc50.csv: the column {', '.join(missing)} is missing. Found: {', '.join(found)}.")
    return [
        ManifestRow(
            where=f"meta/esc50.csv, line {reader.line_num}",
            path=f"audio/{line['filename']}",
            split=_SPLIT_OF_FOLD.get(line["fold"], f"fold {line['fold']}"),
            label=line["category"],
            group=f"freesound:{line['src_file']}",
        )
        for line in reader
    ]


def _with_class(row: ManifestRow) -> ManifestRow:
    return ManifestRow(row.where, row.path, row.split, POSITIVE.get(row.label, "negative"), row.group)


def _by_hash(row: ManifestRow) -> str:
    """Sort key: a fixed order independent of categories and recordings."""
    return hashlib.sha256(row.path.encode()).hexdigest()
