"""Wilson's interval against SciPy, and with an effective number of clips."""

import math

import pytest
from scipy.stats import binomtest

from nas_engine.statistics.wilson import Z95, difference95, wilson95


@pytest.mark.parametrize("clips", [1, 2, 28, 220, 10_000])
def test_intervals_are_those_of_scipy(clips: int) -> None:
    for correct in sorted({0, 1, clips // 3, clips // 2, clips - 1, clips}):
        expected = binomtest(correct, clips).proportion_ci(0.95, method="wilson")
        assert wilson95(correct, clips) == pytest.approx((expected.low, expected.high), rel=1e-12, abs=1e-15)


def test_the_ends_for_an_effective_number_of_clips_solve_the_score_equation() -> None:
    share, clips, quantile = 0.8, 12.5, 2.776
    for end in wilson95(share * clips, clips, quantile):
        assert abs(share - end) == pytest.approx(quantile * math.sqrt(end * (1 - end) / clips), rel=1e-9)


def test_what_none_of_n_shows_is_bounded_by_z_squared_over_n_plus_z_squared() -> None:
    assert wilson95(0, 96)[1] == pytest.approx(Z95**2 / (96 + Z95**2))


def test_differences_are_those_of_newcombe() -> None:
    """Method 10 of Newcombe 1998, worked out from Wilson's ends."""
    low, high = difference95((40 / 80, 56 / 80), 80)
    (first_low, first_high), (second_low, second_high) = wilson95(40, 80), wilson95(56, 80)
    assert low == pytest.approx(0.2 - math.sqrt((0.7 - second_low) ** 2 + (first_high - 0.5) ** 2))
    assert high == pytest.approx(0.2 + math.sqrt((second_high - 0.7) ** 2 + (0.5 - first_low) ** 2))
    assert (round(low, 3), round(high, 3)) == (0.048, 0.339)
    assert difference95((0.7, 0.5), 80) == pytest.approx((-high, -low))


def test_equal_accuracies_differ_by_an_interval_around_nothing() -> None:
    low, high = difference95((0.8, 0.8), 96)
    assert low == -high < 0
    assert difference95((1.0, 1.0), 10)[0] > -0.3
