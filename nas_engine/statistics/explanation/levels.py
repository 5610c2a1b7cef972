"""Mean and spread of results over groups of networks: those that took one option, one level, or two levels together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LevelMean:
    """Results of `networks` (at least 1): their mean and sample standard deviation, which one network does not have."""

    networks: int
    mean: float
    deviation: float | None


def level_means(codes: NDArray[np.int16], levels: int, results: Values) -> tuple[LevelMean | None, ...]:
    """Of the results [n] at each of `levels`, by `codes` [n] (below 0: at none); None where no network is."""
    taken = codes >= 0
    own, found = codes[taken].astype(np.int64), results[taken]
    counts = np.bincount(own, minlength=levels)
    means = np.bincount(own, found, levels) / np.maximum(counts, 1)
    squares = np.bincount(own, (found - means[own]) ** 2, levels)
    return tuple(
        LevelMean(int(count), float(mean), float((square / (count - 1)) ** 0.5) if count > 1 else None)
        if count
        else None
        for count, mean, square in zip(counts, means, squares, strict=True)
    )


def pair_means(
    codes: NDArray[np.int16], levels: tuple[int, int], results: Values
) -> tuple[tuple[LevelMean | None, ...], ...]:
    """The same at each pair of levels, by `codes` [n, 2]: rows are levels of the first."""
    first, second = codes.T.astype(np.int64)
    together = np.where((first < 0) | (second < 0), -1, first * levels[1] + second).astype(np.int16)
    flat = level_means(together, levels[0] * levels[1], results)
    return tuple(flat[row * levels[1] : (row + 1) * levels[1]] for row in range(levels[0]))
