"""Races: the best reward so far, and its quartiles over searches, against plain loops."""

import numpy as np
import pytest

from nas_engine.statistics.explanation.races import RewardCourse, band, course

NAN = float("nan")


def made(spent: list[float], rewards: list[float]) -> RewardCourse:
    found = course(np.array(spent, float), np.array(rewards, float))
    assert found is not None
    return found


def best_so_far(spent: list[float], rewards: list[float], point: float) -> float:
    return max(reward for at, reward in zip(spent, rewards, strict=True) if at <= point and not np.isnan(reward))


def test_a_course_steps_where_a_reward_is_better_and_knows_its_end() -> None:
    found = made([1, 2, 3, 4, 5], [NAN, 0.3, 0.2, 0.5, NAN])
    assert (found.at.tolist(), found.best.tolist(), found.end) == ([2, 4], [0.3, 0.5], 5)


def test_a_search_without_a_reward_has_no_course_and_its_designer_no_band() -> None:
    assert course(np.array([1.0]), np.array([NAN])) is None
    assert course(np.zeros(0), np.zeros(0)) is None
    assert band([made([1], [0.5]), None]) is None
    assert band([]) is None


def test_a_band_is_over_the_same_searches_at_every_point() -> None:
    found = band([made([1, 2, 3], [0.1, 0.2, 0.3]), made([1, 2, 3, 4], [NAN, 0.4, 0.1, 0.9])])
    assert found is not None
    assert (found.at.tolist(), found.end) == ([2, 3], 3)
    assert found.place(3) == 1
    assert found.place(4) is None
    assert found.place(1) is None
    assert band([made([1], [0.5]), made([2, 3], [NAN, 0.5])]) is None  # one ends before the other has a reward


def test_quartiles_are_those_of_the_best_rewards_at_each_point() -> None:
    rng = np.random.default_rng(3)
    searches = [(np.cumsum(rng.integers(1, 9, 40)).tolist(), rng.normal(size=40).tolist()) for _ in range(5)]
    found = band([made(*one) for one in searches])
    assert found is not None
    for place, point in enumerate(found.at):
        expected = np.quantile([best_so_far(*one, float(point)) for one in searches], (0.25, 0.5, 0.75))
        assert [found.low[place], found.median[place], found.high[place]] == pytest.approx(expected)
    level = float(found.median[-1])
    assert found.median[found.place(found.first_at(level) or 0.0)] == pytest.approx(level)
    assert found.first_at(99.0) is None
