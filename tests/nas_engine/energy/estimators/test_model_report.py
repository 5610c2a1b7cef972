"""What is said of an energy model is found out on networks it has not seen."""

import json

import numpy as np
import pytest

from nas_engine.cost import cost
from nas_engine.energy.estimators.analytical import analytical_energy_mj
from nas_engine.energy.estimators.model_report import ModelReport, cross_validate
from nas_engine.energy.estimators.training import MeasuredNetwork
from nas_engine.errors import BadMeasurement
from nas_engine.search_space.paper_spaces import paper_2d

NOISE_MJ = 0.05


def measured(networks: int, repeats: int = 1) -> list[MeasuredNetwork]:
    """A device that takes twice what the published figures say, measured with noise."""
    rng = np.random.default_rng(5)
    drawn = [paper_2d().sample(rng) for _ in range(networks)]
    return [
        MeasuredNetwork(network, max(0.01, 2 * analytical_energy_mj(cost(network)) + NOISE_MJ * rng.normal()))
        for network in drawn
        for _ in range(repeats)
    ]


@pytest.fixture(scope="module")
def report() -> ModelReport:
    return cross_validate(measured(60, repeats=2), noise_mj=NOISE_MJ, seed=1)


def test_every_run_is_predicted_once_by_a_model_that_has_not_seen_its_network(report: ModelReport) -> None:
    assert [point.index for point in report.held_back] == list(range(120))
    assert (report.runs, report.networks) == (120, 60)
    first, second = report.held_back[:2]
    assert first.predicted_mj == second.predicted_mj
    energies = [one.energy_mj for one in measured(60, repeats=2)]
    errors = np.array([point.predicted_mj for point in report.held_back]) - energies
    assert report.rmse_mj == pytest.approx(np.sqrt(np.mean(errors**2)))
    assert report.r2 == pytest.approx(1 - np.mean(errors**2) / np.var(energies))
    inside = [p.low_mj <= energy <= p.high_mj for p, energy in zip(report.held_back, energies, strict=True)]
    assert report.coverage == np.mean(inside)
    assert 0.7 <= report.coverage <= 1.0


def test_what_decides_the_energy_is_found_important_and_the_greatest_comes_first(report: ModelReport) -> None:
    for importance in (report.permutation, report.impurity):
        values = [one.value for one in importance]
        assert values == sorted(values, reverse=True)
        assert {one.feature for one in importance[:6]} & {"FLOPs", "estimate by published figures", "activation bytes"}
    assert sum(one.value for one in report.impurity) == pytest.approx(1.0)
    assert report.permutation[0].value > 0


def test_the_learning_curve_ends_with_all_networks_and_falls(report: ModelReport) -> None:
    networks = [point.networks for point in report.learning_curve]
    assert networks == [6, 12, 24, 48]
    assert report.learning_curve[-1].rmse_mj < report.learning_curve[0].rmse_mj


def test_a_report_is_json(report: ModelReport) -> None:
    stored = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert stored["noise_mj"] == NOISE_MJ
    assert stored["held_back"][0]["index"] == 0


def test_the_fewest_networks_that_make_a_model_make_a_report() -> None:
    assert len(cross_validate(measured(5)).held_back) == 5


def test_too_few_networks_are_refused() -> None:
    with pytest.raises(BadMeasurement):
        cross_validate(measured(2))
