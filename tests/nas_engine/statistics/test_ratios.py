"""Ratios of energies: Welch's test at the ends of the interval, what has no interval, and simulated coverage."""

import math

import numpy as np
import pytest
from scipy.stats import t, ttest_ind

from nas_engine.statistics.ratios import energy_ratio
from nas_engine.statistics.values import EnergyFigure, EnergyRatio

SMALL, LARGE = (1.21, 1.25, 1.23, 1.24), (10.1, 10.3, 10.2)


def measured(*repeats_mj: float) -> EnergyFigure:
    return EnergyFigure.measured(repeats_mj, "nRF52840")


def test_the_ratio_is_that_of_the_means() -> None:
    found = energy_ratio(measured(*SMALL), measured(*LARGE))
    assert found.ratio == pytest.approx(10.2 / 1.2325)
    assert not found.is_mixed
    assert found.is_distinguished


def test_at_the_ends_of_the_interval_welchs_test_has_a_p_value_of_5_percent() -> None:
    interval = energy_ratio(measured(*SMALL), measured(*LARGE)).interval
    assert interval is not None
    for end in (interval.low, interval.high):
        assert ttest_ind(end * np.array(SMALL), LARGE, equal_var=False).pvalue == pytest.approx(0.05, rel=1e-6)


def test_the_interval_is_nearly_that_of_the_logarithms() -> None:
    logs = np.log(SMALL), np.log(LARGE)
    variances = [values.var(ddof=1) / len(values) for values in logs]
    degrees = sum(variances) ** 2 / sum(v**2 / (len(x) - 1) for v, x in zip(variances, logs, strict=True))
    middle, reach = logs[1].mean() - logs[0].mean(), t.ppf(0.975, degrees) * math.sqrt(sum(variances))
    interval = energy_ratio(measured(*SMALL), measured(*LARGE)).interval
    assert interval is not None
    assert interval.low == pytest.approx(math.exp(middle - reach), rel=2e-3)
    assert interval.high == pytest.approx(math.exp(middle + reach), rel=2e-3)


def test_the_other_way_round_the_interval_is_inverted() -> None:
    found = energy_ratio(measured(*SMALL), measured(*LARGE)).interval
    inverse = energy_ratio(measured(*LARGE), measured(*SMALL)).interval
    assert found is not None
    assert inverse is not None
    assert (inverse.low, inverse.high) == pytest.approx((1 / found.high, 1 / found.low))


def test_one_side_may_not_scatter() -> None:
    found = energy_ratio(measured(1.1, 1.1, 1.1), measured(2.1, 2.2, 2.3))
    reach = t.ppf(0.975, 2) * 0.1 / math.sqrt(3)  # of the side that scatters alone
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx(((2.2 - reach) / 1.1, (2.2 + reach) / 1.1))


def test_equal_repeats_on_both_sides_are_no_certainty() -> None:
    assert energy_ratio(measured(1.1, 1.1), measured(2.2, 2.2)).interval is None


def test_repeats_that_scatter_around_nothing_bound_no_ratio() -> None:
    assert energy_ratio(measured(0.1, 2.0), measured(3.0, 3.1, 3.2)).interval is None


def test_one_repeat_and_estimates_have_a_ratio_without_an_interval() -> None:
    estimated = EnergyFigure.estimated(5.0, "published figures")
    for pair in ((measured(1.0), measured(*LARGE)), (estimated, estimated), (measured(*SMALL), estimated)):
        found = energy_ratio(*pair)
        assert found.interval is None
        assert found.ratio == pair[1].energy_mj / pair[0].energy_mj


def test_a_measured_and_an_estimated_energy_are_marked() -> None:
    found = energy_ratio(measured(*SMALL), EnergyFigure.estimated(5.0, "published figures"))
    assert found.is_mixed
    assert (found.energy.basis, found.other.basis) == ("measured", "estimated")


def test_energies_of_two_devices_do_not_compare() -> None:
    with pytest.raises(ValueError, match="measured by nRF52840 and by Pico do not compare: take both by the same"):
        energy_ratio(measured(*SMALL), EnergyFigure.measured(LARGE, "Pico"))


def test_the_interval_holds_the_true_ratio_in_95_of_100_comparisons() -> None:
    rng = np.random.default_rng(0)
    found = [energy_ratio(measured(*rng.normal(1.2, 0.05, 4)), measured(*rng.normal(9.6, 0.1, 6))) for _ in range(300)]
    assert np.mean([_holds(ratio, 8.0) for ratio in found]) == pytest.approx(0.95, abs=0.035)  # three standard errors


def _holds(ratio: EnergyRatio, true: float) -> bool:
    return ratio.interval is not None and ratio.interval.includes(true)
