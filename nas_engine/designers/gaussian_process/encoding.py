"""Inputs of the Gaussian process: the option at each position, features of the whole network, a penalty.

Notation:

    n   architectures
    D   positions of the search space, each a categorical parameter
    F   features of a network, `len(architecture_features.NAMES)`

    points     [n, D] int32, index of the option at each position
    networks   [n, D] int32, number of the block at each position, without identities, padded with -1
    numbers    [n, F] float64, features with mean 0 and standard deviation 1 over the space
    penalties  [n] float64, accuracy (0..1) subtracted by Equation 1; infinite: will not be trained
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nas_engine.architecture import Architecture, Block
from nas_engine.constraints import Penalty
from nas_engine.designers.gaussian_process.coordinate_ascent import Points
from nas_engine.errors import InfeasibleArchitecture
from nas_engine.search_space import architecture_features
from nas_engine.search_space.space import SearchSpace

_IDENTITY = -1
_SCALED_BY = 256  # architectures, drawn from the space with a seed of their own
_REMEMBERED = 50_000  # networks


@dataclass(frozen=True, slots=True)
class EncodedArchitectures:
    """Encoding of n architectures, with the arrays of the module's notation. Equal rows of `networks` are one network.

    Where a penalty is infinite, `numbers` may be 0.
    """

    points: Points
    networks: Points
    numbers: NDArray[np.float64]
    penalties: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> Self:
        return type(self)(self.points[chosen], self.networks[chosen], self.numbers[chosen], self.penalties[chosen])

    def concatenated(self, other: Self) -> Self:
        """Rows of this encoding, then those of `other`."""
        return type(self)(
            np.concatenate([self.points, other.points]),
            np.concatenate([self.networks, other.networks]),
            np.concatenate([self.numbers, other.numbers]),
            np.concatenate([self.penalties, other.penalties]),
        )

    @property
    def keys(self) -> list[bytes]:
        """Key of each row [n], equal for the same network."""
        return [network.tobytes() for network in self.networks]


class Encoder:
    """Encoder of points of one space; `numbers` are standardised `architecture_features.feature_vector`s.

    Without a `penalty`, penalties are 0, and infinite for networks that cannot be built.
    """

    def __init__(self, space: SearchSpace, penalty: Penalty | None) -> None:
        self._space = space
        self._penalty = penalty or (lambda architecture: 0.0)
        self._mean, self._deviation = _moments(space)
        self._numbered = _numbered(space)
        self._described: dict[bytes, tuple[NDArray[np.float64], float]] = {}

    def architectures(self, architectures: Sequence[Architecture]) -> EncodedArchitectures:
        """Encoding of n architectures. Raises ValueError for one outside the space."""
        indices = [self._space.encode(architecture) for architecture in architectures]
        return self(np.array(indices, dtype=np.int32).reshape(len(indices), len(self._space.positions)))

    def __call__(self, points: Points) -> EncodedArchitectures:
        networks = self._networks(points)
        described = [self._remembered(*one) for one in zip(networks, points.tolist(), strict=True)]
        numbers = np.array([numbers for numbers, _ in described]).reshape(len(points), len(architecture_features.NAMES))
        return EncodedArchitectures(
            points, networks, numbers, np.array([penalty for _, penalty in described], dtype=np.float64)
        )

    def _networks(self, points: Points) -> Points:
        networks = self._numbered[np.arange(points.shape[1]), points]
        identities_last = np.argsort(networks == _IDENTITY, axis=1, kind="stable")
        return np.take_along_axis(networks, identities_last, axis=1)

    def _remembered(self, network: NDArray[np.int32], point: Sequence[int]) -> tuple[NDArray[np.float64], float]:
        """Numbers [F] and penalty of a network, cached: a search meets the same networks repeatedly."""
        key = network.tobytes()
        if key not in self._described:
            if len(self._described) == _REMEMBERED:
                self._described.clear()
            self._described[key] = self._describe(point)
        return self._described[key]

    def _describe(self, point: Sequence[int]) -> tuple[NDArray[np.float64], float]:
        architecture = self._space.decode(point)
        try:
            numbers = (np.array(architecture_features.feature_vector(architecture)) - self._mean) / self._deviation
        except InfeasibleArchitecture:
            return np.zeros(len(self._mean)), np.inf
        return numbers, self._penalty(architecture)


def _numbered(space: SearchSpace) -> Points:
    """Number of the block of each option [D, most options]."""
    numbers: dict[Block, int] = {}
    table = np.full((len(space.positions), max(len(p.options) for p in space.positions)), _IDENTITY, dtype=np.int32)
    for row, position in zip(table, space.positions, strict=True):
        for option, block in enumerate(position.options):
            if block.kind != "identity":
                row[option] = numbers.setdefault(block, len(numbers))
    return table


def _moments(space: SearchSpace) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation [F] of each feature over the space; a deviation of 0 becomes 1."""
    rng = np.random.default_rng(0)
    described = []
    for _ in range(_SCALED_BY):
        try:
            described.append(architecture_features.feature_vector(space.sample(rng)))
        except InfeasibleArchitecture:
            continue
    values = np.array(described or [(0.0,) * len(architecture_features.NAMES)])
    deviation = values.std(axis=0)
    return values.mean(axis=0), np.where(deviation > 1e-9, deviation, 1.0)
