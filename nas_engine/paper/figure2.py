"""Figure 2 of the paper: correlations of int8 with float accuracy, and of file size with parameters.

The paper: 2,000 networks, correlation 0.955 between float and int8 accuracy (section 2.1) and 0.942 between parameters
and the size of the quantised file (section 2.5).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PUBLISHED_NETWORKS = 2_000
PUBLISHED_ACCURACY_CORRELATION = 0.955
PUBLISHED_MEMORY_CORRELATION = 0.942


@dataclass(frozen=True, slots=True)
class Figure2Point:
    """Trained network. Accuracies 0..1; `parameters` as the paper counts them; `flash_bytes` of its .tflite."""

    name: str
    float_accuracy: float
    int8_accuracy: float
    parameters: int
    parameters_trainable: int
    flash_bytes: int


@dataclass(frozen=True, slots=True)
class Correlations:
    """Correlations of float with int8 accuracy, and of parameters with flash; None where one of the two is constant."""

    networks: int
    accuracy_pearson: float | None
    accuracy_spearman: float | None
    memory_pearson: float | None
    memory_spearman: float | None
    largest_accuracy_loss: float | None


def correlations(points: Sequence[Figure2Point]) -> Correlations:
    """Pearson and Spearman correlations of `points`.

    `largest_accuracy_loss` is the greatest |float - int8| (0..1), None without points.
    """
    floats = np.array([point.float_accuracy for point in points], float)
    int8s = np.array([point.int8_accuracy for point in points], float)
    parameters = np.array([point.parameters for point in points], float)
    flash = np.array([point.flash_bytes for point in points], float)
    return Correlations(
        networks=len(points),
        accuracy_pearson=_pearson(floats, int8s),
        accuracy_spearman=_pearson(_ranks(floats), _ranks(int8s)),
        memory_pearson=_pearson(parameters, flash),
        memory_spearman=_pearson(_ranks(parameters), _ranks(flash)),
        largest_accuracy_loss=float(np.abs(floats - int8s).max()) if points else None,
    )


def _pearson(x: NDArray[np.float64], y: NDArray[np.float64]) -> float | None:
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    return round(float(np.corrcoef(x, y)[0, 1]), 4)


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks [n] from 0; equal values share the mean of their ranks."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts + 1) / 2)[inverse], np.float64)
