"""Summary of searches at equal compute: each entrant against the best peer of each budget, in epochs and in seconds.

The budget in seconds is what the best peer took, in the mean, for that many epochs; the best peer at equal seconds may
be another one. The reference of a budget is the best peer's mean reward there. An entrant reaches it at the first
moment from which its own mean stays at least as high up to the budget; the best peer has such a ratio itself, below 1
where its mean rises little, and stands in the table for comparison.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.compute.spending import BUDGETS, ComputeRecord, Handover

Values = NDArray[np.float64]
ComputeRecords = Mapping[int, ComputeRecord]
"""Searches of one entrant by seed."""
Spent = Callable[[Handover], float]
_RESAMPLES = 1_000
_NOTHING = -1.0  # reward of handing nothing over: below any network's
_DIGITS = 4


class Course:
    """Rewards held by what was spent, step functions: `reward` [seeds, moments] at `moments` [moments]."""

    def __init__(self, records: Sequence[ComputeRecord], spent: Spent, budget: float) -> None:
        """Courses up to `budget` of what is `spent`."""
        handovers = [[(spent(one), one.reward) for one in record.handovers] for record in records]
        moments = {moment for each in handovers for moment, _ in each if moment <= budget}
        self.moments = np.array(sorted(moments | {budget}))
        self.reward = np.array([_held(each, self.moments) for each in handovers])

    @property
    def final(self) -> Values:
        """Rewards at the budget [seeds]."""
        return np.asarray(self.reward[:, -1])

    def reaches(self, reward: float, seeds: NDArray[np.intp]) -> float:
        """What was spent when the mean over `seeds` was at least `reward` for good; infinity where it never was."""
        below = np.flatnonzero(self.reward[seeds].mean(axis=0) < reward - 10.0**-_DIGITS / 2)
        first = int(below[-1]) + 1 if len(below) else 0
        return float(self.moments[first]) if first < len(self.moments) else np.inf


def _held(handovers: Sequence[tuple[float, float | None]], moments: Values) -> Values:
    """Reward held at each moment [moments]."""
    spent = np.array([moment for moment, _ in handovers])
    rewards = np.array([_NOTHING, *(_NOTHING if reward is None else reward for _, reward in handovers)])
    return np.asarray(rewards[np.searchsorted(spent, moments, side="right")])


def summary(records: Iterable[ComputeRecord], peers: Sequence[str]) -> dict[str, Any]:
    """Results by landscape, budget and entrant; `peers` are the names of those that the best is chosen from."""
    by_landscape: dict[str, dict[str, dict[int, ComputeRecord]]] = {}
    for record in records:
        by_landscape.setdefault(record.landscape, {}).setdefault(record.entrant, {})[record.seed] = record
    return {
        landscape: {
            str(budget): _budget(long_enough, candidates, index)
            for index, budget in enumerate(BUDGETS)
            if (long_enough := _long_enough(entrants, budget))
            and (candidates := [name for name in peers if name in long_enough])
        }
        for landscape, entrants in by_landscape.items()
    }


def _long_enough(entrants: Mapping[str, ComputeRecords], budget: int) -> dict[str, ComputeRecords]:
    kept = {
        name: {seed: record for seed, record in records.items() if record.epochs >= budget}
        for name, records in entrants.items()
    }
    return {name: records for name, records in kept.items() if records}


def _budget(entrants: Mapping[str, ComputeRecords], peers: Sequence[str], index: int) -> dict[str, Any]:
    """All entrants at the budget of this index, against the peer that is best there."""
    by_epochs = _Reference.best(entrants, peers, lambda one: one.epochs, float(BUDGETS[index]))
    seconds = float(np.mean([record.seconds[index] for record in entrants[by_epochs.peer].values()]))
    by_seconds = _Reference.best(entrants, peers, lambda one: one.seconds, seconds)
    return {
        "best_peer": by_epochs.peer,
        "seconds": round(seconds),
        "best_peer_at_seconds": by_seconds.peer,
        "entrants": {
            name: _numbers(records, by_epochs, "epochs_to_reference")
            | {"at_seconds": _numbers(records, by_seconds, "seconds_to_reference")}
            for name, records in entrants.items()
        },
    }


@dataclass(frozen=True)
class _Reference:
    """The best peer at `budget` of what is `spent`."""

    peer: str
    records: ComputeRecords
    spent: Spent
    budget: float

    @classmethod
    def best(
        cls, entrants: Mapping[str, ComputeRecords], peers: Sequence[str], spent: Spent, budget: float
    ) -> "_Reference":
        """Of the peers with the most seeds, that with the best mean at the budget."""
        most = max(len(entrants[name]) for name in peers)
        whole = [name for name in peers if len(entrants[name]) == most]
        means = {name: float(Course(list(entrants[name].values()), spent, budget).final.mean()) for name in whole}
        peer = max(whole, key=means.__getitem__)
        return cls(peer, entrants[peer], spent, budget)


def _numbers(ours: ComputeRecords, reference: _Reference, reached: str) -> dict[str, Any]:
    """Numbers of one entrant over the seeds that it and the best peer share; `reached` names what is spent."""
    seeds = sorted(set(ours) & set(reference.records))
    if not seeds:
        return {"seeds": 0}
    course = Course([ours[seed] for seed in seeds], reference.spent, reference.budget)
    theirs = Course([reference.records[seed] for seed in seeds], reference.spent, reference.budget).final
    leads = course.final - theirs
    resampled = np.array([_resampled(course, theirs, drawn) for drawn in _draws(len(seeds))])
    low, high = np.quantile(resampled[:, 0], (0.25, 0.75), method="lower")
    spent = course.reaches(float(theirs.mean()), np.arange(len(seeds)))
    return {
        "seeds": len(seeds),
        "mean": _rounded(course.final.mean()),
        "quartiles": [_rounded(value) for value in np.quantile(course.final, (0.25, 0.5, 0.75))],
        "lead": _rounded(leads.mean()),
        "lead_95": [_rounded(value) for value in np.quantile(resampled[:, 1], (0.025, 0.975))],
        "wins": float(np.sum(leads > 0) + 0.5 * np.sum(leads == 0)),
        reached: _rounded(spent, 0),
        "ratio": _rounded(spent / reference.budget, 3),
        "ratio_quartiles": [_rounded(value / reference.budget, 3) for value in (low, high)],
    }


def _draws(count: int) -> list[NDArray[np.intp]]:
    """Seeds drawn with replacement, for a bootstrap; in pairs, as a landscape that is easy is so for both."""
    rng = np.random.default_rng(0)
    return [rng.integers(count, size=count) for _ in range(_RESAMPLES)]


def _resampled(course: Course, theirs: Values, drawn: NDArray[np.intp]) -> tuple[float, float]:
    """What is spent until the reference is reached, and the lead, over the seeds `drawn`."""
    reference = float(theirs[drawn].mean())
    return course.reaches(reference, drawn), float(course.final[drawn].mean()) - reference


def _rounded(value: float, digits: int = _DIGITS) -> float | None:
    """Rounded value; None for infinity: the reference is not reached."""
    return round(float(value), digits) if np.isfinite(value) else None
