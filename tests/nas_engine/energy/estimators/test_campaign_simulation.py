import numpy as np
import pytest

from nas_engine.baselines import nas_bayesian
from nas_engine.cost import cost
from nas_engine.energy.estimators.base import feature_rows
from nas_engine.energy.estimators.campaign_simulation import NOISE_MJ, campaign, energy_mj
from nas_engine.energy.regression import training
from nas_engine.energy.regression.gaussian_process.gp_fit import MOST_ROWS
from nas_engine.energy.regression.metrics import scores
from nas_engine.search_space.paper_spaces import paper_2d

CAMPAIGN = campaign(paper_2d(), 2_600, seed=1)
EXACT = np.array(CAMPAIGN.exact_mj)
MEASURED = np.array([one.energy_mj for one in CAMPAIGN.measured])


def test_the_made_up_device_takes_what_was_published_for_table_2() -> None:
    assert energy_mj(nas_bayesian()) == pytest.approx(1.30)


def test_measurements_scatter_as_the_papers_and_are_the_same_every_time() -> None:
    assert np.std(MEASURED - EXACT) == pytest.approx(NOISE_MJ, rel=0.05)
    assert campaign(paper_2d(), 20, seed=1).measured == campaign(paper_2d(), 20, seed=1).measured


def test_flops_alone_say_little_of_the_energy() -> None:
    flops = np.array([cost(one.architecture).flops for one in CAMPAIGN.measured])
    alike = EXACT[np.abs(flops - 10e6) < 0.3e6]
    assert alike.max() > 1.3 * alike.min()


def test_a_model_of_thousands_is_off_by_little_more_than_the_measurements_scatter() -> None:
    table = feature_rows([cost(one.architecture) for one in CAMPAIGN.measured], None)
    seen = MOST_ROWS + 1
    fitted = training.fit(table[:seen], MEASURED[:seen], seed=0)
    predicted = fitted.model.predict_rows(table[seen:])
    assert scores(MEASURED[seen:], predicted.value).r2 > 0.92
    assert scores(EXACT[seen:], predicted.value).rmse < NOISE_MJ / 2
    assert 0.86 < np.mean((predicted.low <= MEASURED[seen:]) & (MEASURED[seen:] <= predicted.high)) < 0.94
