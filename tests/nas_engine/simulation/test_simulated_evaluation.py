import subprocess
import sys
import time

import numpy as np
import pytest

from nas_engine.architecture import Architecture, Block, Head, Stem
from nas_engine.baselines import BASELINES, nas_bayesian
from nas_engine.cost import cost
from nas_engine.energy.estimators.analytical import predict_energy_mj
from nas_engine.energy.estimators.published_figures import table_1
from nas_engine.errors import EvaluationCancelled, InfeasibleArchitecture
from nas_engine.evaluation_result import Progress
from nas_engine.reward import RewardParameters, reward
from nas_engine.search_space.paper_spaces import paper_2d
from nas_engine.simulation.simulated_evaluation import SIMULATED_TFLITE, SimulatedPlan, evaluate, simulate
from nas_engine.simulation.synthetic_landscape import asymptotic_accuracy
from tests.nas_engine.sampling import samples

PLAN = SimulatedPlan(trial_epochs=30, qat_epochs=4)


def test_an_equal_architecture_and_plan_give_an_equal_result_in_every_process() -> None:
    program = (
        "from nas_engine.baselines import nas_bayesian\n"
        "from nas_engine.simulation.simulated_evaluation import simulate\n"
        "print(repr(simulate(nas_bayesian()).result))"
    )
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    assert repr(simulate(nas_bayesian()).result) == other


def test_another_seed_trains_another_time_and_scatters_as_retraining_does() -> None:
    """Table 1: five trainings of one network scatter by 0.4 to 1.2 points."""
    accuracies = [simulate(nas_bayesian(), SimulatedPlan(seed=seed)).result.int8_accuracy for seed in range(100)]
    assert 0.004 < np.std(accuracies) < 0.012


def test_only_accuracies_are_simulated() -> None:
    counted = cost(nas_bayesian())
    measurement = simulate(nas_bayesian()).result
    assert measurement.flops == counted.flops
    assert measurement.parameters == counted.parameters
    assert measurement.flash_bytes == counted.flash_bytes_estimate
    assert measurement.peak_activation_bytes == counted.peak_activation_bytes
    assert measurement.energy_mj == predict_energy_mj(counted).energy_mj


def test_a_simulation_says_so_wherever_it_could_be_taken_for_a_measurement() -> None:
    evaluation = simulate(nas_bayesian())
    assert evaluation.result.energy_source == "simulated"
    assert evaluation.environment == {"source": "simulated"}
    assert evaluation.tflite == SIMULATED_TFLITE
    assert b"simulated" in evaluation.tflite


def test_phases_and_epochs_are_reported_in_the_order_of_a_real_evaluation() -> None:
    reports: list[Progress] = []
    evaluation = evaluate(nas_bayesian(), None, PLAN, reports.append)
    assert [(report.phase, report.epoch, report.epochs) for report in reports] == [
        ("build", 0, 0),
        *(("float", epoch, 30) for epoch in range(1, 31)),
        *(("qat", epoch, 4) for epoch in range(1, 5)),
        ("convert", 0, 0),
        ("evaluate", 0, 0),
    ]
    seconds = [report.seconds for report in reports]
    assert seconds == sorted(seconds)
    assert seconds[-1] == pytest.approx(sum(evaluation.result.seconds.values()))


def test_a_cancelled_evaluation_ends_at_once() -> None:
    reports: list[Progress] = []

    def cancel_in_epoch_3(report: Progress) -> None:
        reports.append(report)
        if report.epoch == 3:
            raise EvaluationCancelled("the study was stopped")

    with pytest.raises(EvaluationCancelled):
        evaluate(nas_bayesian(), None, PLAN, cancel_in_epoch_3)
    assert len(reports) == 4


def test_an_infeasible_architecture_is_refused_as_in_a_real_evaluation() -> None:
    with pytest.raises(InfeasibleArchitecture):
        simulate(Architecture(Stem(), (Block("mobilenet_v1", 3, 8, (2, 1)),), Head()))


def test_curves_rise_towards_the_accuracy_of_the_architecture() -> None:
    evaluation = simulate(nas_bayesian(), SimulatedPlan(trial_epochs=100))
    losses = [point.loss for point in evaluation.curve]
    assert losses == sorted(losses, reverse=True)
    # Training noise 0.005 and jitter 0.004: four standard deviations.
    assert evaluation.result.float_accuracy == pytest.approx(asymptotic_accuracy(nas_bayesian()), abs=0.026)
    assert evaluation.curve[0].eval_accuracy < evaluation.result.float_accuracy - 0.1


def test_curves_cross_so_that_stopping_early_is_a_decision() -> None:
    """Who leads after a tenth of the epochs may be anywhere at the end; after three quarters few change places."""
    plan = SimulatedPlan(trial_epochs=60)
    curves = np.array(
        [
            [point.eval_accuracy for point in simulate(architecture, plan).curve if point.phase == "float"]
            for architecture in samples(paper_2d(), 200)
        ]
    )
    early, middle, late = curves[:, 5], curves[:, 44], curves[:, -1]
    assert abs(np.corrcoef(early, late)[0, 1]) < 0.2
    assert 0.6 < np.corrcoef(middle, late)[0, 1] < 0.95


def test_the_confusion_matrix_agrees_with_the_accuracy() -> None:
    for architecture in samples(paper_2d(classes=5), 10):
        measurement = simulate(architecture).result
        confusion = np.array(measurement.confusion)
        assert confusion.shape == (5, 5)
        assert np.trace(confusion) / confusion.sum() == measurement.int8_accuracy
        assert confusion[-1].sum() == confusion[:-1].sum()  # half of the examples are negatives


@pytest.mark.parametrize("model", ["NAS-Bayesian", *BASELINES])
def test_the_surrogate_stays_within_three_points_of_table_1(model: str) -> None:
    architecture = nas_bayesian() if model == "NAS-Bayesian" else BASELINES[model](9)
    assert asymptotic_accuracy(architecture) == pytest.approx(table_1(model).accuracy, abs=0.03)


def test_the_landscape_leaves_room_for_a_search_and_has_more_than_one_summit() -> None:
    """Climbing by single blocks beats two thousand random networks, and ends at different places."""

    def simulated_reward(architecture: Architecture) -> float:
        counted = cost(architecture)
        energy_mj = predict_energy_mj(counted).energy_mj
        return reward(asymptotic_accuracy(architecture), energy_mj, counted.flash_bytes_estimate, RewardParameters())

    def climb(architecture: Architecture) -> Architecture:
        while True:
            best = max(paper_2d().neighbours(architecture), key=simulated_reward)
            if simulated_reward(best) <= simulated_reward(architecture):
                return architecture
            architecture = best

    drawn = samples(paper_2d(), 2000)
    summits = {climb(start) for start in drawn[:3]}
    assert len(summits) == 3
    assert max(map(simulated_reward, summits)) > max(map(simulated_reward, drawn)) + 0.005


@pytest.mark.alone
def test_a_thousand_simulations_take_seconds_not_hours() -> None:
    start = time.perf_counter()
    for architecture in samples(paper_2d(), 1000):
        simulate(architecture)
    assert time.perf_counter() - start < 10.0  # measured 0.5 s
