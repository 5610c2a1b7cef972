"""Which rows teach a model most: those after which all rows together are known best. NumPy alone.

Each next row is the one whose measurement takes most from the sum of all rows' variances (Cohn, Ghahramani and Jordan,
"Active learning with statistical models", 1996). Unlike the row that is least certain itself, it is seldom an odd one
at the edge, of which nothing follows for others. What a measurement would read does not matter, so a whole batch can
be chosen before any is made, and the first one before there is a model: by the covariance that a Gaussian process
starts from.
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
    """A row's index, and the share (0..1) of what was not known of all rows that its measurement takes away."""

    index: int
    share: float


def next_batch(
    offered: Sequence[TableRow], measured: Sequence[TableRow], model: TableModel | None, count: int
) -> list[Acquisition]:
    """`count` of the rows `offered` (or all, if there are fewer), the most telling first.

    By what `model` knows or, if it has no Gaussian process, by where the rows `measured` lie.
    """
    if not offered:
        return []
    process = next((part for _, part in model.parts if isinstance(part, GaussianProcess)), None) if model else None
    if model is not None and process is not None:
        return most_informative(process, model.schema.encode(offered), count)
    schema = Schema.of([*offered, *measured])
    return most_informative(uninformed_process(schema, offered, measured), schema.encode(offered), count)


def uninformed_process(schema: Schema, offered: Sequence[TableRow], measured: Sequence[TableRow]) -> GaussianProcess:
    """A process that knows where the rows `measured` lie, but no measurement: its covariance is the first guess."""
    reader = RowEncoder.fit(schema, schema.encode([*offered, *measured]), logs=False)
    return GaussianProcess(
        reader=reader,
        parameters=Kernel(reader.columns, len(reader.scaled)).initial_parameters(),
        inputs=reader.read(schema.encode(measured)),
        solution=np.zeros(len(measured)),
        noise=np.full(len(measured), FIRST_NOISE),
        scatter=NoiseModel(FIRST_NOISE),
        offset=0.0,
        scale=1.0,
    )


def most_informative(process: GaussianProcess, offered: EncodedFeatures, count: int) -> list[Acquisition]:
    """`count` of the rows `offered` (or all, if there are fewer), the most telling first."""
    covariance = process.covariance_left(offered)
    noise = process.scatter.usual / process.scale**2
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
