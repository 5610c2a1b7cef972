"""Statistics that workers stored with openings of the test split, and energies to compare networks by.

An opening stores {"network": NetworkStatistics, "pairs": {id of another opening: PairedDifference}}; a difference is
stored with the later of two openings.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from nas_engine.statistics.stored_value import StoredValue
from nas_engine.statistics.values import (
    ClipAccuracy,
    EnergyFigure,
    EnergyRatio,
    Interval95,
    Optimism,
    PairedDifference,
)
from webapp.models import SplitOpening
from webapp.queries.energy_estimates import is_estimate
from webapp.queries.finals import FinalNetwork

NETWORK, PAIRS = "network", "pairs"
Ratio = Callable[[EnergyFigure, EnergyFigure], EnergyRatio]
"""Ratio of two energies, with or without an interval: that takes SciPy, which only workers load."""


@dataclass(frozen=True, slots=True)
class NetworkStatistics(StoredValue):
    """Statistics of the network of an opening: int8 accuracies (0..1) on both splits with intervals over clips.

    `optimism` is None where a recording is in both splits, which are then no independent samples.
    """

    evaluation_clips: ClipAccuracy
    test_clips: ClipAccuracy
    optimism: Optimism | None


def statistics_in(opening: SplitOpening | None) -> NetworkStatistics | None:
    """Statistics of the opening's network, None before it has a result."""
    stored = opening.statistics.get(NETWORK) if opening is not None else None
    return NetworkStatistics.from_json(stored) if stored else None


def later_opening_words(number: int, network: str = "this network") -> str:
    """Caption of a figure from opening `number` > 1 of a network, wherever the figure stands with its mark §."""
    return (
        f"opening {number} of the test split for {network}: it was looked at before, so that the figure is no longer "
        "that of unseen clips"
    )


def difference_of(network: FinalNetwork, other: FinalNetwork) -> PairedDifference | None:
    """Test accuracy of a network less that of another, of their latest openings; None where it was not computed."""
    first, second = network.opening, other.opening
    if first is None or second is None:
        return None
    if (stored := first.statistics.get(PAIRS, {}).get(str(second.pk))) is not None:
        return PairedDifference.from_json(stored)
    stored = second.statistics.get(PAIRS, {}).get(str(first.pk))
    return _reversed(PairedDifference.from_json(stored)) if stored is not None else None


def _reversed(found: PairedDifference) -> PairedDifference:
    """The same with the two networks in the other order."""
    return replace(
        found,
        accuracy=found.other_accuracy,
        other_accuracy=found.accuracy,
        interval=_negative(found.interval),
        seed_interval=_negative(found.seed_interval),
        clip_interval=Interval95(-found.clip_interval.high, -found.clip_interval.low),
    )


def _negative(interval: Interval95 | None) -> Interval95 | None:
    return None if interval is None else Interval95(-interval.high, -interval.low)


def energy_ratios(
    networks: Sequence[FinalNetwork], ratio: Ratio = EnergyRatio
) -> Mapping[tuple[int, int], EnergyRatio]:
    """Energy ratio of each two networks, by the ids of their finalists. No query.

    By measurements on one device where both networks have them, preferably that of the study's energy model; else by
    the study's estimates.
    """
    found = {}
    for one, other in permutations(networks, 2):
        figures = _measured(one, other) or _estimated(one, other)
        if figures is not None:
            found[one.finalist.pk, other.finalist.pk] = ratio(*figures)
    return found


def _measured(one: FinalNetwork, other: FinalNetwork) -> tuple[EnergyFigure, EnergyFigure] | None:
    others = {energy.device: energy.repeats_mj for energy in other.measured if energy.repeats_mj}
    for energy in one.measured:
        if energy.repeats_mj and energy.device in others:
            pair = energy.repeats_mj, others[energy.device]
            return EnergyFigure.measured(pair[0], energy.device), EnergyFigure.measured(pair[1], energy.device)
    return None


def _estimated(one: FinalNetwork, other: FinalNetwork) -> tuple[EnergyFigure, EnergyFigure] | None:
    first, second = one.estimate, other.estimate
    if first is None or second is None or not first.energy_mj or not second.energy_mj or first.source != second.source:
        return None
    source = "published figures" if is_estimate(first.source) else first.source
    return EnergyFigure.estimated(first.energy_mj, source), EnergyFigure.estimated(second.energy_mj, source)
