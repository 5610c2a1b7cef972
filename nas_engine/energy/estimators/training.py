"""Training of a device's energy model from its measurements. Loads scikit-learn: workers and commands only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.cost import cost
from nas_engine.energy.estimators.base import LEAST_MEASURED, LearnedPredictor, rows
from nas_engine.energy.regression import training
from nas_engine.errors import BadMeasurement


@dataclass(frozen=True, slots=True)
class MeasuredNetwork:
    """What a device took for one network: energy of one inference (gross) and, if measured, its latency."""

    architecture: Architecture
    energy_mj: float
    latency_ms: float | None = None


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """The predictor, and what is known of how good it is, as JSON for the report's page."""

    predictor: LearnedPredictor
    report: dict[str, Any]


def train(
    measured: Sequence[MeasuredNetwork],
    *,
    source: str,
    known: LearnedPredictor | None = None,
    seed: int = 0,
    least: int = LEAST_MEASURED,
) -> TrainedModel:
    """Train on `measured`; `known`, another device's model, is what the new one corrects where that helps.

    A network measured several times counts as often; no part of the validation predicts it from itself. The same for
    equal arguments. Raises BadMeasurement for fewer than `least` networks or an energy that is none.
    """
    _check(measured, least)
    table = rows([cost(one.architecture) for one in measured], known)
    energies_mj = np.array([one.energy_mj for one in measured])
    groups = [one.architecture.network_hash for one in measured]
    fitted = training.fit(table, energies_mj, groups=groups, seed=seed)
    report = {"measured": len(fitted.measured.target), **fitted.scores.to_json(), "model": fitted.name}
    return TrainedModel(LearnedPredictor(fitted.model, source, known), report)


def _check(measured: Sequence[MeasuredNetwork], least: int) -> None:
    networks = len({one.architecture.network_hash for one in measured})
    if networks < least:
        raise BadMeasurement(f"{networks} networks are measured; an energy model needs at least {least}. Measure more.")
    for one in measured:
        if not (np.isfinite(one.energy_mj) and one.energy_mj > 0):
            raise BadMeasurement(
                f"The energy of network {one.architecture.hash[:12]} is {one.energy_mj} mJ; it must be above 0."
            )
