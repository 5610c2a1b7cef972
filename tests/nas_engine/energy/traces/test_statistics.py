import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtrit

from nas_engine.energy.traces.statistics import interval95, pooled_sd, repeat_statistics, t975
from nas_engine.errors import BadMeasurement


def test_five_repeats_have_the_interval_of_students_t() -> None:
    summary = repeat_statistics([1.0, 2.0, 3.0, 4.0, 10.0])
    assert (summary.n, summary.mean, summary.median) == (5, 4.0, 3.0)
    assert summary.sd == pytest.approx(12.5**0.5)
    assert summary.high95 is not None
    assert summary.high95 - summary.mean == pytest.approx(2.776 * 12.5**0.5 / 5**0.5, rel=1e-3)


def test_the_interval_of_three_repeats_does_not_go_below_0() -> None:
    summary = repeat_statistics([1.0, 2.0, 6.0])
    assert summary.low95 == 0.0
    assert summary.high95 == pytest.approx(3.0 + stdtrit(2, 0.975) * 7.0**0.5 / 3**0.5)
    close = repeat_statistics([2.9, 3.0, 3.1])
    assert close.low95 == pytest.approx(3.0 - stdtrit(2, 0.975) * 0.1 / 3**0.5)


def test_the_interval_of_a_negative_mean_stays_around_it() -> None:
    low, high = interval95(-2.0, 1.0, 3)
    assert low < -2.0 < high
    assert low + high == pytest.approx(-4.0)


def test_one_value_has_no_deviation_and_no_interval() -> None:
    summary = repeat_statistics([5.0])
    assert (summary.mean, summary.median, summary.sd, summary.low95, summary.high95) == (5.0, 5.0, None, None, None)


@given(st.lists(st.floats(0.001, 1e6), min_size=2, max_size=20))
def test_mean_and_median_lie_among_the_values_and_the_mean_in_its_interval(values: list[float]) -> None:
    summary = repeat_statistics(values)
    assert summary.low95 is not None
    assert summary.high95 is not None
    assert summary.low95 <= summary.mean <= summary.high95
    assert min(values) <= summary.median <= max(values)


@pytest.mark.parametrize("values", [[], [1.0, float("nan")], [1.0, float("inf")], [1e308, 1e308]])
def test_nothing_and_no_numbers_are_refused(values: list[float]) -> None:
    with pytest.raises(BadMeasurement):
        repeat_statistics(values)


def test_the_scatter_within_groups_leaves_their_distance_out_and_weighs_them_by_degrees_of_freedom() -> None:
    assert pooled_sd([[1.0, 3.0], [101.0, 102.0, 103.0], [7.0]]) == pytest.approx(((2.0 + 2.0) / 3) ** 0.5)


def test_groups_of_one_tell_nothing_of_the_scatter() -> None:
    assert pooled_sd([[1.0], [2.0]]) is None


@pytest.mark.parametrize("degrees", [1, 2, 3, 10, 11, 99, 100, 5_000])
def test_the_quantile_of_students_t_is_scipys(degrees: int) -> None:
    assert t975(degrees) == pytest.approx(stdtrit(degrees, 0.975), rel=1e-9)
