"""Made-up learning curves that rise as ones under a cosine schedule do, and end where their one feature says."""

from collections.abc import Sequence

import numpy as np

from nas_engine.early_stopping.base import Curve

EPOCHS = 20
_TIMES = np.arange(1, EPOCHS + 1) / EPOCHS
_USUAL = 0.7
_MEAN = 0.5 + (_USUAL - 0.5) * np.sin(_TIMES * np.pi / 2) ** 2
_STEP = 0.005


def curve(final: float, rng: np.random.Generator, *, feature: float | None = None, penalty: float = 0.0) -> Curve:
    """From a majority guess to `final`: a shape all share, a walk away from it, more noise at the beginning.

    The loss says as much of the end as the accuracies do.
    """
    walk = np.cumsum(rng.normal(0, _STEP, EPOCHS))
    walk += (final - _USUAL - walk[-1]) * _TIMES
    accuracies = _MEAN + walk + rng.normal(0, np.linspace(0.03, 0.005, EPOCHS))
    features = (float(final if feature is None else feature), 1.0)
    losses = 2.0 * (1 - accuracies) + rng.normal(0, 0.02, EPOCHS)
    return Curve(
        tuple(map(float, accuracies)),
        features,
        penalty,
        float(final + rng.normal(-0.005, 0.003)),
        tuple(map(float, losses)),
    )


def study(count: int, seed: int = 0) -> list[Curve]:
    """Finished trials that end between 0.65 and 0.75; their feature has nothing to do with it."""
    rng = np.random.default_rng(seed)
    return [curve(rng.uniform(0.65, 0.75), rng, feature=rng.uniform()) for _ in range(count)]


def half_stopped(curves: Sequence[Curve], epochs: int = 12) -> list[Curve]:
    """Every second one stopped early."""
    return [one.cut(epochs) if number % 2 else one for number, one in enumerate(curves)]
