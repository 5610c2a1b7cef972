"""Thresholds chosen on the evaluation split's streams by a stated target; for the test streams they stand.

The threshold of a class is the lowest one from which on no higher one has more false alarms than it may have: the
fewest misses within the target. With a target for all classes together, the false alarms are given to the classes so
that the fewest events are missed altogether (exactly, by dynamic programming over the number of false alarms).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from nas_engine.streaming.evaluation.det import DetCurve

Scope = Literal["class", "all"]
_RULE_OF_THREE = 3.0
_MOST_ALARMS = 2_000


@dataclass(frozen=True, slots=True)
class FalseAlarmTarget:
    """At most `per_hour` false alarms per hour, of each class, or of all classes together.

    Raises ValueError for a rate below 0 or a scope that is neither "class" nor "all".
    """

    per_hour: float
    scope: Scope = "class"

    def __post_init__(self) -> None:
        if not 0.0 <= self.per_hour < float("inf"):
            raise ValueError(f"a target needs a rate of at least 0 false alarms per hour, not {self.per_hour}")
        if self.scope not in ("class", "all"):
            raise ValueError(f"a target is for each 'class' or for 'all', not {self.scope!r}")


@dataclass(frozen=True, slots=True)
class ChosenThresholds:
    """Thresholds (0..1) by class, and what they gave where they were chosen.

    `allowed` is the number of false alarms that the target allows in `hours`; `note` is a sentence where the hours are
    too few to show the target, "" otherwise.
    """

    thresholds: Mapping[str, float]
    target: FalseAlarmTarget
    hours: float
    allowed: int
    misses: Mapping[str, int]
    false_alarms: Mapping[str, int]
    note: str


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """What is chosen from of a DET curve: `misses` [K] and `false_alarms` [K] in all, at its `thresholds` [K]."""

    label: str
    thresholds: NDArray[np.float64]
    misses: NDArray[np.int64]
    false_alarms: NDArray[np.int64]
    hours: float
    independent_hours: float

    @classmethod
    def of(cls, curve: DetCurve) -> Self:
        alarms = curve.false_alarms.sum(axis=0)
        return cls(curve.label, curve.thresholds, curve.misses, alarms, curve.hours, curve.independent_hours)


def choose_thresholds(curves: Iterable[DetCurve], target: FalseAlarmTarget) -> ChosenThresholds:
    """Thresholds of the classes of `curves`, all of the same streams; each curve is read once and not kept.

    Raises ValueError without curves.
    """
    counts = {one.label: one for one in map(_Counts.of, curves)}
    if not counts:
        raise ValueError("Thresholds are chosen from DET curves, and there are none.")
    one = next(iter(counts.values()))
    hours = one.hours
    allowed = int(np.floor(target.per_hour * hours + 1e-9))
    if target.scope == "class":
        places = {label: _place(curve, allowed) for label, curve in counts.items()}
    else:
        places = _places_for_all(counts, min(allowed, _MOST_ALARMS))
    return ChosenThresholds(
        {label: float(counts[label].thresholds[place]) for label, place in places.items()},
        target,
        hours,
        allowed,
        {label: int(counts[label].misses[place]) for label, place in places.items()},
        {label: int(counts[label].false_alarms[place]) for label, place in places.items()},
        _note(target, hours, one.independent_hours),
    )


def _place(curve: _Counts, allowed: int) -> int:
    """Place of the lowest threshold from which on there are at most `allowed` false alarms; the last always has 0."""
    above = np.flatnonzero(curve.false_alarms > allowed)
    return int(above[-1]) + 1 if above.size else 0


def _places_for_all(curves: Mapping[str, _Counts], allowed: int) -> dict[str, int]:
    """Places of the thresholds with the fewest misses for at most `allowed` false alarms; ties to fewer alarms."""
    labels = tuple(curves)
    places = {label: [_place(curves[label], alarms) for alarms in range(allowed + 1)] for label in labels}
    fewest, given = np.zeros(allowed + 1), []
    for label in labels:
        misses = curves[label].misses[places[label]]
        # options[a, g]: misses with a false alarms in all, g of them of this class
        options = np.full((allowed + 1, allowed + 1), np.inf)
        for alarms in range(allowed + 1):
            options[alarms, : alarms + 1] = fewest[alarms::-1] + misses[: alarms + 1]
        given.append(options.argmin(axis=1))
        fewest = options.min(axis=1)
    rest, chosen = int(fewest.argmin()), {}
    for label, of_class in zip(reversed(labels), reversed(given), strict=True):
        chosen[label] = places[label][int(of_class[rest])]
        rest -= int(of_class[rest])
    return {label: chosen[label] for label in labels}


def _note(target: FalseAlarmTarget, hours: float, independent: float) -> str:
    """Three hours without a false alarm show, at 95 %, at most one an hour ("rule of three")."""
    if target.per_hour * independent >= _RULE_OF_THREE:
        return ""
    levels = f" ({hours:.3g} of them at all noise levels)" if hours > independent else ""
    needed = f"at least {_RULE_OF_THREE / target.per_hour:.3g} hours are needed" if target.per_hour else "no hours are"
    return (
        f"The streams last {independent:.3g} hours{levels}, which cannot show a rate of {target.per_hour:.3g} false "
        f"alarms per hour: {needed}{'' if target.per_hour else ' enough'}. Thresholds are those that meet it here."
    )
