"""Energy predictors: estimates of the energy of one inference (mJ), for evaluation, search and pages alike.

An `EnergyPredictor` is either the analytical cost model (published figures, no measurement) or a model learned from a
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

KNOWN = "energy_mj on the known device"
"""The column that holds what the model of another device predicts, where one helps."""

LEAST_MEASURED = 5
"""Networks that have to be measured before a model can be learned and validated."""

_META, _KNOWN_DEVICE = "pricing", "known"
_RENAMED_COLUMNS = {"prior_energy_mj": "analytical_energy_mj"}  # as models stored by earlier versions call them
_NEGLIGIBLE_MJ = 1e-9  # an energy is above 0, whatever a model believes of a network unlike those measured


@dataclass(frozen=True, slots=True)
class EnergyEstimate:
    """Energy of one inference by `source`. Nine in ten measurements are expected within `low_mj`..`high_mj`.

    Those are None where nothing was measured that could tell. `outside` names, in words, what of the network lies
    outside of what was measured; () where nothing does.
    """

    energy_mj: float
    low_mj: float | None
    high_mj: float | None
    outside: tuple[str, ...]
    source: str


class EnergyPredictor(Protocol):
    """Estimates the energy of networks; `source` names the predictor for the user, e.g. "Pixel 4 XL, model 3"."""

    @property
    def source(self) -> str: ...

    def estimate(self, cost: ArchitectureCost) -> EnergyEstimate:
        """The estimate of one network."""
        ...

    def estimates(self, costs: Sequence[ArchitectureCost]) -> list[EnergyEstimate]:
        """The estimates of many networks, in their order; far quicker than one by one."""
        ...


class AnalyticalCostModel:
    """The analytical cost model (`analytical`), fitted to published figures: no interval, nothing outside."""

    source = SOURCE

    def estimate(self, cost: ArchitectureCost) -> EnergyEstimate:
        return EnergyEstimate(predict_energy_mj(cost).energy_mj, None, None, (), self.source)

    def estimates(self, costs: Sequence[ArchitectureCost]) -> list[EnergyEstimate]:
        return [self.estimate(cost) for cost in costs]


@dataclass(frozen=True, slots=True)
class LearnedPredictor:
    """A model trained on a device's measurements; `known` is the other device it was transferred from."""

    model: TableModel
    source: str
    known: "LearnedPredictor | None" = None

    def estimate(self, cost: ArchitectureCost) -> EnergyEstimate:
        return self.estimates([cost])[0]

    def estimates(self, costs: Sequence[ArchitectureCost]) -> list[EnergyEstimate]:
        if not costs:
            return []
        table = rows(costs, self.known)
        estimates = self.model.predict_rows(table)
        energies = np.maximum([estimates.value, estimates.low, estimates.high], _NEGLIGIBLE_MJ)
        return [
            EnergyEstimate(float(energy), float(low), float(high), self.model.schema.outside(row), self.source)
            for (energy, low, high), row in zip(energies.T, table, strict=True)
        ]


def rows(costs: Sequence[ArchitectureCost], known: LearnedPredictor | None) -> list[TableRow]:
    """The table a model reads: the networks' features and, where there is one, the known device's predictions."""
    table = [features.row(cost) for cost in costs]
    if known is not None:
        for values, estimate in zip(table, known.estimates(costs), strict=True):
            values[KNOWN] = estimate.energy_mj
    return list(table)


def dump(predictor: LearnedPredictor) -> bytes:
    """The predictor as an .npz file, for `load`."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **_arrays(predictor))
    return buffer.getvalue()


def load(data: bytes) -> LearnedPredictor:
    """The inverse of `dump`. Raises ValueError where the bytes are no such file or hold anything but plain arrays."""
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
    """The model's JSON with columns under their present names."""
    for old, new in _RENAMED_COLUMNS.items():
        meta = meta.replace(json.dumps(old), json.dumps(new))
    return meta
