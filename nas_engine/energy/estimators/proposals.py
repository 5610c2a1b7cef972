"""Proposals of networks to measure next, by active learning (`regression.active_learning`). NumPy alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from nas_engine.cost import ArchitectureCost
from nas_engine.energy.estimators.base import EnergyEstimate, EnergyPredictor, LearnedPredictor, feature_rows
from nas_engine.energy.regression.active_learning import next_batch


@dataclass(frozen=True, slots=True)
class Proposal:
    """Network to measure: index among those offered, present energy estimate, and share (0..1) of variance removed."""

    index: int
    estimate: EnergyEstimate
    weight: float


def propose(
    offered: Sequence[ArchitectureCost], measured: Sequence[ArchitectureCost], predictor: EnergyPredictor, count: int
) -> list[Proposal]:
    """Propose `count` of the networks `offered` (or all, if there are fewer), the most informative first.

    Deterministic for equal arguments.
    """
    model, known = (predictor.model, predictor.known) if isinstance(predictor, LearnedPredictor) else (None, None)
    acquisitions = next_batch(feature_rows(offered, known), feature_rows(measured, known), model, count)
    estimates = predictor.estimates([offered[acquisition.index] for acquisition in acquisitions])
    return [Proposal(one.index, estimate, one.share) for one, estimate in zip(acquisitions, estimates, strict=True)]
