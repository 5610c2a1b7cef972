"""A Gaussian process over a table's rows, as plain arrays: it predicts with NumPy alone; `process_fit` fits it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.regression.gaussian_process.encoding import EncodedRows, RowEncoder
from nas_engine.energy.regression.gaussian_process.kernel import Kernel
from nas_engine.energy.regression.schema import EncodedFeatures, Values

_ROWS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class NoiseModel:
    """How measurements of one network scatter: variance = usual * (level / typical) ** (2 * power), levels from `low`.

    In the unit of the target and its square; `power` 0 is the same scatter everywhere, 1 a share of what is measured.
    """

    usual: float
    power: float = 0.0
    typical: float = 1.0
    low: float = 1.0

    def variance(self, level: Values) -> Values:
        """Of one measurement of networks at `level` [n]."""
        return np.asarray(self.usual * (np.maximum(level, self.low) / self.typical) ** (2 * self.power))


@dataclass(frozen=True)
class GaussianProcess:
    """What was measured (`inputs` [n]) and the solution for it: mean = offset + covariance @ solution.

    `parameters` [p] are the kernel's, whose covariance times `scale` squared is the target's; `noise` [n] is the
    variance of each measurement, `scatter` that of a new one.
    """

    reader: RowEncoder
    parameters: Values
    inputs: EncodedRows
    solution: Values
    noise: Values
    scatter: NoiseModel
    offset: float
    scale: float

    @cached_property
    def _kernel(self) -> Kernel:
        return Kernel(self.reader.columns, len(self.reader.scaled))

    def predict(self, features: EncodedFeatures) -> tuple[Values, Values]:
        """Mean and standard deviation [n] of a further measurement, its own scatter included."""
        inputs = self.reader.read(features)
        starts = range(0, len(inputs), _ROWS_AT_ONCE)
        chunks = [self._predict(inputs.take(slice(start, start + _ROWS_AT_ONCE))) for start in starts]
        means, deviations = zip(*chunks, strict=True) if chunks else ((np.empty(0),), (np.empty(0),))
        return np.concatenate(means), np.concatenate(deviations)

    def _predict(self, inputs: EncodedRows) -> tuple[Values, Values]:
        covariance = self._kernel.covariance(self.parameters, inputs, self.inputs)
        mean = self.offset + covariance @ self.solution
        explained = np.einsum("ij,ij->i", covariance @ self._precision, covariance)
        unknown = np.maximum(self._kernel.variance(self.parameters, inputs) - explained, 0)
        return mean, np.sqrt(self.scale**2 * unknown + self.scatter.variance(mean))

    def covariance_left(self, features: EncodedFeatures) -> Values:
        """[n, n]: how what is still unknown of rows hangs together, in units of scale squared."""
        inputs = self.reader.read(features)
        known = self._kernel.covariance(self.parameters, inputs, self.inputs)
        between = self._kernel.covariance(self.parameters, inputs, inputs)
        return np.asarray(between - known @ self._precision @ known.T)

    @cached_property
    def _precision(self) -> Values:
        """The inverse of the measurements' covariance; made when it is needed, for it is large to store."""
        covariance = self._kernel.covariance(self.parameters, self.inputs, self.inputs)
        return np.asarray(np.linalg.inv(covariance + np.diag(self.noise) / self.scale**2), dtype=np.float64)

    def arrays(self) -> dict[str, NDArray[Any]]:
        settings = {"scatter": asdict(self.scatter), "offset": self.offset, "scale": self.scale}
        return {
            "settings": np.array(json.dumps(settings | {"reader": self.reader.to_json()})),
            "parameters": self.parameters,
            "one_hot": self.inputs.one_hot.astype(np.bool_),
            "numbers": self.inputs.numbers,
            "solution": self.solution,
            "noise": self.noise,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The inverse of `arrays`. Raises ValueError where they do not fit each other."""
        settings = json.loads(str(arrays["settings"]))
        process = cls(
            reader=RowEncoder.from_json(settings["reader"]),
            parameters=arrays["parameters"],
            inputs=EncodedRows(arrays["one_hot"].astype(np.float64), arrays["numbers"]),
            solution=arrays["solution"],
            noise=arrays["noise"],
            scatter=NoiseModel(**settings["scatter"]),
            offset=float(settings["offset"]),
            scale=float(settings["scale"]),
        )
        rows, parameters = len(process.inputs), len(process._kernel.initial_parameters())
        if not (process.solution.shape == process.noise.shape == (rows,) and len(process.parameters) == parameters):
            raise ValueError("the Gaussian process's arrays are of different networks")
        return process
