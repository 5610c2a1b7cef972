"""What one inference of a network costs in energy: the one interface that evaluation, search and pages price with.

A `Pricer` is either the prior (published figures, nobody measured anything) or what was learned from a device's
measurements. `dump` and `load` keep the second as an .npz file: arrays and JSON, never code, so a stored model is safe
to load, and it predicts with NumPy alone. `pricing_training` trains; only that needs scikit-learn.
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
from nas_engine.energy import features
from nas_engine.energy.prior import SOURCE, predict_energy_mj
from nas_engine.energy.table_model import TableModel
from nas_engine.energy.tables import Row

KNOWN = "energy_mj on the known device"
"""The column that holds what the model of another device predicts, where one helps."""

LEAST_MEASURED = 5
"""Networks that have to be measured before a model can be learned and validated."""

_PRICING, _KNOWN_DEVICE = "pricing", "known"
_NEGLIGIBLE_MJ = 1e-9  # an energy is above 0, whatever a model believes of a network unlike those measured


@dataclass(frozen=True, slots=True)
class Price:
    """Energy of one inference by `source`. Nine in ten measurements are expected within `low_mj`..`high_mj`.

    Those are None where nothing was measured that could tell. `outside` names, in words, what of the network lies
    outside of what was measured; () where nothing does.
    """

    energy_mj: float
    low_mj: float | None
    high_mj: float | None
    outside: tuple[str, ...]
    source: str


class Pricer(Protocol):
    """Prices networks; `source` says for the user by what, e.g. "Pixel 4 XL, model 3"."""

    @property
    def source(self) -> str: ...

    def price(self, cost: ArchitectureCost) -> Price:
        """The price of one network."""
        ...

    def prices(self, costs: Sequence[ArchitectureCost]) -> list[Price]:
        """The prices of many networks; far quicker than one by one."""
        ...


class PriorPricer:
    """Prices by the published figures alone (`prior`)."""

    source = SOURCE

    def price(self, cost: ArchitectureCost) -> Price:
        return Price(predict_energy_mj(cost).energy_mj, None, None, (), self.source)

    def prices(self, costs: Sequence[ArchitectureCost]) -> list[Price]:
        return [self.price(cost) for cost in costs]


@dataclass(frozen=True, slots=True)
class LearnedPricer:
    """Prices by a model trained on a device's measurements; `known` is the other device it was transferred from."""

    model: TableModel
    source: str
    known: "LearnedPricer | None" = None

    def price(self, cost: ArchitectureCost) -> Price:
        return self.prices([cost])[0]

    def prices(self, costs: Sequence[ArchitectureCost]) -> list[Price]:
        if not costs:
            return []
        table = rows(costs, self.known)
        estimates = self.model.predict_rows(table)
        energies = np.maximum([estimates.value, estimates.low, estimates.high], _NEGLIGIBLE_MJ)
        return [
            Price(float(energy), float(low), float(high), self.model.schema.outside(row), self.source)
            for (energy, low, high), row in zip(energies.T, table, strict=True)
        ]


def rows(costs: Sequence[ArchitectureCost], known: LearnedPricer | None) -> list[Row]:
    """The table a model reads: the networks' features and, where there is one, the known device's predictions."""
    table = [features.row(cost) for cost in costs]
    if known is not None:
        for values, price in zip(table, known.prices(costs), strict=True):
            values[KNOWN] = price.energy_mj
    return list(table)


def dump(pricer: LearnedPricer) -> bytes:
    """The pricer as an .npz file, for `load`."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **_arrays(pricer))
    return buffer.getvalue()


def load(data: bytes) -> LearnedPricer:
    """The inverse of `dump`. Raises ValueError where the bytes are no such file or hold anything but plain arrays."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return _pricer({name: archive[name] for name in archive.files})
    except (ValueError, KeyError, OSError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise ValueError(f"this is no stored energy model ({error}); train the device's model again") from error


def _arrays(pricer: LearnedPricer) -> dict[str, NDArray[Any]]:
    own = pricer.model.arrays() | {_PRICING: np.array(json.dumps({"source": pricer.source}))}
    if pricer.known is None:
        return own
    return own | {f"{_KNOWN_DEVICE}/{name}": array for name, array in _arrays(pricer.known).items()}


def _pricer(arrays: dict[str, NDArray[Any]]) -> LearnedPricer:
    prefix = f"{_KNOWN_DEVICE}/"
    known = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
    own = {name: array for name, array in arrays.items() if not name.startswith(prefix)}
    source = str(json.loads(str(own.pop(_PRICING)))["source"])
    return LearnedPricer(TableModel.from_arrays(own), source, _pricer(known) if known else None)
