"""Lint step for the words of `retired_words.toml`: `python -m tests.lint.retired_words [--counts]`.

Prints file, line, word and replacement of each use in product code that is not allowed; the exit status is 1 if there
is one. `--counts` prints the number of uses by folder instead.
"""

import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
LIST = Path(__file__).with_name("retired_words.toml")


class Use(NamedTuple):
    """Use of a retired word; `line` counts from 1."""

    path: str
    line: int
    word: str
    replacement: str


@dataclass(frozen=True, slots=True)
class RetiredWord:
    """Entry of the list. `only` and `allowed` are searched in a path and in "path: line"."""

    pattern: re.Pattern[str]
    replacement: str
    only: re.Pattern[str]
    allowed: tuple[re.Pattern[str], ...]

    @classmethod
    def from_toml(cls, entry: Mapping[str, Any]) -> "RetiredWord":
        return cls(
            pattern=re.compile(entry["pattern"]) if "pattern" in entry else whole_words(entry["words"]),
            replacement=entry["replacement"],
            only=re.compile(entry.get("only", "")),
            allowed=tuple(map(re.compile, entry.get("allowed", ()))),
        )

    def uses(self, path: str, lines: Iterable[str]) -> Iterator[Use]:
        if not self.only.search(path):
            return
        for number, line in enumerate(lines, start=1):
            found = self.pattern.search(line)
            if found and not any(allowed.search(f"{path}: {line}") for allowed in self.allowed):
                yield Use(path, number, found.group(), self.replacement)


def whole_words(words: Iterable[str]) -> re.Pattern[str]:
    """Pattern of the words in any case, alone or as a part of an identifier: "price" in "trial_price" and "TrialPrice",
    but not in "enterprise".
    """
    alternatives = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    capitals = "|".join(re.escape(word[0].upper() + word[1:]) for word in words)
    alone = rf"(?<![A-Za-z])(?i:{alternatives})(?![A-Za-z])"
    return re.compile(rf"{alone}|(?<=[a-z])(?:{capitals})(?![a-z])|(?<![A-Za-z])(?:{capitals})(?=[A-Z])")


def uses_in(root: Path, settings: Mapping[str, Any]) -> Iterator[Use]:
    """Uses of all words in the files of the scope, by path."""
    words = [RetiredWord.from_toml(entry) for entry in settings["word"]]
    for path in files_of(root, settings["scope"]):
        name, lines = path.relative_to(root).as_posix(), path.read_text("utf-8").splitlines()
        found = [use for word in words for use in word.uses(name, lines)]
        yield from sorted(found, key=lambda use: use.line)


def files_of(root: Path, scope: Mapping[str, Any]) -> Iterator[Path]:
    skipped = re.compile("|".join(scope["skipped"]))
    for folder in scope["folders"]:
        for path in sorted((root / folder).rglob("*")):
            is_text = path.is_file() and path.suffix in scope["suffixes"]
            if is_text and not skipped.search(path.relative_to(root).as_posix()):
                yield path
    yield from (root / name for name in scope["files"])


def folder_of(path: str) -> str:
    """Up to two levels: "nas_engine/energy"; the name of a file at the top."""
    folders = path.split("/")[:-1]
    return "/".join(folders[:2]) or path


def main(arguments: list[str]) -> int:
    found = list(uses_in(ROOT, tomllib.loads(LIST.read_text("utf-8"))))
    if "--counts" in arguments:
        counts = Counter(folder_of(use.path) for use in found)
        print(*(f"{count:5} {folder}" for folder, count in sorted(counts.items())), sep="\n")
    else:
        print(
            *(f"{use.path}:{use.line}: {use.word} → {use.replacement}" for use in found),
            sep="\n",
            end="\n" if found else "",
        )
    print(f"{len(found)} uses of retired words (tests/lint/retired_words.toml)" if found else "No retired words.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
