"""Active learning: the rows whose measurement reduces the variance of all rows most. NumPy alone.

Greedy selection of the row with the largest reduction of the summed posterior variance (A-optimality; Cohn, Ghahramani
and Jordan, "Active learning with statistical models", 1996). Unlike the row of largest variance, it is seldom an
outlier that informs about no other. Posterior variances of a Gaussian process do not depend on measured values, so a
whole batch can be selected before any measurement, and the first one before a model exists: by the initial covariance.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nas_engine.energy.regression.gaussian_process.encoding import RowEncoder
from nas_engine.energy.regression.gaussian_process.kernel import FIRST_NOISE, Kernel
from nas_engine.energy.regression.gaussian_process.process import GaussianProcess, NoiseModel
from nas_engine.energy.regression.model import TableModel
from nas_engine.energy.regression.schema import EncodedFeatures, Schema, TableRow


@dataclass(frozen=True, slots=True)
class Acquisition:
    """Index of a row to measure, and the share (0..1) of the summed variance that its measurement removes."""

    index: int
    share: float


def next_batch(
    offered: Sequence[TableRow], measured: Sequence[TableRow], model: TableModel | None, count: int
) -> list[Acquisition]:
    """Select `count` of the rows `offered` (or all, if there are fewer), the most informative first.

    Covariances are those of the Gaussian process of `model` or, without one, of `uninformed_process`.
    """
    if not offered:
        return []
    process = next((part for _, part in model.parts if isinstance(part, GaussianProcess)), None) if model else None
    if model is not None and process is not None:
        return most_informative(process, model.schema.encode(offered), count)
    schema = Schema.of([*offered, *measured])
    return most_informative(uninformed_process(schema, offered, measured), schema.encode(offered), count)


def uninformed_process(schema: Schema, offered: Sequence[TableRow], measured: Sequence[TableRow]) -> GaussianProcess:
    """Gaussian process with initial parameters, conditioned on the places of the rows `measured`, without values."""
    encoder = RowEncoder.fit(schema, schema.encode([*offered, *measured]), logs=False)
    return GaussianProcess(
        encoder=encoder,
        parameters=Kernel(encoder.columns, len(encoder.scaled)).initial_parameters(),
        inputs=encoder.encode(schema.encode(measured)),
        alpha=np.zeros(len(measured)),
        noise=np.full(len(measured), FIRST_NOISE),
        noise_model=NoiseModel(FIRST_NOISE),
        offset=0.0,
        scale=1.0,
    )


def most_informative(process: GaussianProcess, offered: EncodedFeatures, count: int) -> list[Acquisition]:
    """Select `count` of the rows `offered` (or all, if there are fewer), the most informative first, by `process`."""
    covariance = process.posterior_covariance(offered)
    noise = process.noise_model.usual / process.scale**2
    unknown = max(float(np.trace(covariance)), np.finfo(np.float64).tiny)
    acquisitions: list[Acquisition] = []
    for _ in range(min(count, len(offered))):
        variance = np.maximum(np.diag(covariance), 0) + noise
        taken = (covariance**2).sum(axis=1) / variance
        taken[[acquisition.index for acquisition in acquisitions]] = -np.inf
        best = int(np.argmax(taken))
        acquisitions.append(Acquisition(best, float(taken[best]) / unknown))
        covariance = covariance - np.outer(covariance[:, best], covariance[best]) / variance[best]
    return acquisitions
