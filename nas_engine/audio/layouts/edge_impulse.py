"""Layout of Edge Impulse's exports: folders training and testing, labels in info.labels or before the first dot."""

import json
from pathlib import Path, PurePosixPath
from typing import Any

from nas_engine.audio.checks import DatasetProblem
from nas_engine.audio.layouts.base import LabelledRow, Listing, ReadingOptions, note
from nas_engine.audio.layouts.files import SoundFolder
from nas_engine.audio.layouts.lists.tables import read_text
from nas_engine.audio.layouts.split_words import split_word
from nas_engine.errors import BadDataset

_INFO = "info.labels"
_SAMPLES = frozenset({".json", ".cbor"})
_FOLDERS = ("training", "testing")


def recognise(folder: SoundFolder, options: ReadingOptions) -> Listing | None:
    """Clips of a folder with info.labels, or of clips named label.name.wav in training and testing."""
    mapping = options.mapping
    if mapping and (mapping.has_columns or mapping.ignore_lists or mapping.pattern):
        return None
    info = next((name for name in folder.others if PurePosixPath(name).name == _INFO), "")
    findings = list(_unread(folder))
    if info:
        rows = _labelled(folder, info, findings)
    elif any(_may_list(name) for name in folder.others) or not (rows := _named(folder)):
        return None
    return Listing(rows, "Edge Impulse export", tuple(findings))


def _may_list(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in (".csv", ".tsv", ".jsonl")


def _labelled(folder: SoundFolder, info: str, findings: list[DatasetProblem]) -> list[LabelledRow]:
    parent, rows = PurePosixPath(info).parent.as_posix(), []
    for number, entry in enumerate(_files(folder, info), start=1):
        path = str(entry.get("path", ""))
        found = folder.find(path, "" if parent == "." else parent)
        where, label = f"{info}, entry {number}", _label(entry)
        if label is None:
            message = f"{path[:200]} has no label, or several: left out."
            findings.append(DatasetProblem("no_single_label", "warning", where, message))
        elif Path(path).suffix.lower() not in _SAMPLES:
            rows.append(LabelledRow(where, found[0] if found else path, _split(entry), label))
    return rows


def _files(folder: SoundFolder, info: str) -> list[dict[str, Any]]:
    try:
        files = json.loads(read_text(folder.root / info, info))["files"]
        return [entry for entry in files if isinstance(entry, dict)]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadDataset(f"{info}: this is no list of an Edge Impulse export. Export the data set again.") from error


def _label(entry: dict[str, Any]) -> str | None:
    """The one label of a file; None where it has none, or several over time."""
    label = entry.get("label")
    if isinstance(label, dict):
        label = label.get("label") if label.get("type", "label") == "label" else None
    return label if isinstance(label, str) and label else None


def _split(entry: dict[str, Any]) -> str:
    category = str(entry.get("category", ""))
    return category if split_word(category) else ""


def _named(folder: SoundFolder) -> list[LabelledRow]:
    """Clips directly in training and testing, all with a dot in what would be their stem."""
    inside = [name for name in folder.clips if PurePosixPath(name).parent.name.lower() in _FOLDERS]
    dotted = [name for name in inside if "." in PurePosixPath(name).stem]
    if not dotted or len(dotted) < len(folder.clips):
        return []
    paths = [PurePosixPath(name) for name in dotted]
    return [LabelledRow(str(path), str(path), path.parent.name, path.name.partition(".")[0]) for path in paths]


def _unread(folder: SoundFolder) -> list[DatasetProblem]:
    inside = [name for name in folder.others if PurePosixPath(name).parent.name.lower() in _FOLDERS]
    samples = [name for name in inside if Path(name).suffix.lower() in _SAMPLES]
    if not samples:
        return []
    message = f"{len(samples)} samples are in Edge Impulse's acquisition format ({samples[0]}): export them as WAV."
    return [note("unknown_format", f"{len(samples)} samples", message)]
