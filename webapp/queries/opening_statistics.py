"""Statistics that workers stored with openings of the test split, and energies to compare networks by.

An opening stores {"network": NetworkStatistics, "pairs": {id of another opening: PairedDifference}}; a difference is
stored with the later of two openings.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
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
    SeedSummary,
)
from webapp.models import Run, SplitOpening, Study
from webapp.queries.energy_estimates import is_estimate
from webapp.queries.finals import FinalNetwork

NETWORK, PAIRS = "network", "pairs"
Ratio = Callable[[EnergyFigure, EnergyFigure], EnergyRatio]
"""Ratio of two energies, with or without an interval: that takes SciPy, which only workers load."""
Repeats = Mapping[str, tuple[float, ...]]
"""Energies in mJ of the runs of one network, by the device's name."""


@dataclass(frozen=True, slots=True)
class NetworkStatistics(StoredValue):
    """Statistics of the network of an opening: int8 accuracies (0..1) on both splits, over seeds and over clips.

    `optimism` is None where a recording is in both splits, which are then no independent samples.
    """

    evaluation: SeedSummary
    test: SeedSummary
    evaluation_clips: ClipAccuracy
    test_clips: ClipAccuracy
    optimism: Optimism | None


def statistics_in(opening: SplitOpening | None) -> NetworkStatistics | None:
    """Statistics of the opening's network, None before it has a result."""
    stored = opening.statistics.get(NETWORK) if opening is not None else None
    return NetworkStatistics.from_json(stored) if stored else None


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
    study: Study, networks: Sequence[FinalNetwork], ratio: Ratio = EnergyRatio
) -> Mapping[tuple[int, int], EnergyRatio]:
    """Energy ratio of each two networks, by the ids of their finalists. One query.

    By measurements on one device where both networks have them, preferably that of the study's energy model; else by
    the study's estimates.
    """
    repeats = measured_repeats(one.finalist.architecture_id for one in networks)
    preferred = study.energy_model.device.name if study.energy_model is not None else ""
    found = {}
    for one, other in permutations(networks, 2):
        figures = _measured(one, other, repeats, preferred) or _estimated(one, other)
        if figures is not None:
            found[one.finalist.pk, other.finalist.pk] = ratio(*figures)
    return found


def measured_repeats(architectures: Iterable[str]) -> Mapping[str, Repeats]:
    """Measured energies of the runs of each architecture, the earliest first. One query."""
    runs = Run.objects.filter(architecture__in=list(architectures), state=Run.State.READY, energy_mj__gt=0)
    by_network: dict[str, dict[str, tuple[float, ...]]] = defaultdict(dict)
    rows = runs.order_by("computed_at", "pk").values_list("architecture", "campaign__device__name", "energy_mj")
    for architecture, device, energy_mj in rows:
        by_network[str(architecture)][device] = (*by_network[str(architecture)].get(device, ()), float(energy_mj or 0))
    return by_network


def _measured(
    one: FinalNetwork, other: FinalNetwork, repeats: Mapping[str, Repeats], preferred: str
) -> tuple[EnergyFigure, EnergyFigure] | None:
    first = repeats.get(one.finalist.architecture_id, {})
    second = repeats.get(other.finalist.architecture_id, {})
    devices = sorted(set(first) & set(second), key=lambda name: (name != preferred, name))
    if not devices:
        return None
    device = devices[0]
    return EnergyFigure.measured(first[device], device), EnergyFigure.measured(second[device], device)


def _estimated(one: FinalNetwork, other: FinalNetwork) -> tuple[EnergyFigure, EnergyFigure] | None:
    first, second = one.estimate, other.estimate
    if first is None or second is None or not first.energy_mj or not second.energy_mj or first.source != second.source:
        return None
    source = "published figures" if is_estimate(first.source) else first.source
    return EnergyFigure.estimated(first.energy_mj, source), EnergyFigure.estimated(second.energy_mj, source)
