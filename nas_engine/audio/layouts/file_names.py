"""Layout of clips with labels in their file names: dog_01.wav, 7_jackson_32.wav, 1011-1-0-0.wav.

A pattern describes the name without its suffix: {class}, {group} and {split} stand for texts, # for digits, * for
anything. A pattern is found where it is the only one that fits; it is shown with the result, and can be given.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from nas_engine.audio.checks import DatasetProblem
from nas_engine.audio.layouts.base import LabelledRow, Listing, ReadingOptions, note, some
from nas_engine.audio.layouts.files import SoundFolder
from nas_engine.audio.layouts.split_words import fold_folder, split_word
from nas_engine.errors import BadDataset

URBAN_SOUND = (
    *("air_conditioner", "car_horn", "children_playing", "dog_bark", "drilling", "engine_idling", "gun_shot"),
    *("jackhammer", "siren", "street_music"),
)
"""Classes of UrbanSound8K by the number in its file names (Salamon et al. 2014)."""
_URBAN_NAME = re.compile(r"(\d+)-(\d)-\d+-\d+")
_FIELD = re.compile(r"(\{class\}|\{group\}|\{split\}|\*|#)")
_MEANINGS = {
    "*": ".*",
    "#": r"\d+",
    "{class}": "(?P<class>.+?)",
    "{group}": "(?P<group>.+?)",
    "{split}": "(?P<split>.+?)",
}
_NUMBERED = (
    "{class}_#",
    "{class}-#",
    "{class} #",
    "{class}.#",
    "{class} (#)",
    "{class}#",
    "#_{class}",
    "#-{class}",
    "# {class}",
)
_FITTING = 0.95


def recognise(folder: SoundFolder, options: ReadingOptions) -> Listing | None:
    """Clips by the pattern that is given, or else by the only one that fits; None where no pattern fits.

    Raises BadDataset where the given pattern fits no clip, and where several parts of the names could be the class.
    """
    if options.mapping and options.mapping.pattern:
        return _by_pattern(folder, options.mapping.pattern)
    if rows := urban_names(folder.clips):
        return Listing(rows, "UrbanSound8K by file names", (_shown("{group}-{class}-*-*", rows),))
    names = [PurePosixPath(name).stem for name in folder.clips]
    if not names or not _are_flat(folder):
        return None
    fitting = [pattern for pattern in _NUMBERED if _fits(pattern, names)]
    return _by_pattern(folder, fitting[0]) if fitting else _by_parts(folder, names)


def urban_names(clips: Sequence[str]) -> list[LabelledRow]:
    """Clips named as those of UrbanSound8K are, with recording and class; none where a name is of another kind."""
    matches = [_URBAN_NAME.fullmatch(PurePosixPath(name).stem) for name in clips]
    if not all(matches):
        return []
    return [
        LabelledRow(name, name, "", URBAN_SOUND[int(match[2])], match[1])
        for name, match in zip(clips, matches, strict=True)
        if match
    ]


def _are_flat(folder: SoundFolder) -> bool:
    """Whether all clips lie in one folder, or directly in folders of splits."""
    parents = {PurePosixPath(name).parent for name in folder.clips}
    return len(parents) == 1 or all(split_word(parent.name) or fold_folder(parent.name) for parent in parents)


def _by_pattern(folder: SoundFolder, pattern: str) -> Listing:
    parts = [_MEANINGS.get(part, re.escape(part)) for part in _FIELD.split(pattern)]
    try:
        name = re.compile("".join(parts))
    except re.error as error:
        raise BadDataset(f"The pattern '{pattern}' cannot be used: name each of {{class}}, {{group}} once.") from error
    found = [(clip, name.fullmatch(PurePosixPath(clip).stem)) for clip in folder.clips]
    rows = [_row(clip, match) for clip, match in found if match]
    if not rows:
        example = PurePosixPath(folder.clips[0]).stem if folder.clips else "no clip"
        raise BadDataset(f"The pattern '{pattern}' fits no file name, such as '{example}'.")
    findings = [_shown(pattern, rows)]
    if others := [clip for clip, match in found if not match]:
        findings.append(
            note("unlisted", f"{len(others)} sound files", f"The pattern does not fit: left out ({some(others, 3)}).")
        )
    return Listing(rows, "labels in file names", tuple(findings))


def _row(clip: str, match: re.Match[str]) -> LabelledRow:
    parts = match.groupdict()
    folder = PurePosixPath(clip).parent.name
    split = parts.get("split") or (folder if split_word(folder) else "")
    return LabelledRow(clip, clip, split, parts["class"], parts.get("group") or "")


def _shown(pattern: str, rows: Sequence[LabelledRow]) -> DatasetProblem:
    first = rows[0]
    group = f", recording '{first.group}'" if first.group else ""
    message = f"Labels come from file names by the pattern {pattern}: {first.path} is '{first.label}'{group}."
    return note("pattern", "file names", message)


def _fits(pattern: str, names: Sequence[str]) -> bool:
    """Whether nearly all names have the pattern, with some words as classes, each in several names."""
    regex = re.compile("".join(_MEANINGS.get(part, re.escape(part)) for part in _FIELD.split(pattern)))
    labels = [match["class"] for name in names if (match := regex.fullmatch(name))]
    return (
        len(labels) >= _FITTING * len(names)
        and _are_classes(labels)
        and not any(re.search(r"\d[ ._-]*$", one) for one in labels)
    )


def _are_classes(labels: Sequence[str]) -> bool:
    counted = Counter(labels)
    words = all(any(letter.isalpha() for letter in label) for label in counted)
    return words and 2 <= len(counted) <= len(labels) / 2 and min(counted.values()) >= 2


def _by_parts(folder: SoundFolder, names: Sequence[str]) -> Listing | None:
    """By the part between separators that holds repeated words, if it is the only one."""
    separator = max("_- .", key=lambda sign: min(name.count(sign) for name in names))
    parts = [name.split(separator) for name in names]
    width = len(parts[0])
    if width < 2 or any(len(one) != width for one in parts):
        return None
    columns = list(zip(*parts, strict=True))
    repeated = [i for i, column in enumerate(columns) if 2 <= len(set(column)) <= len(column) / 2]
    words = [i for i in repeated if _are_classes(columns[i])]
    patterns = [separator.join("{class}" if i == place else "*" for i in range(width)) for place in words or repeated]
    if len(words) == 1:
        return _by_pattern(folder, patterns[0])
    if not patterns:
        return None
    raise BadDataset(
        f"The file names, such as '{names[0]}', hold their classes in one of several places. State which by a pattern: "
        f'--mapping with {{"pattern": "{patterns[0]}"}}'
        + "".join(f' or {{"pattern": "{pattern}"}}' for pattern in patterns[1:4])
        + ". {group} names speaker or recording."
    )
