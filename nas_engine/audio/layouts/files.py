"""Files of a folder of sounds, and how names in lists find them."""

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from pathlib import Path, PurePosixPath

from nas_engine.audio.containers.opening import SUFFIXES, holds_sound
from nas_engine.audio.layouts.split_words import split_word

LIST_SUFFIXES = frozenset({".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".txt"})
_LISTS = LIST_SUFFIXES - {".txt"}
_ABSOLUTE = re.compile(r"(?:/|[A-Za-z]:/|\w+://)")
_YOUTUBE_ID = 11
_MOST_FILES_OF_A_LIST = 50_000
_HEAD_CHARACTERS = 10_000


def is_file(path: Path) -> bool:
    """Whether a file is there; False for names that no file can have, where Path.is_file may raise OSError."""
    try:
        return path.is_file()
    except OSError:  # too long for a name
        return False


def is_hidden(name: str) -> bool:
    """Whether a name is one that systems add: .DS_Store, __MACOSX."""
    return name.startswith((".", "__MACOSX"))


def stem_of(name: str) -> str:
    """Name of a file without a suffix of sound; 1.2 is no suffix."""
    stem, dot, suffix = name.rpartition(".")
    return stem if f"{dot}{suffix}".lower() in SUFFIXES else name


def enter(path: Path) -> Path:
    """Root of the clips: archives often hold a single folder with everything, perhaps next to a README."""
    while True:
        entries = [entry for entry in _visible(path) if entry.is_dir() or _is_list(entry) or holds_sound(entry)]
        if len(entries) != 1 or not entries[0].is_dir() or split_word(entries[0].name):
            return path
        inner = _visible(entries[0])
        has_lists = any(entry.suffix.lower() in LIST_SUFFIXES for entry in inner)
        if not has_lists and any(holds_sound(entry) for entry in inner):
            return path  # a single class folder, not a wrapper
        path = entries[0]


def _is_list(path: Path) -> bool:
    suffix = path.suffix.lower()
    return suffix in _LISTS or (suffix == ".txt" and _names_sounds(path))


def _names_sounds(path: Path) -> bool:
    """Whether most lines of a plain text name a sound, as those of a README do not."""
    with path.open(encoding="latin-1") as file:
        lines = [line for line in file.read(_HEAD_CHARACTERS).lower().splitlines() if line.strip()]
    words = [re.split(r"[\s,;|\"]+", line) for line in lines]
    named = sum(any(Path(word).suffix in SUFFIXES for word in line) for line in words)
    return 2 * named > len(lines)


def _visible(folder: Path) -> list[Path]:
    return [entry for entry in folder.iterdir() if not is_hidden(entry.name)]


class SoundFolder:
    """Visible files below `root` by their path from there, with forward slashes: `clips`, and `others` (lists).

    With `only`, the one list that is meant, the folder may hold anything: only the clips of the list are looked for.
    """

    def __init__(self, root: Path, only: str = "") -> None:
        self.root, self._only = root, only
        names = [only] if only else sorted(_walk(root))
        self.clips = () if only else tuple(name for name in names if holds_sound(root / name))
        sounds = frozenset(self.clips)
        self.others = tuple(name for name in names if name not in sounds)
        self._exact = frozenset(names)

    def folders(self, below: str = "") -> tuple[str, ...]:
        """Names of the visible folders in the folder `below`."""
        return tuple(sorted(entry.name for entry in _visible(self.root / below) if entry.is_dir()))

    def find(self, listed: str, folder: str = "") -> tuple[str, ...]:
        """Files that a name in a list may mean: one, none, or several that the name does not tell apart.

        `folder` is where the list lies. A name is taken from there, from the root, and else by its end: lists come with
        paths of another machine, without folders, without suffix, or with the suffix of the original.
        """
        name = listed.strip().replace("\\", "/")
        if not name:
            return ()
        if not _ABSOLUTE.match(name):
            inside = [os.path.normpath(f"{base}{name}") for base in ((f"{folder}/" if folder else ""), "")]
            if found := next((path for path in inside if self._is_there(path)), None):
                return (found,)
            if all(path.startswith("..") for path in inside):
                return ()
        return self._by_end(PurePosixPath(os.path.normpath(name)))

    def names_clip(self, listed: str, folder: str = "") -> bool:
        """Whether a text in a list is the name of a sound file."""
        return any(path not in self._lists for path in self.find(listed, folder))

    def starting_with(self, youtube_id: str) -> tuple[str, ...]:
        """Clips named by the id of a video, perhaps with a Y before and a time behind it."""
        return tuple(self._by_video.get(youtube_id, ()))

    def _is_there(self, path: str) -> bool:
        inside = bool(self._only) and not path.startswith("..")
        return path in self._exact or (inside and is_file(self.root / path))

    def _by_end(self, name: PurePosixPath) -> tuple[str, ...]:
        same = self._by_name.get(name.name.lower()) or self._by_stem.get(stem_of(name.name).lower()) or []
        parts = [part.lower() for part in name.parts[:-1]]
        agreeing = {path: _agreement(parts, [part.lower() for part in PurePosixPath(path).parts[:-1]]) for path in same}
        most = max(agreeing.values(), default=0)
        return tuple(path for path, number in agreeing.items() if number == most)

    @cached_property
    def _lists(self) -> frozenset[str]:
        return frozenset(name for name in self.others if Path(name).suffix.lower() in LIST_SUFFIXES)

    @cached_property
    def _searched(self) -> tuple[str, ...]:
        """Files that a name may mean by its end; none where a single list lies among very many."""
        if not self._only:
            return (*self.clips, *self.others)
        names = tuple(islice(_walk(self.root), _MOST_FILES_OF_A_LIST + 1))
        return names if len(names) <= _MOST_FILES_OF_A_LIST else ()

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        return _index((PurePosixPath(name).name.lower(), name) for name in self._searched)

    @cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        sounds = (
            [name for name in self._searched if Path(name).suffix.lower() in SUFFIXES] if self._only else self.clips
        )
        return _index((stem_of(PurePosixPath(name).name).lower(), name) for name in sounds)

    @cached_property
    def _by_video(self) -> dict[str, list[str]]:
        stems = [(stem_of(PurePosixPath(name).name), name) for name in self.clips]
        starts = [(stem[:_YOUTUBE_ID], name) for stem, name in stems]
        return _index(starts + [(stem[1 : _YOUTUBE_ID + 1], name) for stem, name in stems if stem.startswith("Y")])


def _index(pairs: "Iterator[tuple[str, str]] | list[tuple[str, str]]") -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for key, name in sorted(pairs):
        found[key].append(name)
    return dict(found)


def _agreement(wanted: list[str], parts: list[str]) -> int:
    """Number of folders that agree, counted from the last."""
    number = 0
    for one, other in zip(reversed(wanted), reversed(parts), strict=False):
        if one != other:
            break
        number += 1
    return number


def _walk(root: Path) -> Iterator[str]:
    seen: set[str] = set()
    for folder, folders, files in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            folders.clear()  # a link back to where the walk has been
            continue
        seen.add(real)
        folders[:] = [name for name in folders if not is_hidden(name)]
        base = Path(folder).relative_to(root)
        yield from ((base / name).as_posix() for name in files if not is_hidden(name))
