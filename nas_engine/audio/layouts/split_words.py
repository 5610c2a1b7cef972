"""Words for splits as data sets use them, folds, and the splits of clips that come without one."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import PurePosixPath

_WORDS = {
    "train": ("train", "training", "tr"),
    "val": ("val", "valid", "validation", "validate"),
    "dev": ("dev", "development", "devel"),
    "eval": ("eval", "evaluation", "evaluate"),
    "test": ("test", "testing", "tst"),
}
_KIND_OF = {name: kind for kind, names in _WORDS.items() for name in names}
_PART = re.compile(r"[^a-z]+")
_FOLD = re.compile(r"(?:fold|split|cv)?[ _-]*(\d{1,2})(?:\.0+)?", re.IGNORECASE)
_FOLD_FOLDER = re.compile(r"(?:fold|cv)[ _-]*(\d{1,2})", re.IGNORECASE)
_SHARES = (("train", 0.6), ("eval", 0.8), ("test", 1.0))
_EVAL_ONE_IN = 5


def split_word(text: str) -> str:
    """Kind of split that a word names (train, val, dev, eval or test), "" for any other text."""
    return _KIND_OF.get(text.strip().lower(), "")


def split_in_name(name: str) -> str:
    """Kind of split in the name of a list, or else of its folders: train_manifest.json, val/metadata.csv."""
    path = PurePosixPath(name)
    for part in (path.stem, *reversed(path.parent.parts)):
        words = [word for word in _PART.split(part.lower()) if word in _KIND_OF]
        if words[:1] == ["valid"] and len(words) > 1:
            del words[0]  # cv-valid-train of Common Voice's first release: clips that were found valid
        if words:
            return _KIND_OF[words[0]]
    return ""


def meanings(kinds: Collection[str]) -> dict[str, str]:
    """Earshot's split of each kind of split that occurs in one data set.

    A development set is for training where nothing else is; an evaluation set is for testing where there are
    validation clips (or a development set) but no test clips.
    """
    kinds = set(kinds)
    develops = "dev" in kinds and "train" not in kinds and bool(kinds & {"eval", "test"})
    compared = bool(kinds & {"val", "dev"})
    return {
        "train": "train",
        "val": "eval",
        "dev": "train" if develops else "eval",
        "eval": "test" if compared and "test" not in kinds else "eval",
        "test": "test",
    }


def fold_number(text: str) -> int | None:
    """Number of a fold written 3, 3.0, fold3 or Fold 3, None for any other text."""
    found = _FOLD.fullmatch(text.strip())
    return int(found[1]) if found else None


def fold_folder(name: str) -> int | None:
    """Number in the name of a folder such as fold3, None for any other name."""
    found = _FOLD_FOLDER.fullmatch(name)
    return int(found[1]) if found else None


def splits_of_folds(folds: Collection[int]) -> dict[int, str]:
    """Split of each fold: the last fifth of the folds is test, the fifth before it eval, the rest train."""
    numbers = sorted(set(folds))
    share = max(1, round(len(numbers) / 5))
    if len(numbers) == 1:
        return {}
    if len(numbers) == 2:
        return {numbers[0]: "train", numbers[1]: "eval"}
    return {
        number: "test" if left < share else "eval" if left < 2 * share else "train"
        for left, number in enumerate(reversed(numbers))
    }


def split_of_group(group: str) -> str:
    """Split of all clips of one recording, determined by a hash of its name: 60 / 20 / 20 % on average."""
    share = int.from_bytes(_digest(group)[:8]) / 2.0**64
    return next(split for split, end in _SHARES if share < end)


def splits_of_groups(groups: Iterable[str]) -> dict[str, str]:
    """Split of each group by its hash; where that leaves train or eval empty, by the order of the hashes.

    A recording keeps its split when others are added, unless the set is so small that a split would be empty.
    """
    names = sorted(set(groups), key=_digest)
    found = {name: split_of_group(name) for name in names}
    if {"train", "eval"} <= set(found.values()) or len(names) < 2:
        return found
    evals = max(1, round(0.2 * len(names)))
    tests = evals if len(names) > 2 else 0
    trains = len(names) - evals - tests
    return {
        name: "train" if place < trains else "eval" if place < trains + evals else "test"
        for place, name in enumerate(names)
    }


def groups_for_eval(labels_of: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Groups of training clips that become eval: about a fifth of each class, by the order of the hashes.

    `labels_of` holds the classes of each group's clips. A class with a single group keeps it for training.
    """
    by_label: defaultdict[str, list[str]] = defaultdict(list)
    for group in sorted(labels_of, key=_digest):
        by_label[Counter(labels_of[group]).most_common(1)[0][0]].append(group)
    return frozenset(
        group
        for groups in by_label.values()
        for group in groups[: max(1, round(len(groups) / _EVAL_ONE_IN)) if len(groups) > 1 else 0]
    )


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogateescape")).digest()
