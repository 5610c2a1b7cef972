"""Summary of searches at equal compute: each entrant against the best peer of each budget."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.compute.spending import BUDGETS, ComputeRecord

Values = NDArray[np.float64]
ComputeRecords = Mapping[int, ComputeRecord]
"""Searches of one entrant by seed."""
_RESAMPLES = 1_000
_NOTHING = -1.0  # reward of handing nothing over: below any network's
_DIGITS = 4


class Course:
    """Mean reward over seeds by what was spent, a step function: `reward` [seeds, moments] at `moments` [moments]."""

    def __init__(self, handovers: Sequence[Sequence[tuple[float, float]]]) -> None:
        """`handovers`: by seed, (spent, reward) in order."""
        self.moments = np.unique([spent for each in handovers for spent, _ in each])
        self.reward = np.array([_held(each, self.moments) for each in handovers])

    def reaches(self, reward: float, seeds: NDArray[np.intp]) -> float:
        """What was spent when the mean over `seeds` first was at least `reward`; infinity where it never is."""
        reached = np.flatnonzero(self.reward[seeds].mean(axis=0) >= reward - 10.0**-_DIGITS / 2)
        return float(self.moments[reached[0]]) if len(reached) else np.inf


def _held(handovers: Sequence[tuple[float, float]], moments: Values) -> Values:
    """Reward held at each moment [moments]."""
    spent = np.array([moment for moment, _ in handovers])
    rewards = np.array([_NOTHING, *(reward for _, reward in handovers)])
    return np.asarray(rewards[np.searchsorted(spent, moments, side="right")])


def summary(records: Iterable[ComputeRecord], peers: Sequence[str]) -> dict[str, Any]:
    """Results by landscape, budget and entrant; `peers` are the names of those that ours are compared with."""
    by_landscape: dict[str, dict[str, dict[int, ComputeRecord]]] = {}
    for record in records:
        by_landscape.setdefault(record.landscape, {}).setdefault(record.entrant, {})[record.seed] = record
    return {
        landscape: {
            str(budget): found
            for budget in BUDGETS
            if (found := _budget(_long_enough(entrants, budget), peers, budget))
        }
        for landscape, entrants in by_landscape.items()
    }


def _long_enough(entrants: Mapping[str, ComputeRecords], budget: int) -> dict[str, ComputeRecords]:
    kept = {
        name: {seed: record for seed, record in records.items() if record.epochs >= budget}
        for name, records in entrants.items()
    }
    return {name: records for name, records in kept.items() if records}


def _budget(entrants: Mapping[str, ComputeRecords], peers: Sequence[str], budget: int) -> dict[str, Any] | None:
    """All entrants after `budget` epochs, each against the peer with the best mean there; None without a peer."""
    rewards = {name: _rewards(records, budget) for name, records in entrants.items()}
    candidates = [name for name in peers if name in rewards]
    if not candidates:
        return None
    most = max(len(rewards[name]) for name in candidates)
    whole = [name for name in candidates if len(rewards[name]) == most]
    best = max(whole, key=lambda name: float(np.mean(list(rewards[name].values()))))
    return {
        "best_peer": best,
        "entrants": {name: _entrant(records, entrants[best], budget) for name, records in entrants.items()},
    }


def _rewards(records: ComputeRecords, budget: float) -> dict[int, float]:
    return {seed: _or_nothing(record.at_epochs(budget)) for seed, record in records.items()}


def _or_nothing(reward: float | None) -> float:
    return _NOTHING if reward is None else reward


def _entrant(ours: ComputeRecords, peer: ComputeRecords, budget: int) -> dict[str, Any]:
    """Numbers of one entrant, over the seeds that it and the peer share."""
    seeds = sorted(set(ours) & set(peer))
    rewards = np.array([_or_nothing(ours[seed].at_epochs(budget)) for seed in seeds])
    theirs = np.array([_or_nothing(peer[seed].at_epochs(budget)) for seed in seeds])
    if not seeds:
        return {"seeds": 0}
    index = BUDGETS.index(budget)
    seconds = float(np.mean([peer[seed].seconds[index] for seed in seeds]))
    epochs_to, epoch_quartiles = _to_reference([ours[seed] for seed in seeds], theirs, lambda one: one.epochs)
    seconds_to, second_quartiles = _to_reference([ours[seed] for seed in seeds], theirs, lambda one: one.seconds)
    return {
        "seeds": len(seeds),
        "mean": round(float(rewards.mean()), _DIGITS),
        "quartiles": [round(float(value), _DIGITS) for value in np.quantile(rewards, (0.25, 0.5, 0.75))],
        "lead": round(float((rewards - theirs).mean()), _DIGITS),
        "wins": float(np.sum(rewards > theirs) + 0.5 * np.sum(rewards == theirs)),
        "trials": round(float(np.mean([ours[seed].trials * budget / ours[seed].epochs for seed in seeds]))),
        "epochs_to_reference": _finite(epochs_to),
        "ratio": _finite(epochs_to / budget, 3),
        "ratio_quartiles": [_finite(value / budget, 3) for value in epoch_quartiles],
        "seconds_to_reference": _finite(seconds_to),
        "seconds_ratio": _finite(seconds_to / seconds, 3),
        "seconds_ratio_quartiles": [_finite(value / seconds, 3) for value in second_quartiles],
    }


def _to_reference(
    ours: Sequence[ComputeRecord], theirs: Values, spent: Callable[[Any], float]
) -> tuple[float, tuple[float, float]]:
    """What is spent until the mean reaches the mean of `theirs` [seeds], and its quartiles by bootstrap over seeds.

    Seeds are drawn in pairs: a landscape that is easy is so for both.
    """
    course = Course([[(spent(one), _or_nothing(one.reward)) for one in record.handovers] for record in ours])
    every = np.arange(len(ours))
    rng = np.random.default_rng(0)
    drawn = [rng.choice(every, len(every)) for _ in range(_RESAMPLES)]
    resampled = [course.reaches(float(theirs[seeds].mean()), seeds) for seeds in drawn]
    low, high = np.quantile(resampled, (0.25, 0.75), method="lower")
    return course.reaches(float(theirs.mean()), every), (float(low), float(high))


def _finite(value: float, digits: int = 0) -> float | None:
    """Rounded value; None for infinity: the reference is not reached."""
    return round(value, digits) if np.isfinite(value) else None
