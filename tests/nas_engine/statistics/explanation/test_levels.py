"""Means and spreads over groups of networks."""

import numpy as np
import pytest

from nas_engine.statistics.explanation.levels import LevelMean, level_means, pair_means


def test_means_and_sample_deviations_are_those_of_numpy_and_levels_without_a_network_are_none() -> None:
    rng = np.random.default_rng(0)
    codes, results = rng.integers(-1, 4, 200).astype(np.int16), rng.normal(70.0, 2.0, 200)
    codes[codes == 2] = 3
    found = level_means(codes, 5, results)
    for level in (0, 1, 3):
        own, mean = results[codes == level], found[level]
        assert mean is not None
        assert (mean.networks, mean.mean) == (len(own), pytest.approx(own.mean()))
        assert mean.deviation == pytest.approx(own.std(ddof=1))
    assert found[2] is found[4] is None


def test_one_network_has_no_deviation() -> None:
    assert level_means(np.array([0], np.int16), 1, np.array([3.0])) == (LevelMean(1, 3.0, None),)
    assert level_means(np.array([], np.int16), 2, np.array([])) == (None, None)


def test_pairs_are_rows_of_the_first_and_columns_of_the_second() -> None:
    codes = np.array([[0, 0], [0, 1], [1, 1], [1, 1], [-1, 0]], np.int16)
    found = pair_means(codes, (2, 2), np.array([1.0, 2.0, 3.0, 5.0, 100.0]))
    assert [[cell.mean if cell else None for cell in row] for row in found] == [[1.0, 2.0], [None, 4.0]]
