"""Summary of searches: medians and quartiles over the seeds at equal numbers of trials."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.search_run import Record

CHECKPOINTS = (50, 100, 300, 1_000, 2_000)
_CURVE_POINTS = 40
_FIRST_POINT = 10
_DIGITS = 4

MEASURES = ("observed", "noise_free")
# Requirements for the search: a designer of ours is at least as good as the best peer after so many trials.
CLAIMS: Mapping[str, Sequence[int]] = {"gaussian_process": (50, 100), "hyperfirefly": (300, 1_000)}

Records = Mapping[int, Record]
"""Searches of one entrant by seed."""


def summary(entrants: Mapping[str, Records], is_one_landscape: bool) -> dict[str, Any]:
    """Results on one landscape by entrant.

    Regret is the best known reward less that of the network with the best observed reward, both without noise. Known
    are all networks trained on the same landscape: with any seed if `is_one_landscape`, else with the same one.
    """
    known = _known(entrants.values(), is_one_landscape)
    return {name: _entrant_summary(records, known) for name, records in entrants.items() if records}


def claims(entrants: Mapping[str, Records], peers: Sequence[str]) -> list[dict[str, Any]]:
    """Each of `CLAIMS` with the median of ours and of the best of `peers`, over their common seeds.

    A peer with only some of our seeds is compared separately, over these.
    """
    return [
        _claim(entrants, group, ours, trial, measure, seeds)
        for ours, checkpoints in CLAIMS.items()
        for trial in checkpoints
        for seeds, group in _groups(entrants, peers, ours, trial).items()
        for measure in MEASURES
    ]


def _groups(
    entrants: Mapping[str, Records], peers: Sequence[str], ours: str, trial: int
) -> dict[frozenset[int], list[str]]:
    """Peers by the seeds for which they and ours have searches of this length; the most seeds first."""
    long_enough = {name: {s for s, record in entrants[name].items() if record.trials >= trial} for name in entrants}
    groups: dict[frozenset[int], list[str]] = defaultdict(list)
    for peer in peers:
        if seeds := long_enough[ours] & long_enough[peer]:
            groups[frozenset(seeds)].append(peer)
    return dict(sorted(groups.items(), key=lambda group: -len(group[0])))


def _claim(
    entrants: Mapping[str, Records], peers: Sequence[str], ours: str, trial: int, measure: str, seeds: frozenset[int]
) -> dict[str, Any]:
    index = MEASURES.index(measure)
    medians = {
        name: _rounded(float(np.median([entrants[name][seed].at(trial)[index] for seed in seeds])))
        for name in (ours, *peers)
    }
    best = max(peers, key=lambda name: medians[name])
    values = {"ours": medians[ours], "best_peer": best, "best_peers": medians[best]}
    return {"designer": ours, "trials": trial, "measure": measure, "seeds": len(seeds), **values}


def quartiles(values: Sequence[float]) -> dict[str, float]:
    low, median, high = np.quantile(values, (0.25, 0.5, 0.75))
    return {"median": _rounded(median), "q25": _rounded(low), "q75": _rounded(high)}


def _known(entrants: Sequence[Records] | Any, is_one_landscape: bool) -> dict[int, float]:
    known: dict[int, float] = {}
    for records in entrants:
        for seed, record in records.items():
            known[seed] = max(record.known, known.get(seed, record.known))
    best = max(known.values(), default=0.0)
    return dict.fromkeys(known, best) if is_one_landscape else known


def _entrant_summary(records: Records, known: Mapping[int, float]) -> dict[str, Any]:
    """Statistics of the searches: a checkpoint covers those that reached it, with their number; the curve covers all,
    up to the shortest.
    """
    trials = [record.trials for record in records.values()]
    runs = records.values()
    return {
        "seeds": len(records),
        "trials": max(trials),
        "checkpoints": {str(n): _checkpoint(records, known, n) for n in CHECKPOINTS if n <= max(trials)},
        "curve": [[n, *_regret(records, known, n).values()] for n in curve_points(min(trials))],
        "seconds_per_suggestion": _rounded(float(np.median([run.seconds for run in runs]))),
        "late_seconds_per_suggestion": _rounded(float(np.median([run.late_seconds for run in runs]))),
        "repeated": round(float(np.median([run.repeated for run in runs]))),
        "answered": round(float(np.median([run.answered for run in runs]))),
    }


def _checkpoint(records: Records, known: Mapping[int, float], trial: int) -> dict[str, Any]:
    long_enough = {seed: record for seed, record in records.items() if record.trials >= trial}
    reached = [record.at(trial) for record in long_enough.values()]
    return {
        "seeds": len(long_enough),
        "observed": quartiles([reward for reward, _ in reached]),
        "noise_free": quartiles([noise_free for _, noise_free in reached]),
        "regret": _regret(long_enough, known, trial),
    }


def _regret(records: Records, known: Mapping[int, float], trial: int) -> dict[str, float]:
    return quartiles([known[seed] - record.at(trial)[1] for seed, record in records.items()])


def curve_points(trials: int) -> list[int]:
    """Trials at equal distances on a logarithmic axis, up to the last."""
    if trials <= _FIRST_POINT:
        return [trials]
    return sorted({round(n) for n in np.geomspace(_FIRST_POINT, trials, _CURVE_POINTS)})


def _rounded(value: float) -> float:
    return round(float(value), _DIGITS)
