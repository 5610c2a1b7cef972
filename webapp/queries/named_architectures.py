"""Architectures by the hash that names of files and graphs carry, and by what a person types."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.db.models import Q

from webapp.models import StoredArchitecture, Trial
from webapp.queries.summaries import BlockMark, block_marks

SHORTEST_HASH = 12
_HASH = re.compile(rf"(?<![0-9a-f])[0-9a-f]{{{SHORTEST_HASH},64}}(?![0-9a-f])")
_MOST_NAMES = 50
FOUND = 20


def hashes_in(text: str) -> list[str]:
    """What may be an architecture's hash, whole or its first 12 or more digits, in a name."""
    return _HASH.findall(text.lower())


def named_in(names: Iterable[str]) -> StoredArchitecture | None:
    """The architecture that the names carry the hash of; None if there is none, or several. At most one query."""
    starts = [start for name in names for start in hashes_in(name)][:_MOST_NAMES]
    if not starts:
        return None
    condition = Q()
    for start in starts:
        condition |= Q(hash__startswith=start)
    found = list(StoredArchitecture.objects.filter(condition)[:2])
    return found[0] if len(found) == 1 else None


def other_hash(graphs: Iterable[str], architecture_hash: str) -> str:
    """What a graph of a benchmark log is named by, if that is a hash and not this architecture's; else nothing."""
    starts = (start for graph in graphs for start in hashes_in(PurePosixPath(graph.replace("\\", "/")).name))
    return next((start for start in starts if not (start.isdecimal() or architecture_hash.startswith(start))), "")


@dataclass(frozen=True, slots=True)
class FoundArchitecture:
    """An architecture that a search found, with one of the trials that trained it; `name` is empty without one."""

    hash: str
    name: str
    blocks: tuple[BlockMark, ...]
    flops: int
    is_trained: bool


def search(text: str) -> tuple[FoundArchitecture, ...]:
    """Architectures whose hash begins with `text`, or of trials whose label, study or number it names.

    "Doorbell 7" finds trial 7 of the study "Doorbell watch". At most FOUND, trained ones first. Two queries.
    """
    words = text.split()
    if not words:
        return ()
    trials = Trial.objects.select_related("study", "architecture").only(
        "number", "label", "tflite", "study__name", "architecture__hash", "architecture__spec", "architecture__flops"
    )
    trials = trials.filter(_condition(words), violates_constraints=False, reproduces=None).order_by(
        "-study_id", "number"
    )
    found: dict[str, FoundArchitecture] = {}
    for trial in sorted(trials[: FOUND * 5], key=lambda trial: not trial.tflite):
        found.setdefault(trial.architecture_id, _of_trial(trial))
    for row in StoredArchitecture.objects.filter(hash__startswith="".join(words).lower())[:FOUND]:
        found.setdefault(row.hash, FoundArchitecture(row.hash, "", block_marks(row.spec), row.flops, False))
    return tuple(found.values())[:FOUND]


def _condition(words: list[str]) -> Q:
    """Each word names a trial's number, a part of its label or study, or the beginning of its hash."""
    condition = Q()
    for word in words:
        one = Q(label__icontains=word) | Q(study__name__icontains=word) | Q(architecture__hash__startswith=word.lower())
        if word.isascii() and word.isdecimal() and len(word) < 8:
            one |= Q(number=int(word))
        condition &= one
    return condition


def _of_trial(trial: Trial) -> FoundArchitecture:
    name = trial.label or f"{trial.study.name}, trial {trial.number}"
    row = trial.architecture
    return FoundArchitecture(row.hash, name, block_marks(row.spec), row.flops, bool(trial.tflite))


@dataclass(frozen=True, slots=True)
class NamedNetwork:
    """An architecture by the name of a trial that trained it. `tflite` is its stored file, empty without one."""

    hash: str
    label: str
    tflite: str


def named_networks(hashes: Iterable[str]) -> tuple[NamedNetwork, ...]:
    """In the order of `hashes`; trained ones by their latest trial that is no repetition, others by a part of their
    hash. One query.
    """
    wanted = list(hashes)
    named = Trial.objects.filter(architecture__in=wanted, violates_constraints=False, reproduces=None)
    trials = named.select_related("study")
    latest: dict[str, Trial] = {}
    for trial in trials.only("number", "label", "tflite", "architecture_id", "study__name").order_by("pk"):
        if trial.tflite or trial.architecture_id not in latest:
            latest[trial.architecture_id] = trial
    return tuple(_named(digest, latest.get(digest)) for digest in wanted)


def _named(digest: str, trial: Trial | None) -> NamedNetwork:
    if trial is None:
        return NamedNetwork(digest, f"network {digest[:SHORTEST_HASH]}", "")
    return NamedNetwork(digest, trial.label or f"{trial.study.name}, trial {trial.number}", str(trial.tflite.name))
