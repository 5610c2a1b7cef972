"""Which networks to measure next: those after which all networks offered are known best (`teaching`). NumPy alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from nas_engine.cost import ArchitectureCost
from nas_engine.energy.estimators.base import EnergyEstimate, EnergyPredictor, LearnedPredictor, rows
from nas_engine.energy.regression.active_learning import next_batch


@dataclass(frozen=True, slots=True)
class Proposal:
    """A network to measure: its place among those offered, its price by the present model, and how much it counted."""

    index: int
    estimate: EnergyEstimate
    weight: float


def propose(
    offered: Sequence[ArchitectureCost], measured: Sequence[ArchitectureCost], predictor: EnergyPredictor, count: int
) -> list[Proposal]:
    """`count` of `offered` (or all, if there are fewer), the most telling first. The same for equal arguments."""
    model, known = (predictor.model, predictor.known) if isinstance(predictor, LearnedPredictor) else (None, None)
    acquisitions = next_batch(rows(offered, known), rows(measured, known), model, count)
    estimates = predictor.estimates([offered[acquisition.index] for acquisition in acquisitions])
    return [Proposal(one.index, estimate, one.share) for one, estimate in zip(acquisitions, estimates, strict=True)]
