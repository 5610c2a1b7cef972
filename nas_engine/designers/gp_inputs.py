"""What the Gaussian process is told of architectures: the option at each position, numbers for the whole, a penalty."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nas_engine import features
from nas_engine.architecture import Architecture
from nas_engine.designers.coordinate_ascent import Points
from nas_engine.errors import InfeasibleArchitecture
from nas_engine.penalty import Penalty
from nas_engine.space import SearchSpace

_SCALED_BY = 256  # architectures, drawn from the space with a seed of their own
_REMEMBERED = 50_000  # architectures: a search for the best point meets the same ones again and again


@dataclass(frozen=True, slots=True)
class Inputs:
    """n architectures: `points` [n, positions], `numbers` [n, features], `penalties` [n].

    An infinite penalty is that of an architecture that will not be trained, whose numbers may be 0.
    """

    points: Points
    numbers: NDArray[np.float64]
    penalties: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> Self:
        return type(self)(self.points[chosen], self.numbers[chosen], self.penalties[chosen])

    def followed_by(self, other: Self) -> Self:
        return type(self)(
            np.concatenate([self.points, other.points]),
            np.concatenate([self.numbers, other.numbers]),
            np.concatenate([self.penalties, other.penalties]),
        )


class Encoder:
    """Describes points of one space. The numbers are `features.describe`'s, about 0 and 1 in mean and deviation.

    Without a `penalty` it is 0, and infinite only for what cannot be built.
    """

    def __init__(self, space: SearchSpace, penalty: Penalty | None) -> None:
        self._space = space
        self._penalty = penalty or (lambda architecture: 0.0)
        self._mean, self._deviation = _moments(space)
        self._described: Callable[[tuple[int, ...]], tuple[NDArray[np.float64], float]]
        self._described = lru_cache(_REMEMBERED)(self._describe)

    def architectures(self, architectures: Sequence[Architecture]) -> Inputs:
        """Raises ValueError for one outside the space."""
        indices = [self._space.encode(architecture) for architecture in architectures]
        return self(np.array(indices, dtype=np.int32).reshape(len(indices), len(self._space.positions)))

    def __call__(self, points: Points) -> Inputs:
        described = [self._described(tuple(point)) for point in points.tolist()]
        numbers = np.array([numbers for numbers, _ in described]).reshape(len(points), len(features.NAMES))
        return Inputs(points, numbers, np.array([penalty for _, penalty in described], dtype=np.float64))

    def _describe(self, point: tuple[int, ...]) -> tuple[NDArray[np.float64], float]:
        architecture = self._space.decode(point)
        try:
            numbers = (np.array(features.describe(architecture)) - self._mean) / self._deviation
        except InfeasibleArchitecture:
            return np.zeros(len(self._mean)), np.inf
        return numbers, self._penalty(architecture)


def _moments(space: SearchSpace) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of each number over the space, 1 where it is always the same."""
    rng = np.random.default_rng(0)
    described = []
    for _ in range(_SCALED_BY):
        try:
            described.append(features.describe(space.sample(rng)))
        except InfeasibleArchitecture:
            continue
    values = np.array(described or [(0.0,) * len(features.NAMES)])
    deviation = values.std(axis=0)
    return values.mean(axis=0), np.where(deviation > 1e-9, deviation, 1.0)
