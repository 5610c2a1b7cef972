"""Relatives of a trial: trials of the same network in any study, and of networks one block away in its own."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

from django.db.models import Case, IntegerField, Value, When

from nas_engine.architecture import Architecture
from nas_engine.statistics.wilson import difference95
from webapp.models import StoredArchitecture, Trial, TrialQuerySet
from webapp.queries.accuracy import evaluation_split
from webapp.queries.energy_estimates import CurrentEstimate, estimate_of, with_estimates
from webapp.queries.pages.differences import block_changes
from webapp.translation import architecture

MOST_SHOWN = 40
_DIFFERING = "differing_blocks"


@dataclass(frozen=True, slots=True)
class SameNetwork:
    """A trial of the same network, in whichever study; `is_literal` where its identities stand in the same places."""

    trial: Trial
    is_literal: bool


@dataclass(frozen=True, slots=True)
class NeighbourGain:
    """What a change of one block brought, less the trial's own: accuracy 0..1, energy in mJ, flash in bytes.

    `low95`..`high95` is the interval of the accuracy's difference that the clips of the evaluation split leave.
    """

    accuracy: float
    low95: float
    high95: float
    energy_mj: float | None
    flash_bytes: int | None
    reward: float | None

    @property
    def verdict(self) -> str:
        """In words; what an interval around 0 shows is nothing."""
        return "better" if self.low95 > 0 else "worse" if self.high95 < 0 else "within the scatter of the clips"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A trial whose network differs in the block `position` alone; `gain` is None while one of them has no result."""

    trial: Trial
    position: str
    changes: tuple[str, ...]
    gain: NeighbourGain | None


@dataclass(frozen=True, slots=True)
class Relatives:
    """The relatives that are shown, and how many there are; neighbours come with the greatest gain in reward first."""

    same: tuple[SameNetwork, ...]
    same_total: int
    neighbours: tuple[Neighbour, ...]
    neighbours_total: int


def relatives_context(trial: Trial, estimate: CurrentEstimate) -> dict[str, Any]:
    """Relatives of a trial from `shown_trials`, whose current estimate is at hand. Three queries."""
    own = architecture(trial.architecture)
    same = list(_same_network(trial, own))
    near = sorted(_neighbours(trial, own, estimate), key=_best_first)
    shown = tuple(near[:MOST_SHOWN])
    return {"relatives": Relatives(tuple(same[:MOST_SHOWN]), len(same), shown, len(near))}


def _same_network(trial: Trial, own: Architecture) -> Iterable[SameNetwork]:
    """By `network_hash`, which no table holds: rows of equal costs are looked at. Two queries."""
    row = trial.architecture
    costs = {name: getattr(row, name) for name in ("flops", "parameters", "peak_activation_bytes")}
    alike = StoredArchitecture.objects.filter(**costs) if row.flops else [row]
    hashes = [one.hash for one in alike if architecture(one).network_hash == own.network_hash]
    trials = Trial.objects.filter(architecture__in=hashes).exclude(pk=trial.pk).select_related("study__dataset")
    for found in trials.defer("study__space_spec", "confusion").order_by("-study", "number"):
        yield SameNetwork(found, found.architecture_id == row.hash)


def _neighbours(trial: Trial, own: Architecture, estimate: CurrentEstimate) -> Iterable[Neighbour]:
    """By comparing the blocks in the database, position by position. One query."""
    split, number = evaluation_split(trial.study.dataset), len(own.blocks)
    for found in with_estimates(_one_away(trial, own), trial.study.energy_model_id):
        other = architecture(found.architecture)
        place = next(n for n in range(number) if own.blocks[n] != other.blocks[n])
        gain = _gain(trial, estimate, found, split.clips if split else 0)
        yield Neighbour(found, f"b{place + 1}", block_changes(own.blocks[place], other.blocks[place]), gain)


def _one_away(trial: Trial, own: Architecture) -> TrialQuerySet:
    """Trials of the study that were trained, with as many blocks, of which one differs."""
    spec = trial.architecture.spec
    last = len(own.blocks) - 1
    trials = Trial.objects.filter(study=trial.study_id, violates_constraints=False).exclude(pk=trial.pk)
    alike = trials.filter(
        architecture__spec__stem=spec["stem"],
        architecture__spec__head=spec["head"],
        **{
            f"architecture__spec__blocks__{last}__isnull": False,
            f"architecture__spec__blocks__{last + 1}__isnull": True,
        },
    )
    return (
        alike.annotate(**{_DIFFERING: reduce(add, map(_differs, range(last + 1), spec["blocks"]))})
        .filter(**{_DIFFERING: 1})
        .select_related("architecture")
        .defer("confusion")
    )


def _differs(place: int, block: dict[str, Any]) -> Case:
    """1 where the block at `place` is another one, else 0."""
    same = When(**{f"architecture__spec__blocks__{place}": block}, then=Value(0))
    return Case(same, default=Value(1), output_field=IntegerField())


def _gain(trial: Trial, estimate: CurrentEstimate, other: Trial, clips: int) -> NeighbourGain | None:
    if trial.int8_accuracy is None or other.int8_accuracy is None or not clips:
        return None
    low, high = difference95((trial.int8_accuracy, other.int8_accuracy), clips)
    theirs = estimate_of(other)

    def less(value: float | None, of: float | None) -> float | None:
        return value - of if value is not None and of is not None else None

    return NeighbourGain(
        accuracy=other.int8_accuracy - trial.int8_accuracy,
        low95=low,
        high95=high,
        energy_mj=less(theirs.energy_mj, estimate.energy_mj),
        flash_bytes=other.flash_bytes - trial.flash_bytes if other.flash_bytes and trial.flash_bytes else None,
        reward=less(theirs.reward, estimate.reward),
    )


def _best_first(neighbour: Neighbour) -> tuple[float, int]:
    """The greatest gain in reward first, trials without a result last, equals by number."""
    gain = neighbour.gain
    return (-gain.reward if gain and gain.reward is not None else float("inf")), neighbour.trial.number
