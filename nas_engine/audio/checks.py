"""Checks of a set of clips, with messages that state the problem and its remedy."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from nas_engine.errors import BadDataset

SPLITS = ("train", "eval", "test")
LISTED_PER_KIND = 50
Severity = Literal["error", "warning", "note"]
Counts = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class DatasetProblem:
    """Finding. An "error" left clips out, a "warning" may impair results, a "note" records a decision.

    `kind`: key to group by, such as "unreadable" or "group_in_two_splits"; `where`: file, line or class; `message`:
    problem and remedy.
    """

    kind: str
    severity: Severity
    where: str
    message: str


class LabelledClip(Protocol):
    """Clip with a split and a class, as the checks need it."""

    @property
    def split(self) -> str:
        """One of `SPLITS`."""
        ...

    @property
    def label(self) -> str:
        """Name of the class."""
        ...

    @property
    def group(self) -> str:
        """Recording that the clip was cut from, "" if unknown."""
        ...

    @property
    def source_name(self) -> str:
        """Name of the clip in messages."""
        ...


class HashedClip(LabelledClip, Protocol):
    """Labelled clip with a hash of its samples."""

    @property
    def sha256(self) -> str:
        """64 hex digits, equal for equal samples."""
        ...


Hashed = TypeVar("Hashed", bound=HashedClip)


def count_clips(clips: Iterable[LabelledClip], classes: Sequence[str]) -> Counts:
    """Number of clips as {split: {class: clips}}, with every split and class, including zeros."""
    counted = Counter((clip.split, clip.label) for clip in clips)
    return {split: {label: counted[split, label] for label in classes} for split in SPLITS}


def without_duplicates(clips: Iterable[Hashed]) -> tuple[list[Hashed], list[DatasetProblem]]:
    """First of clips with equal samples in the order train, eval, test, and a problem for each copy."""
    first: dict[str, Hashed] = {}
    problems = []
    for clip in sorted(clips, key=lambda clip: SPLITS.index(clip.split)):
        original = first.setdefault(clip.sha256, clip)
        if original is not clip:
            problems.append(_duplicate(original, clip))
    return list(first.values()), problems


def _duplicate(original: LabelledClip, copy: LabelledClip) -> DatasetProblem:
    kind = "duplicate" if original.split == copy.split else "duplicate_across_splits"
    message = f"Left out: the same sound as {original.source_name} in {original.split}."
    if original.label != copy.label:
        kind = "duplicate_with_other_class"
        message += f" That one is labelled '{original.label}', this one '{copy.label}': correct the wrong one."
    return DatasetProblem(kind, "warning", f"{copy.split}: {copy.source_name}", message)


def group_leaks(clips: Iterable[LabelledClip], noun: str = "recording") -> list[DatasetProblem]:
    """Warnings for recordings, or speakers by `noun`, whose clips are in more than one split."""
    by_group: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for clip in clips:
        if clip.group:
            by_group[clip.group][clip.split] += 1
    return [_leak(group, noun, splits) for group, splits in sorted(by_group.items()) if len(splits) > 1]


def _leak(group: str, noun: str, splits: Counter[str]) -> DatasetProblem:
    where = ", ".join(f"{splits[split]} in {split}" for split in SPLITS if splits[split])
    message = (
        f"{splits.total()} clips of one {noun} lie in several splits ({where}). Networks will look more accurate "
        f"than they are: move all clips of a {noun} to one split."
    )
    return DatasetProblem("group_in_two_splits", "warning", f"{noun} {group}", message)


def missing_classes(counts: Mapping[str, Mapping[str, int]]) -> list[DatasetProblem]:
    """Warnings for classes without clips in a split that has clips of others, and for an empty test split."""
    problems = [
        DatasetProblem("class_without_clips", "warning", f"{split}: {label}", _MISSING_CLASS[split].format(label=label))
        for split, labels in counts.items()
        for label, number in labels.items()
        if number == 0 and any(labels.values())
    ]
    if not any(counts["test"].values()):
        message = (
            "There are no test clips. Accuracies in Earshot are those of the eval clips, which also choose the "
            "networks: keep some clips apart to judge a finished network by."
        )
        problems.append(DatasetProblem("empty_split", "warning", "test", message))
    return problems


def vanished_classes(found: Iterable[LabelledClip], classes: Sequence[str]) -> list[DatasetProblem]:
    """Warnings for classes without a usable clip."""
    gone = sorted({clip.label for clip in found} - set(classes))
    message = "None of its clips can be used, so networks are built without this class: see the problems of its clips."
    return [DatasetProblem("class_left_out", "warning", label, message) for label in gone]


def alike_classes(classes: Sequence[str]) -> list[DatasetProblem]:
    """Warnings for classes whose names differ in capitals, spaces or signs alone, as Dog Bark and dog_bark."""
    by_word: defaultdict[str, list[str]] = defaultdict(list)
    for label in classes:
        by_word["".join(filter(str.isalnum, label.casefold())) or label].append(label)
    message = (
        "Networks are trained to keep these classes apart. If they are one, give them one name and add the clips again."
    )
    return [
        DatasetProblem("classes_alike", "warning", " and ".join(names), message)
        for names in by_word.values()
        if len(names) > 1
    ]


_MISSING_CLASS = {
    "train": "No training clips of '{label}': no network can learn this class. Add clips or remove the class.",
    "eval": "No evaluation clips of '{label}': the search cannot see how well this class is recognised. Add clips.",
    "test": "No test clips of '{label}'. Accuracies in Earshot are those of the eval clips and do not change; the test "
    "clips of a finished network lack this class. Add clips.",
}


def require_trainable(counts: Mapping[str, Mapping[str, int]], problems: Sequence[DatasetProblem]) -> None:
    """Raise BadDataset without train or eval clips, or with training clips of a single class."""
    lacking = [split for split in ("train", "eval") if not any(counts[split].values())]
    trained = [label for label, number in counts["train"].items() if number]
    if not lacking and len(trained) >= 2:
        return
    if lacking:
        what = f"No usable clips in {' and '.join(lacking)}: Earshot trains on 'train' and compares networks on 'eval'."
    else:
        what = f"All training clips are of the class '{trained[0]}': at least two classes are needed."
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        what += f" {len(errors)} problems left clips out; the first: {errors[0].where}: {errors[0].message}"
    raise BadDataset(what)


def shortened(problems: Sequence[DatasetProblem]) -> list[DatasetProblem]:
    """At most 50 problems of each kind, followed by one that counts the rest."""
    by_kind: defaultdict[str, list[DatasetProblem]] = defaultdict(list)
    for problem in problems:
        by_kind[problem.kind].append(problem)
    result = []
    for kind, found in by_kind.items():
        result += found[:LISTED_PER_KIND]
        rest = len(found) - LISTED_PER_KIND
        if rest > 0:
            result.append(
                DatasetProblem(kind, found[0].severity, f"{rest} more", "Others of this kind are not listed.")
            )
    return result
