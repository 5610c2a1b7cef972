import numpy as np
import pytest

from nas_engine.energy.regression import training
from nas_engine.energy.regression.gaussian_process import gp_fit
from nas_engine.energy.regression.metrics import scores
from nas_engine.energy.regression.schema import Schema
from tests.nas_engine.energy.tables import costs, networks

ROWS = networks(400)
NOISE = 0.4
UNSEEN = 400
TARGET = costs(ROWS, NOISE)


@pytest.fixture(scope="module")
def fitted() -> training.FittedModel:
    return training.fit(ROWS[:150], TARGET[:150], seed=0)


def test_networks_never_measured_are_predicted_about_as_well_as_left_out_ones(fitted: training.FittedModel) -> None:
    predicted = fitted.model.predict_rows(ROWS[150:])
    unseen = scores(TARGET[150:], predicted.value)
    assert unseen.r2 > 0.97
    assert unseen.rmse == pytest.approx(fitted.scores.rmse, rel=0.3)


def test_nine_in_ten_measurements_lie_in_their_interval(fitted: training.FittedModel) -> None:
    predicted = fitted.model.predict_rows(ROWS[150:])
    assert 0.84 < np.mean((predicted.low <= TARGET[150:]) & (TARGET[150:] <= predicted.high)) < 0.96


@pytest.mark.parametrize(("measured", "draws"), [(6, 5), (50, 8)])
def test_over_many_draws_nine_in_ten_lie_in_their_interval_however_few_were_measured(measured: int, draws: int) -> None:
    inside = [_share_inside(measured, seed) for seed in range(draws)]
    chance = 0.9 * 0.1 / (measured + 2) + 0.9 * 0.1 / UNSEEN  # of one draw: by its measured networks, by those asked
    assert np.mean(inside) == pytest.approx(0.9, abs=2.5 * np.sqrt(chance / draws))


def _share_inside(measured: int, seed: int) -> float:
    rows = networks(measured + UNSEEN, seed)
    target = costs(rows, NOISE, seed)
    unseen = target[measured:]
    predicted = training.fit(rows[:measured], target[:measured], seed=seed).model.predict_rows(rows[measured:])
    return float(np.mean((predicted.low <= unseen) & (unseen <= predicted.high)))


def test_what_a_row_is_predicted_as_without_it_does_not_depend_on_its_own_measurement() -> None:
    schema = Schema.of(ROWS[:40])
    features, counts = schema.encode(ROWS[:40]), np.ones(40)
    wrong = TARGET[:40].copy()
    wrong[7] *= 1.001  # little enough to leave the parameters where they are
    before, after = (gp_fit.fit(schema, features, t, counts, 0, logs=False) for t in (TARGET[:40], wrong))
    assert after.cross_fitted_mean[7] == pytest.approx(before.cross_fitted_mean[7], rel=2e-3)


def test_a_measurement_that_went_wrong_moves_others_little() -> None:
    spoilt = TARGET[:150].copy()
    spoilt[::30] += 40
    predicted = training.fit(ROWS[:150], spoilt, seed=0).model.predict_rows(ROWS[150:])
    assert scores(TARGET[150:], predicted.value).r2 > 0.95


def test_repeats_of_a_network_are_one_network_whose_noise_is_reported() -> None:
    repeated = np.concatenate([TARGET[:60], costs(ROWS[:60], NOISE, seed=2)])
    names = [str(i) for i in range(60)] * 2
    measured = training.fit(ROWS[:60] * 2, repeated, seed=0, groups=names).measured
    assert len(measured.target) == 60
    assert measured.target[3] == pytest.approx((repeated[3] + repeated[63]) / 2)
    assert measured.noise == pytest.approx(NOISE, rel=0.3)


def test_equal_arguments_give_equal_models(fitted: training.FittedModel) -> None:
    again = training.fit(ROWS[:150], TARGET[:150], seed=0)
    assert np.array_equal(again.model.predict_rows(ROWS).value, fitted.model.predict_rows(ROWS).value)
