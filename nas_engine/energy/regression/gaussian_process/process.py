"""Fitted Gaussian process over rows of a table, as plain arrays. NumPy alone; `gp_fit` fits it.

    symbol    code                    shape      meaning
    x_i       inputs                  [n]        encoded rows that were measured
    K         -                       [n, n]     kernel of the x_i, in units of scale squared
    N         diag(noise)             [n, n]     noise variances of the measurements, in the target's unit squared
    alpha     alpha                   [n]        scale * (K + N / scale^2)^-1 y, y the standardised target
    k(x)      covariance              [m, n]     kernel of new rows with the x_i
    v(mu)     NoiseModel.variance     [m]        noise variance of a new measurement at level mu

Mean:      mu(x) = offset + k(x) alpha
Variance:  scale^2 (K(x, x) - k(x) (K + N / scale^2)^-1 k(x)') + v(mu(x))

Source: Rasmussen and Williams, "Gaussian Processes for Machine Learning" (2006), equations 2.25 and 2.26.
"""

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
    """Noise variance of a measurement: usual * (max(level, low) / typical) ** (2 * power).

    `low` and `typical` are in the unit of the target, `usual` in its square; `power` 0 is constant noise, 1 noise
    proportional to the level.
    """

    usual: float
    power: float = 0.0
    typical: float = 1.0
    low: float = 1.0

    def variance(self, level: Values) -> Values:
        """Noise variance [n] of one measurement at `level` [n]."""
        return np.asarray(self.usual * (np.maximum(level, self.low) / self.typical) ** (2 * self.power))


@dataclass(frozen=True)
class GaussianProcess:
    """Measured rows `inputs` [n] with `alpha` [n]: mean = offset + covariance @ alpha.

    `parameters` [p] are those of the kernel, whose covariance times `scale` squared is that of the target; `noise` [n]
    is the noise variance of each measurement, `noise_model` that of a new one.
    """

    encoder: RowEncoder
    parameters: Values
    inputs: EncodedRows
    alpha: Values
    noise: Values
    noise_model: NoiseModel
    offset: float
    scale: float

    @cached_property
    def _kernel(self) -> Kernel:
        return Kernel(self.encoder.columns, len(self.encoder.scaled))

    def predict(self, features: EncodedFeatures) -> tuple[Values, Values]:
        """Mean and standard deviation [m] of a new measurement of each row, noise included, in the target's unit."""
        inputs = self.encoder.encode(features)
        starts = range(0, len(inputs), _ROWS_AT_ONCE)
        chunks = [self._predict(inputs.take(slice(start, start + _ROWS_AT_ONCE))) for start in starts]
        means, deviations = zip(*chunks, strict=True) if chunks else ((np.empty(0),), (np.empty(0),))
        return np.concatenate(means), np.concatenate(deviations)

    def _predict(self, inputs: EncodedRows) -> tuple[Values, Values]:
        covariance = self._kernel.covariance(self.parameters, inputs, self.inputs)
        mean = self.offset + covariance @ self.alpha
        explained = np.einsum("ij,ij->i", covariance @ self._precision, covariance)
        unknown = np.maximum(self._kernel.variance(self.parameters, inputs) - explained, 0)
        return mean, np.sqrt(self.scale**2 * unknown + self.noise_model.variance(mean))

    def posterior_covariance(self, features: EncodedFeatures) -> Values:
        """Posterior covariance [m, m] of rows without noise, in units of scale squared."""
        inputs = self.encoder.encode(features)
        known = self._kernel.covariance(self.parameters, inputs, self.inputs)
        between = self._kernel.covariance(self.parameters, inputs, inputs)
        return np.asarray(between - known @ self._precision @ known.T)

    @cached_property
    def _precision(self) -> Values:
        """Inverse of K + N / scale^2 [n, n], computed on first use instead of stored."""
        covariance = self._kernel.covariance(self.parameters, self.inputs, self.inputs)
        return np.asarray(np.linalg.inv(covariance + np.diag(self.noise) / self.scale**2), dtype=np.float64)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """State of the process as plain arrays, the input of `from_arrays`."""
        settings = {"scatter": asdict(self.noise_model), "offset": self.offset, "scale": self.scale}
        return {
            "settings": np.array(json.dumps(settings | {"reader": self.encoder.to_json()})),
            "parameters": self.parameters,
            "one_hot": self.inputs.one_hot.astype(np.bool_),
            "numbers": self.inputs.numbers,
            "solution": self.alpha,
            "noise": self.noise,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Process from the arrays of `arrays`. Raises ValueError where their sizes do not agree."""
        settings = json.loads(str(arrays["settings"]))
        process = cls(
            encoder=RowEncoder.from_json(settings["reader"]),
            parameters=arrays["parameters"],
            inputs=EncodedRows(arrays["one_hot"].astype(np.float64), arrays["numbers"]),
            alpha=arrays["solution"],
            noise=arrays["noise"],
            noise_model=NoiseModel(**settings["scatter"]),
            offset=float(settings["offset"]),
            scale=float(settings["scale"]),
        )
        rows, parameters = len(process.inputs), len(process._kernel.initial_parameters())
        if not (process.alpha.shape == process.noise.shape == (rows,) and len(process.parameters) == parameters):
            raise ValueError("the Gaussian process's arrays are of different networks")
        return process
