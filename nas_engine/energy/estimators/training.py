"""Training of a device's energy model on its measurements. Loads scikit-learn: workers and commands only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.cost import cost
from nas_engine.energy.estimators.base import LEAST_MEASURED, LearnedPredictor, feature_rows
from nas_engine.energy.regression import training
from nas_engine.errors import BadMeasurement


@dataclass(frozen=True, slots=True)
class MeasuredNetwork:
    """Measurement of one network on a device: gross energy of one inference (mJ) and, if measured, latency (ms)."""

    architecture: Architecture
    energy_mj: float
    latency_ms: float | None = None


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """Predictor, and its scores on left-out networks as JSON for the page of the model."""

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
    """Train an energy model on `measured`; `known` is the predictor of another device to transfer from.

    Repeated measurements of a network are averaged, so that validation never predicts it from itself. `source` names
    the predictor for the user. Deterministic for equal arguments. Raises BadMeasurement for fewer than `least`
    networks or an energy that is not finite and above 0.
    """
    _check(measured, least)
    table = feature_rows([cost(one.architecture) for one in measured], known)
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
