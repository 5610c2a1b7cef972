"""Forecasts from blocks and early signs: as good as the better of the two, and as certain as they say."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from nas_engine.early_stopping.base import Curve
from nas_engine.early_stopping.marginal_value import early_signs, forecasts
from tests.nas_engine.early_stopping.curves import EPOCHS, curve

POINTS = tuple(range(2, EPOCHS + 1, 2))
POINT = 7
Values = NDArray[np.float64]
WEIGHTS = np.array([0.03, -0.02, 0.02])


def drawn(count: int, seed: int, *, own: float = 0.02) -> list[Curve]:
    """Trainings that end as three of five block values say, up to `own`."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        blocks = rng.normal(0, 1, 5)
        final = float(0.7 + blocks[:3] @ WEIGHTS + rng.normal(0, own))
        found.append(replace(curve(final, rng, feature=0.0), blocks=tuple(map(float, blocks)), network=str(number)))
    return found


def stopped(curves: Sequence[Curve]) -> list[Curve]:
    """After eight, two of three are stopped at a third of their epochs."""
    return [one if number < 8 or number % 3 == 0 else one.cut(8) for number, one in enumerate(curves)]


def finals(curves: Sequence[Curve]) -> Values:
    return np.array([one.final_accuracy for one in curves], dtype=float)


NEW = drawn(150, 2)
LEARNED = forecasts.fit(stopped(drawn(90, 1)), POINTS)


def test_blocks_tell_networks_apart_before_their_training() -> None:
    before = np.array([LEARNED.before(one) for one in NEW])
    assert np.std(finals(NEW) - before) < np.std(finals(NEW)) / 2
    assert np.std(finals(NEW) - before) == pytest.approx(LEARNED.spread, rel=0.25)
    assert np.polyfit(before, finals(NEW), 1)[0] == pytest.approx(1.0, abs=0.15)


def test_a_forecast_errs_less_than_blocks_or_signs_alone() -> None:
    found = np.array([LEARNED.forecast(one, POINT) for one in NEW])
    errors = finals(NEW) - found[:, 0]
    by_signs = finals(NEW) - [LEARNED.signs.forecast(one, POINT)[0] for one in NEW]
    by_blocks = finals(NEW) - [LEARNED.before(one) for one in NEW]
    assert np.std(errors) < 0.95 * min(np.std(by_signs), np.std(by_blocks))
    assert np.std(errors) == pytest.approx(found[0, 1], rel=0.3)


def test_where_blocks_say_nothing_a_forecast_is_that_of_the_signs() -> None:
    """In the mean over studies; what chance makes blocks seem to say is little."""
    promised = []
    for seed in range(10):
        curves = drawn(60, 10 + seed, own=0.04)
        others = [one.blocks for one in drawn(60, 100 + seed)]
        strangers = [replace(one, blocks=blocks) for one, blocks in zip(curves, others, strict=True)]
        learned = forecasts.fit(stopped(strangers), POINTS)
        promised.append(np.std([learned.before(one) for one in NEW]))
        assert learned.spread == pytest.approx(early_signs.fit(stopped(strangers), POINTS).deviations[0], rel=0.35)
    assert np.median(promised) < 0.01


def test_forecasts_grow_more_certain_from_point_to_point() -> None:
    assert len(LEARNED.deviations) == len(POINTS) + 1
    assert (np.diff(LEARNED.deviations) < 0).all()


def test_blocks_that_nobody_recorded_are_no_error() -> None:
    """Networks of equal blocks, as all that are known."""
    same = [replace(one, blocks=(1.0, 2.0)) for one in drawn(20, 3)]
    learned = forecasts.fit(same, POINTS)
    assert learned.before(same[0]) == pytest.approx(finals(same).mean(), abs=0.01)
