"""Layout of Speech Commands (Warden 2018): a folder for each word, and its official split.

The lists validation_list.txt and testing_list.txt name clips as word/file; all others are for training. A file's name
begins with its speaker, up to _nohash_. Without lists the split is by the published rule, which hashes the speaker: the
SHA-1 modulo 2^27, as a share of 2^27 - 1 (README of the data set, section "Organization").
"""

import hashlib
from pathlib import PurePosixPath

from nas_engine.audio.layouts.base import LabelledRow, Listing, ReadingOptions, note
from nas_engine.audio.layouts.files import SoundFolder
from nas_engine.audio.layouts.lists.tables import read_text

BACKGROUND = "_background_noise_"
_LISTS = {"validation_list.txt": "val", "testing_list.txt": "test"}
_SPEAKER = "_nohash_"
_MOST_CLIPS_PER_CLASS = 2**27 - 1
_VALIDATION_PERCENT, _TEST_PERCENT = 10.0, 10.0


def recognise(folder: SoundFolder, options: ReadingOptions) -> Listing | None:
    """Clips of a folder with the official lists, or with the official names and no other list."""
    mapping = options.mapping
    if mapping and (mapping.has_columns or mapping.pattern):
        return None
    words = [name for name in folder.clips if "/" in name and BACKGROUND not in name.split("/")]
    lists = [name for name in folder.others if PurePosixPath(name).name in _LISTS]
    if not words or not (lists or all(_SPEAKER in name for name in words)):
        return None
    split_of = {path: _LISTS[PurePosixPath(name).name] for name in lists for path in _listed(folder, name)}
    rows = [LabelledRow(name, name, _split(name, split_of), _word(name), _speaker(name)) for name in words]
    background = len(folder.clips) - len(words)
    message = f"{background} recordings of background noise are no keyword: left out."
    findings = (note("background", BACKGROUND, message),) if background else ()
    return Listing(rows, "Speech Commands", findings, "speaker")


def _listed(folder: SoundFolder, name: str) -> list[str]:
    """Clips that a list names; the words may lie in a folder next to it."""
    parent = name.rpartition("/")[0]
    lines = [line.replace("\\", "/") for line in read_text(folder.root / name, name).split()]
    found = ((line, path) for line in lines for path in folder.find(line, parent))
    return [path for line, path in found if f"/{path}".endswith(f"/{line.removeprefix('./')}")]


def _split(name: str, split_of: dict[str, str]) -> str:
    return split_of.get(name, "train") if split_of else official_split(_speaker(name))


def _word(name: str) -> str:
    return PurePosixPath(name).parent.name


def _speaker(name: str) -> str:
    stem = PurePosixPath(name).stem
    return stem.partition(_SPEAKER)[0] if _SPEAKER in stem else ""


def official_split(speaker: str) -> str:
    """Split of all clips of a speaker: 10 % validation, 10 % test, by the published rule."""
    number = int(hashlib.sha1(speaker.encode(), usedforsecurity=False).hexdigest(), 16)
    percentage = number % (_MOST_CLIPS_PER_CLASS + 1) * (100.0 / _MOST_CLIPS_PER_CLASS)
    if percentage < _VALIDATION_PERCENT:
        return "val"
    return "test" if percentage < _VALIDATION_PERCENT + _TEST_PERCENT else "train"
