"""Trained regression model of a table of networks, stored as plain arrays. NumPy alone; `training` fits it.

The parts (a forest, a Gaussian process) each predict the transformed target; their weighted sum, transformed back, is
the prediction. The 90 % interval is conformal: the parts' standard deviations, scaled so that 90 % of the measured
networks lie inside when no part has seen them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.regression.additive import AdditiveModel
from nas_engine.energy.regression.gaussian_process.process import GaussianProcess
from nas_engine.energy.regression.schema import EncodedFeatures, Schema, TableRow, Values
from nas_engine.energy.regression.trees import Trees

Transform = Literal["none", "log", "sqrt"]
FORMAT = "earshot-table-model-1"


class ModelPart(Protocol):
    """Component of a `TableModel`: a fitted forest, Gaussian process or additive model."""

    def predict(self, features: EncodedFeatures) -> tuple[Values, Values]:
        """Mean and standard deviation [n] of the transformed target."""
        ...

    def arrays(self) -> dict[str, NDArray[Any]]:
        """State of the part as plain arrays, the input of `from_arrays` of its class."""
        ...


_PARTS: Mapping[str, Any] = {"trees": Trees, "process": GaussianProcess, "sum": AdditiveModel}


@dataclass(frozen=True, slots=True)
class PredictedIntervals:
    """Predictions of the target and their 90 % intervals, each [n], in the target's unit."""

    value: Values
    low: Values
    high: Values


@dataclass(frozen=True, slots=True)
class TableModel:
    """Weighted `parts` on the scale of `transform`; `spread` x standard deviation is the half width of the interval."""

    schema: Schema
    transform: Transform
    parts: tuple[tuple[float, ModelPart], ...]
    spread: float

    def predict_rows(self, rows: Sequence[TableRow]) -> PredictedIntervals:
        """Prediction and 90 % interval of each row [n], in the unit of the target."""
        return self.predict(self.schema.encode(rows))

    def predict(self, features: EncodedFeatures) -> PredictedIntervals:
        """Prediction and 90 % interval of each encoded row [n], in the unit of the target."""
        predictions = [(weight, *part.predict(features)) for weight, part in self.parts]
        middle = np.sum([weight * mean for weight, mean, _ in predictions], axis=0)
        reach = self.spread * np.sum([weight * sd for weight, _, sd in predictions], axis=0)
        return PredictedIntervals(
            *(backward(self.transform, values) for values in (middle, middle - reach, middle + reach))
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """State of the model as plain arrays: `meta` holds JSON text, "1.threshold" is the array of the second part."""
        named = [name for _, part in self.parts for name, kind in _PARTS.items() if type(part) is kind]
        meta = {
            "format": FORMAT,
            "schema": self.schema.to_json(),
            "transform": self.transform,
            "parts": named,
            "weights": [weight for weight, _ in self.parts],
            "spread": self.spread,
        }
        arrays = {f"{i}.{key}": a for i, (_, part) in enumerate(self.parts) for key, a in part.arrays().items()}
        return arrays | {"meta": np.array(json.dumps(meta))}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Model from the arrays of `arrays`. Raises ValueError for arrays of another format."""
        meta = json.loads(str(arrays["meta"])) if "meta" in arrays else {}
        if meta.get("format") != FORMAT:
            raise ValueError(f"these arrays are no model of the format {FORMAT}; train it again")
        parts = []
        for i, (kind, weight) in enumerate(zip(meta["parts"], meta["weights"], strict=True)):
            own = {key.partition(".")[2]: array for key, array in arrays.items() if key.startswith(f"{i}.")}
            parts.append((float(weight), _PARTS[kind].from_arrays(own)))
        return cls(Schema.from_json(meta["schema"]), meta["transform"], tuple(parts), float(meta["spread"]))


def forward(transform: Transform, target: Values) -> Values:
    """Transformed `target` [n], the scale on which the parts predict. "log" and "sqrt" need a target above 0."""
    match transform:
        case "log":
            return np.log(target)
        case "sqrt":
            return np.sqrt(target)
        case "none":
            return target


def backward(transform: Transform, values: Values) -> Values:
    """Inverse of `forward` for `values` [n]; monotonic, so that bounds of intervals can be transformed as well."""
    match transform:
        case "log":
            return np.exp(values)
        case "sqrt":
            return np.maximum(values, 0) ** 2
        case "none":
            return values
