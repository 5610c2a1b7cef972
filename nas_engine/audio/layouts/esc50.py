"""Layout of ESC-50 (Piczak 2015): esc50.csv and a folder of clips, five folds, fifty categories; also in copies that
lie elsewhere, nest folders, or have categories of their own.

Folds 1-3 are train, 4 eval, 5 test; the group is the Freesound recording a clip was cut from. Six of the nine classes
have a category of their own. All other sound events are negative (paper, section 4), subsampled per split until
negatives are half of the clips. The category toilet_flush is ambiguous (running water or not) and is left out.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from nas_engine.audio.checks import DatasetProblem
from nas_engine.audio.layouts.base import LabelledRow, Listing, ReadingOptions, note, some
from nas_engine.audio.layouts.files import SoundFolder
from nas_engine.audio.layouts.lists.tables import ListTable, read_table
from nas_engine.errors import BadDataset

POSITIVE = {
    "clock_alarm": "alarm",
    "crying_baby": "baby_crying",
    "dog": "dog_barking",
    "door_wood_knock": "door_knocking",
    "pouring_water": "water_running",
    "siren": "siren",
}
AMBIGUOUS = frozenset({"toilet_flush"})
CATEGORIES = (
    *("dog", "rooster", "pig", "cow", "frog", "cat", "hen", "insects", "sheep", "crow", "rain", "sea_waves"),
    *("crackling_fire", "crickets", "chirping_birds", "water_drops", "wind", "pouring_water", "toilet_flush"),
    *("thunderstorm", "crying_baby", "sneezing", "clapping", "breathing", "coughing", "footsteps", "laughing"),
    *("brushing_teeth", "snoring", "drinking_sipping", "door_wood_knock", "mouse_click", "keyboard_typing"),
    *("door_wood_creaks", "can_opening", "washing_machine", "vacuum_cleaner", "clock_alarm", "clock_tick"),
    *("glass_breaking", "helicopter", "chainsaw", "siren", "car_horn", "engine", "train", "church_bells", "airplane"),
    *("fireworks", "hand_saw"),
)
"""The fifty categories in the order of their numbers in file names."""
_NAME = re.compile(r"([1-5])-(\d+)-[A-Z]-(\d{1,2})")
_SPLIT_OF_FOLD = {"1": "train", "2": "train", "3": "train", "4": "eval", "5": "test"}
_NEEDED = ("filename", "fold", "category", "src_file")


def recognise(folder: SoundFolder, options: ReadingOptions) -> Listing | None:
    """Clips of a folder with an esc50.csv, or with ESC-50's file names and no list."""
    mapping = options.mapping
    if mapping and (mapping.has_columns or mapping.ignore_lists or mapping.pattern):
        return None
    lists = [name for name in folder.others if PurePosixPath(name).name.lower() == "esc50.csv"]
    if lists:
        rows = _listed(folder, lists[0])
    elif not (rows := _named(folder)):
        return None
    own = sorted({row.label for row in rows} - set(CATEGORIES))
    if (options.esc50_classes or ("all" if own else "six")) == "all":
        return Listing(rows, "ESC-50", tuple(_own_note(own)))
    return Listing(_six(rows), "ESC-50", (note("esc50_classes", "ESC-50", _SIX),))


_SIX = (
    "Its categories are mapped onto six of the paper's nine classes, other sounds become negatives, as many as there "
    "are positives. All categories can be had as classes, too: choose so when adding it."
)


def _own_note(own: Sequence[str]) -> list[DatasetProblem]:
    message = f"Categories are the classes. {some(own)}: not of ESC-50's fifty."
    return [note("esc50_classes", "ESC-50", message)] if own else []


def _listed(folder: SoundFolder, name: str) -> list[LabelledRow]:
    """Raises BadDataset where the list lacks a column or is not UTF-8."""
    table = read_table(folder.root / name, name, lambda _: False)
    if table.fault:
        raise BadDataset(table.fault)
    if missing := [column for column in _NEEDED if column not in table.columns]:
        raise BadDataset(f"{name}: the column {', '.join(missing)} is missing. Found: {', '.join(table.columns)}.")
    return _rows(table, folder)


def _rows(table: ListTable, folder: SoundFolder) -> list[LabelledRow]:
    rows = []
    columns = [table.cells(column) for column in _NEEDED]
    for (where, _), filename, fold, category, source in zip(table.rows, *columns, strict=True):
        path = next(iter(folder.find(filename)), f"audio/{filename}")
        split = _SPLIT_OF_FOLD.get(fold, f"fold {fold}")
        rows.append(LabelledRow(where, path, split, category, f"freesound:{source}"))
    return rows


def _named(folder: SoundFolder) -> list[LabelledRow]:
    """Clips by their names alone: fold, recording, take, number of the category."""
    found = [(name, _NAME.fullmatch(PurePosixPath(name).stem)) for name in folder.clips]
    matched = [(name, match) for name, match in found if match and int(match[3]) < len(CATEGORIES)]
    if not matched or len(matched) < len(folder.clips) or any(name.lower().endswith(".csv") for name in folder.others):
        return []
    return [
        LabelledRow(name, name, _SPLIT_OF_FOLD[match[1]], CATEGORIES[int(match[3])], f"freesound:{match[2]}")
        for name, match in matched
    ]


def _six(rows: Sequence[LabelledRow]) -> list[LabelledRow]:
    mapped = [replace(row, label=POSITIVE.get(row.label, "negative")) for row in rows if row.label not in AMBIGUOUS]
    positives = Counter(row.split for row in mapped if row.label != "negative")
    negatives: defaultdict[str, list[LabelledRow]] = defaultdict(list)
    for row in mapped:
        if row.label == "negative":
            negatives[row.split].append(row)
    kept = {row for split, found in negatives.items() for row in sorted(found, key=_by_hash)[: positives[split]]}
    return [row for row in mapped if row.label != "negative" or row in kept]


def _by_hash(row: LabelledRow) -> str:
    """Sort key: a fixed order independent of categories and recordings."""
    return hashlib.sha256(row.path.encode()).hexdigest()
