"""Energy predictors: estimates of the energy of one inference (mJ), for evaluation, search and pages alike.

An `EnergyPredictor` is either the analytical cost model (published figures, no measurement) or a model trained on a
device's measurements. `dump` and `load` store the second as an .npz file of arrays and JSON, never code, so that a
stored model is safe to load; it predicts with NumPy alone. Training is in `training`, which alone needs scikit-learn.
"""

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nas_engine.cost import ArchitectureCost
from nas_engine.energy.estimators import features
from nas_engine.energy.estimators.analytical import SOURCE, predict_energy_mj
from nas_engine.energy.regression.model import TableModel
from nas_engine.energy.regression.schema import TableRow

KNOWN_DEVICE_COLUMN = "energy_mj on the known device"
"""Column with the prediction (mJ) of another device's model, for transfer."""

LEAST_MEASURED = 5
"""Least number of measured networks for training and validating a model."""

ENOUGH_MEASURED = 30
"""Number of measured networks from which the 90 % intervals of a model hold on average (89 %, see docs/energy.md)."""

_META, _KNOWN_DEVICE = "pricing", "known"
_RENAMED_COLUMNS = {"prior_energy_mj": "analytical_energy_mj"}  # as models stored by earlier versions call them
_NEGLIGIBLE_MJ = 1e-9  # an energy is above 0, also for networks unlike those measured


@dataclass(frozen=True, slots=True)
class EnergyEstimate:
    """Estimated energy of one inference (mJ) and its 90 % interval `low_mj`..`high_mj`, by the predictor `source`.

    The interval is None without measurements. `outside` describes features of the network outside the range of the
    measured networks; () where none is.
    """

    energy_mj: float
    low_mj: float | None
    high_mj: float | None
    outside: tuple[str, ...]
    source: str


class EnergyPredictor(Protocol):
    """Predictor of the energy of networks; `source` names it for the user, e.g. "Pixel 4 XL, model 3"."""

    @property
    def source(self) -> str:
        """Name of the predictor for the user."""
        ...

    def estimate(self, cost: ArchitectureCost) -> EnergyEstimate:
        """Energy estimate of one network."""
        ...

    def estimates(self, costs: Sequence[ArchitectureCost]) -> list[EnergyEstimate]:
        """Energy estimates of networks [n], in their order; far quicker than one by one."""
        ...


class AnalyticalCostModel:
    """Predictor by the analytical cost model (`analytical`), fitted to published figures, without intervals."""

    source = SOURCE

    def estimate(self, cost: ArchitectureCost) -> EnergyEstimate:
        """Energy estimate of one network, without an interval."""
        return EnergyEstimate(predict_energy_mj(cost).energy_mj, None, None, (), self.source)

    def estimates(self, costs: Sequence[ArchitectureCost]) -> list[EnergyEstimate]:
        """Energy estimates of networks [n], in their order, without intervals."""
        return [self.estimate(cost) for cost in costs]


@dataclass(frozen=True, slots=True)
class LearnedPredictor:
    """Predictor by a model trained on a device's measurements; `known` is that of the device it transfers from."""

    model: TableModel
    source: str
    known: "LearnedPredictor | None" = None

    def estimate(self, cost: ArchitectureCost) -> EnergyEstimate:
        """Energy estimate of one network with its 90 % interval."""
        return self.estimates([cost])[0]

    def estimates(self, costs: Sequence[ArchitectureCost]) -> list[EnergyEstimate]:
        """Energy estimates of networks [n] with their 90 % intervals, in their order."""
        if not costs:
            return []
        table = feature_rows(costs, self.known)
        estimates = self.model.predict_rows(table)
        energies = np.maximum([estimates.value, estimates.low, estimates.high], _NEGLIGIBLE_MJ)
        return [
            EnergyEstimate(float(energy), float(low), float(high), self.model.schema.outside(row), self.source)
            for (energy, low, high), row in zip(energies.T, table, strict=True)
        ]


def feature_rows(costs: Sequence[ArchitectureCost], known: LearnedPredictor | None) -> list[TableRow]:
    """Rows [n] of the model's table: features of the networks and, with `known`, predictions for the other device."""
    table = [features.row(cost) for cost in costs]
    if known is not None:
        for values, estimate in zip(table, known.estimates(costs), strict=True):
            values[KNOWN_DEVICE_COLUMN] = estimate.energy_mj
    return list(table)


def dump(predictor: LearnedPredictor) -> bytes:
    """Predictor as an .npz file of plain arrays and JSON, the input of `load`."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **_arrays(predictor))
    return buffer.getvalue()


def load(data: bytes) -> LearnedPredictor:
    """Predictor from the bytes of `dump`. Raises ValueError for other files, and for anything but plain arrays."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return _predictor({name: archive[name] for name in archive.files})
    except (ValueError, KeyError, OSError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise ValueError(f"this is no stored energy model ({error}); train the device's model again") from error


def _arrays(predictor: LearnedPredictor) -> dict[str, NDArray[Any]]:
    own = predictor.model.arrays() | {_META: np.array(json.dumps({"source": predictor.source}))}
    if predictor.known is None:
        return own
    return own | {f"{_KNOWN_DEVICE}/{name}": array for name, array in _arrays(predictor.known).items()}


def _predictor(arrays: dict[str, NDArray[Any]]) -> LearnedPredictor:
    prefix = f"{_KNOWN_DEVICE}/"
    known = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
    own = {name: array for name, array in arrays.items() if not name.startswith(prefix)}
    source = str(json.loads(str(own.pop(_META)))["source"])
    own["meta"] = np.array(_with_present_names(str(own["meta"])))
    return LearnedPredictor(TableModel.from_arrays(own), source, _predictor(known) if known else None)


def _with_present_names(meta: str) -> str:
    """JSON text of the model with the present names of columns."""
    for old, new in _RENAMED_COLUMNS.items():
        meta = meta.replace(json.dumps(old), json.dumps(new))
    return meta
