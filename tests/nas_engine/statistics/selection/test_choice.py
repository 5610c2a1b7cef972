"""Choices among trained networks: good enough, affordable, the knee."""

import numpy as np
import pytest

from nas_engine.statistics.selection.choice import cheapest_at_least, cheapest_within, knee, most_accurate_under

ACCURACY = np.array([0.60, 0.70, 0.72, 0.725, 0.50, 0.73])
ENERGY = np.array([0.5, 0.8, 1.6, 3.0, 0.4, 9.0])
FLASH = np.array([20.0, 40.0, 30.0, 60.0, 10.0, 90.0])
ALL = np.ones(6, bool)


def test_the_cheapest_within_a_margin_is_that_of_all_within_it() -> None:
    assert cheapest_within(ACCURACY, ENERGY, 0.0, ALL) == 5
    assert cheapest_within(ACCURACY, ENERGY, 0.01, ALL) == 2
    assert cheapest_within(ACCURACY, ENERGY, 0.03, ALL) == 1
    assert cheapest_within(ACCURACY, ENERGY, 1.0, ALL) == 4


def test_only_eligible_networks_are_chosen_and_measured_against() -> None:
    eligible = np.array([True, True, True, False, True, False])
    assert cheapest_within(ACCURACY, ENERGY, 0.0, eligible) == 2
    assert cheapest_at_least(ACCURACY, ENERGY, 0.721, eligible) is None
    nothing = np.zeros(6, bool)
    assert cheapest_within(ACCURACY, ENERGY, 0.5, nothing) is None
    assert most_accurate_under(ACCURACY, [ENERGY], [9.0], nothing) is None
    assert knee(ACCURACY, ENERGY, nothing) is None


def test_of_equals_the_more_accurate_then_the_first_is_chosen() -> None:
    accuracy, cost = np.array([0.6, 0.7, 0.7]), np.array([1.0, 1.0, 1.0])
    assert cheapest_within(accuracy, cost, 0.2, np.ones(3, bool)) == 1


def test_the_best_under_limits_keeps_every_limit_and_may_lack_some() -> None:
    assert most_accurate_under(ACCURACY, [ENERGY, FLASH], [2.0, 35.0], ALL) == 2
    assert most_accurate_under(ACCURACY, [ENERGY, FLASH], [2.0, 25.0], ALL) == 0
    assert most_accurate_under(ACCURACY, [ENERGY, FLASH], [None, 60.0], ALL) == 3
    assert most_accurate_under(ACCURACY, [ENERGY, FLASH], [0.1, None], ALL) is None
    assert most_accurate_under(ACCURACY, [ENERGY], [0.8], ALL) == 1  # a limit that is met exactly


def test_the_knee_is_where_the_front_bends_and_scales_do_not_matter() -> None:
    assert knee(ACCURACY, ENERGY, ALL) == 1
    assert knee(100 * ACCURACY, 1e6 * ENERGY, ALL) == 1


@pytest.mark.parametrize(
    ("accuracy", "cost"),
    [([0.5, 0.6, 0.7], [1.0, 2.0, 3.0]), ([0.5, 0.7], [1.0, 2.0]), ([0.5, 0.52, 0.9], [1.0, 2.0, 2.1])],
    ids=["straight", "two points", "hollow"],
)
def test_a_front_that_bulges_nowhere_has_no_knee(accuracy: list[float], cost: list[float]) -> None:
    assert knee(np.array(accuracy), np.array(cost), np.ones(len(cost), bool)) is None


def test_a_negative_margin_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 0"):
        cheapest_within(ACCURACY, ENERGY, -0.01, ALL)
