"""Means over seeds: Student's t interval, its bounds, and figures that are none."""

import math

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from nas_engine.statistics.seeds import seed_summary
from nas_engine.statistics.values import Interval95, SeedSummary


def test_the_interval_of_three_seeds_is_that_of_the_tables() -> None:
    summary = seed_summary([0.70, 0.72, 0.74])
    reach = 4.302653 * 0.02 / math.sqrt(3)  # t(2, 0.975) of any table
    assert (summary.n, summary.mean, summary.sd) == (3, pytest.approx(0.72), pytest.approx(0.02))
    assert summary.interval is not None
    assert (summary.interval.low, summary.interval.high) == pytest.approx((0.72 - reach, 0.72 + reach), rel=1e-6)


@pytest.mark.parametrize("n", [2, 3, 5, 10, 40])
def test_the_interval_is_that_of_scipys_t_test(n: int) -> None:
    values = np.random.default_rng(n).normal(0.7, 0.02, n)
    expected = ttest_1samp(values, 0.0).confidence_interval(0.95)
    interval = seed_summary(values.tolist()).interval
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), rel=1e-9)


def test_one_seed_has_neither_a_deviation_nor_an_interval() -> None:
    assert seed_summary([0.7]) == SeedSummary(1, 0.7, None, None)


def test_equal_figures_have_an_interval_of_no_width() -> None:
    assert seed_summary([0.75, 0.75, 0.75]) == SeedSummary(3, 0.75, 0.0, Interval95(0.75, 0.75))


def test_an_interval_ends_where_the_figure_cannot_lie() -> None:
    summary = seed_summary([0.90, 1.0], 0.0, 1.0)
    assert summary.interval is not None
    assert (summary.interval.low, summary.interval.high) == pytest.approx((0.95 - 12.7062 * 0.05, 1.0), rel=1e-5)


@pytest.mark.parametrize("values", [[0.7, math.nan], [0.7, math.inf], [0.7, 1.2]])
def test_a_figure_that_is_none_is_rejected_with_what_to_do(values: list[float]) -> None:
    with pytest.raises(ValueError, match="leave out trainings that failed"):
        seed_summary(values, 0.0, 1.0)


def test_no_figures_are_rejected() -> None:
    with pytest.raises(ValueError, match="at least one"):
        seed_summary([])


def test_the_interval_holds_the_true_mean_in_95_of_100_samples_of_five() -> None:
    samples = np.random.default_rng(0).normal(0.7, 0.02, (2_000, 5))
    found = [seed_summary(sample.tolist()).interval for sample in samples]
    held = np.mean([interval is not None and interval.includes(0.7) for interval in found])
    assert held == pytest.approx(0.95, abs=0.015)  # three standard errors of 2,000 samples
