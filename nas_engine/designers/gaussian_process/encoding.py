"""What the Gaussian process is told of architectures: the option at each position, numbers for the whole, a penalty."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nas_engine import architecture_features
from nas_engine.architecture import Architecture, Block
from nas_engine.designers.gaussian_process.coordinate_ascent import Points
from nas_engine.errors import InfeasibleArchitecture
from nas_engine.penalty import Penalty
from nas_engine.search_space.space import SearchSpace

_IDENTITY = -1
_SCALED_BY = 256  # architectures, drawn from the space with a seed of their own
_REMEMBERED = 50_000  # networks


@dataclass(frozen=True, slots=True)
class EncodedArchitectures:
    """n architectures: `points` and `networks` [n, positions], `numbers` [n, features], `penalties` [n].

    `networks` are numbers of blocks, without identities and with -1 behind: equal rows are the same network. An
    infinite penalty is that of an architecture that will not be trained, whose numbers may be 0.
    """

    points: Points
    networks: Points
    numbers: NDArray[np.float64]
    penalties: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> Self:
        return type(self)(self.points[chosen], self.networks[chosen], self.numbers[chosen], self.penalties[chosen])

    def followed_by(self, other: Self) -> Self:
        return type(self)(
            np.concatenate([self.points, other.points]),
            np.concatenate([self.networks, other.networks]),
            np.concatenate([self.numbers, other.numbers]),
            np.concatenate([self.penalties, other.penalties]),
        )

    @property
    def keys(self) -> list[bytes]:
        """One for each row, equal where they are the same network."""
        return [network.tobytes() for network in self.networks]


class Encoder:
    """Encodes points of one space. The numbers are `architecture_features.describe`'s, with mean 0 and deviation 1.

    Without a `penalty` it is 0, and infinite only for what cannot be built.
    """

    def __init__(self, space: SearchSpace, penalty: Penalty | None) -> None:
        self._space = space
        self._penalty = penalty or (lambda architecture: 0.0)
        self._mean, self._deviation = _moments(space)
        self._numbered = _numbered(space)
        self._described: dict[bytes, tuple[NDArray[np.float64], float]] = {}

    def architectures(self, architectures: Sequence[Architecture]) -> EncodedArchitectures:
        """Raises ValueError for one outside the space."""
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
        """A search for the best point meets the same networks again and again."""
        key = network.tobytes()
        if key not in self._described:
            if len(self._described) == _REMEMBERED:
                self._described.clear()
            self._described[key] = self._describe(point)
        return self._described[key]

    def _describe(self, point: Sequence[int]) -> tuple[NDArray[np.float64], float]:
        architecture = self._space.decode(point)
        try:
            numbers = (np.array(architecture_features.describe(architecture)) - self._mean) / self._deviation
        except InfeasibleArchitecture:
            return np.zeros(len(self._mean)), np.inf
        return numbers, self._penalty(architecture)


def _numbered(space: SearchSpace) -> Points:
    """The number of the block that each option is [positions, most options]."""
    numbers: dict[Block, int] = {}
    table = np.full((len(space.positions), max(len(p.options) for p in space.positions)), _IDENTITY, dtype=np.int32)
    for row, position in zip(table, space.positions, strict=True):
        for option, block in enumerate(position.options):
            if block.kind != "identity":
                row[option] = numbers.setdefault(block, len(numbers))
    return table


def _moments(space: SearchSpace) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of each number over the space, 1 where it is always the same."""
    rng = np.random.default_rng(0)
    described = []
    for _ in range(_SCALED_BY):
        try:
            described.append(architecture_features.describe(space.sample(rng)))
        except InfeasibleArchitecture:
            continue
    values = np.array(described or [(0.0,) * len(architecture_features.NAMES)])
    deviation = values.std(axis=0)
    return values.mean(axis=0), np.where(deviation > 1e-9, deviation, 1.0)
