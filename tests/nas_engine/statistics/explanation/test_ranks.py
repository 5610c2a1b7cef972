"""Rank correlations against SciPy's, and how often their intervals hold the truth."""

import numpy as np
import pytest
from scipy import stats

from nas_engine.statistics.explanation.ranks import LEAST_RANKED, first_above, rank_correlation, ranks


def test_ranks_and_their_correlation_are_scipys_with_ties_too() -> None:
    rng = np.random.default_rng(0)
    early = rng.integers(0, 12, 80).astype(float)
    final = early + rng.normal(0, 4, 80)
    assert ranks(early).tolist() == stats.rankdata(early).tolist()
    found = rank_correlation(early, final)
    assert found is not None
    assert found.value == pytest.approx(stats.spearmanr(early, final).statistic)
    assert found.interval.low < found.value < found.interval.high


def test_pairs_without_a_number_are_left_out_and_few_or_constant_ones_have_no_correlation() -> None:
    rising = np.arange(LEAST_RANKED + 1, dtype=float)
    broken = rising.copy()
    broken[3] = np.nan
    found = rank_correlation(broken, rising)
    assert found is not None
    assert (found.value, found.networks, found.interval.low) == (1.0, LEAST_RANKED, 1.0)
    broken[4] = np.nan
    assert rank_correlation(broken, rising) is None
    assert rank_correlation(np.ones(50), np.arange(50.0)) is None


def test_intervals_hold_the_true_correlation_in_nineteen_of_twenty_cases() -> None:
    rng, true = np.random.default_rng(1), 6 / np.pi * np.arcsin(0.7 / 2)  # Spearman's of a normal pair of 0.7
    inside = 0
    for _ in range(300):
        early = rng.normal(size=60)
        found = rank_correlation(early, 0.7 * early + (1 - 0.49) ** 0.5 * rng.normal(size=60))
        inside += found is not None and found.interval.includes(true)
    assert 0.91 < inside / 300 < 0.985  # 0.95, three standard errors of 300 draws either side


def test_the_first_correlation_that_is_surely_above_a_bound() -> None:
    rising = np.arange(200.0)
    noisy = rising + np.random.default_rng(2).normal(0, 60, 200)
    weak, strong = rank_correlation(noisy, rising), rank_correlation(rising, rising)
    assert first_above([None, weak, strong], 0.8) == 2
    assert first_above([None, weak], 0.8) is None
