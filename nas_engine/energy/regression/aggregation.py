"""Averaging of repeated measurements of one network, so that cross-validation never sees a network on both sides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.regression.schema import TableRow, Values


@dataclass(frozen=True, slots=True)
class AveragedRows:
    """One row per network: `table` [n], mean measurement `target` [n], number of measurements `counts` [n].

    `noise` is the pooled standard deviation between repeats of one network in the unit of `target`; None without
    repeats.
    """

    table: Sequence[TableRow]
    target: Values
    counts: Values
    noise: float | None

    def take(self, rows: NDArray[Any]) -> "AveragedRows":
        """Selected networks, by indices."""
        return AveragedRows([self.table[row] for row in rows], self.target[rows], self.counts[rows], self.noise)


def average_repeats(table: Sequence[TableRow], target: Values, groups: Sequence[str] | None) -> AveragedRows:
    """Average `target` [m] over rows of equal group [m], in order of first appearance; without `groups` over none."""
    if groups is None:
        return AveragedRows(table, target, np.ones(len(target)), None)
    numbers = {group: i for i, group in enumerate(dict.fromkeys(groups))}
    member = np.array([numbers[group] for group in groups])
    counts = np.bincount(member).astype(np.float64)
    means = np.bincount(member, weights=target) / counts
    first = np.unique(member, return_index=True)[1]
    spare = len(target) - len(counts)
    noise = float(np.sqrt(np.sum((target - means[member]) ** 2) / spare)) if spare else None
    return AveragedRows([table[row] for row in first], means, counts, noise)
