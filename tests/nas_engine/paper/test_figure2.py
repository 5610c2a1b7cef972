"""Correlations of Figure 2."""

import numpy as np
import pytest

from nas_engine.paper.figure2 import Figure2Point, correlations


def points(floats: list[float], int8s: list[float], parameters: list[int], flash: list[int]) -> list[Figure2Point]:
    columns = zip(floats, int8s, parameters, flash, strict=True)
    return [Figure2Point(f"network {i}", f, q, p, p, b) for i, (f, q, p, b) in enumerate(columns)]


def test_a_straight_line_correlates_fully() -> None:
    found = correlations(points([0.5, 0.6, 0.7], [0.4, 0.5, 0.6], [10, 20, 30], [3, 2, 1]))
    assert (found.accuracy_pearson, found.accuracy_spearman) == (1.0, 1.0)
    assert (found.memory_pearson, found.memory_spearman) == (-1.0, -1.0)
    assert found.largest_accuracy_loss == pytest.approx(0.1)
    assert found.networks == 3


def test_ranks_see_an_order_that_is_not_a_line() -> None:
    found = correlations(points([0.1, 0.2, 0.3, 0.4], [0.1, 0.11, 0.12, 0.9], [1, 2, 3, 4], [1, 2, 3, 4]))
    assert found.accuracy_spearman == 1.0
    assert found.accuracy_pearson is not None
    assert found.accuracy_pearson < 0.9


def test_equal_values_share_their_rank() -> None:
    """By hand: ranks (0.5, 0.5, 2) and (0, 1, 2), whose correlation is 0.866."""
    found = correlations(points([0.5, 0.5, 0.7], [0.4, 0.5, 0.6], [1, 2, 3], [1, 2, 3]))
    assert found.accuracy_spearman == pytest.approx(np.sqrt(3) / 2, abs=1e-4)


def test_what_does_not_vary_has_no_correlation() -> None:
    assert correlations(points([0.5, 0.5], [0.4, 0.5], [1, 2], [1, 1])).accuracy_pearson is None
    assert correlations(points([0.5], [0.4], [1], [1])).memory_spearman is None
    assert correlations([]).largest_accuracy_loss is None
