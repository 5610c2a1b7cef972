"""Simulated answers to clips, without a network: for tests and for studies with the simulated evaluator."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nas_engine.architecture import Architecture
from nas_engine.simulation.synthetic_landscape import asymptotic_accuracy

_SEED_NOISE = 0.01  # standard deviation between seeds of one network


def simulated_answers(
    architecture: Architecture, seed: int, labels: NDArray[np.int64] | Sequence[int], classes: int
) -> NDArray[np.int64]:
    """Class indices [n] for clips with `labels` [n]: about as often right as the synthetic landscape has it.

    Clips that are answered wrong are answered any other class. Deterministic by architecture, seed and labels.
    """
    truth = np.asarray(labels, np.int64)
    rng = np.random.default_rng([seed, int(architecture.hash[:8], 16), len(truth)])
    accuracy = np.clip(asymptotic_accuracy(architecture) + _SEED_NOISE * rng.standard_normal(), 0.0, 1.0)
    wrong = rng.random(len(truth)) >= accuracy
    others = (truth + rng.integers(1, max(2, classes), len(truth))) % classes
    return np.where(wrong, others, truth)
