"""A study simulated: every trial is accounted for, and time passes as it would."""

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from nas_engine.architecture import Architecture
from nas_engine.constraints import Constraints
from nas_engine.cost import cost
from nas_engine.designers.base import DesignerSettings
from nas_engine.errors import EarshotError
from nas_engine.evaluation_result import Evaluation
from nas_engine.reward import reward
from nas_engine.search_space.paper_spaces import paper_2d
from nas_engine.simulation import simulated_evaluation
from nas_engine.simulation.dry_run import DryRunSettings, dry_run, expectation, search
from nas_engine.simulation.simulated_evaluation import SimulatedPlan, TrainingPlan
from nas_engine.simulation.simulated_trials import SimulatedSearch
from nas_engine.testing.spaces import tiny_2d

PLAN = SimulatedPlan(trial_epochs=6, qat_epochs=2)
SETTINGS = DryRunSettings(paper_2d(), "random", budget=60, trial_epochs=6, qat_epochs=2, seeds=3)


def busy(run: SimulatedSearch, moment: float) -> int:
    return sum(trial.begun_seconds <= moment < trial.ended_seconds for trial in run.trials)


def begun(run: SimulatedSearch) -> Sequence[float]:
    return [trial.begun_seconds for trial in run.trials]


def run_seconds(run: SimulatedSearch) -> Sequence[float]:
    return [
        sum(simulated_evaluation.simulate(trial.architecture, PLAN).result.seconds.values()) for trial in run.trials
    ]


@pytest.mark.parametrize("designer", ["random", "eagle", "evolution", "hyperfirefly", "nsga2"])
@pytest.mark.parametrize("workers", [1, 16])
def test_every_trial_of_the_budget_ends_once_and_no_network_twice(designer: str, workers: int) -> None:
    run = search(replace(SETTINGS, designer=designer), workers, 0, simulated_evaluation.simulate)
    assert sorted(trial.number for trial in run.trials) == list(range(1, 61))
    assert len({trial.architecture.network_hash for trial in run.trials}) == 60
    assert run.ended_early == ""
    ends = [trial.ended_seconds for trial in run.trials]
    assert ends == sorted(ends)
    assert all(trial.epochs == 8 for trial in run.trials)


@pytest.mark.parametrize("workers", [1, 4, 16])
def test_no_trainer_waits_while_there_is_budget_and_none_trains_two(workers: int) -> None:
    run = search(SETTINGS, workers, 0, simulated_evaluation.simulate)
    last_begin = max(begun(run))
    assert {busy(run, moment) for moment in begun(run) if moment < last_begin} <= set(range(workers + 1))
    for moment in sorted({trial.ended_seconds for trial in run.trials}):
        if moment < last_begin:
            assert busy(run, moment) == workers
    assert run.training_seconds == pytest.approx(sum(run_seconds(run)))
    assert run.training_seconds / workers <= run.wall_seconds <= run.training_seconds


def test_one_worker_needs_the_time_of_all_trainings_in_the_order_of_their_numbers() -> None:
    run = search(SETTINGS, 1, 0, simulated_evaluation.simulate)
    assert run.wall_seconds == pytest.approx(run.training_seconds)
    assert [trial.number for trial in run.trials] == list(range(1, 61))


def test_equal_settings_give_an_equal_dry_run_and_another_seed_another() -> None:
    settings = replace(SETTINGS, designer="eagle", workers=(4,))
    first, again = (dry_run(settings, lambda seed: simulated_evaluation.simulate) for _ in range(2))
    assert first == again
    assert first != dry_run(replace(settings, seed=100), lambda seed: simulated_evaluation.simulate)


def test_the_designer_hears_accuracy_energy_and_flash_apart() -> None:
    """NSGA-II draws at random, as random search does with the same seed, until it knows forty trials by all three."""
    alone = replace(SETTINGS, budget=60)
    chance, bred = (
        search(replace(alone, designer=name), 1, 0, simulated_evaluation.simulate).trials
        for name in ("random", "nsga2")
    )
    assert [trial.architecture for trial in chance[:40]] == [trial.architecture for trial in bred[:40]]
    assert not {trial.architecture for trial in chance[45:]} & {trial.architecture for trial in bred[45:]}


def test_the_hybrid_switches_where_the_settings_say() -> None:
    hybrid = replace(SETTINGS, designer="hybrid", budget=9)
    early, late = (
        search(
            replace(hybrid, designer_settings=DesignerSettings(switch_at)), 1, 0, simulated_evaluation.simulate
        ).trials
        for switch_at in (4, 9)
    )
    assert [trial.architecture for trial in early[:4]] == [trial.architecture for trial in late[:4]]
    assert early[4].architecture != late[4].architecture


def test_refused_suggestions_are_counted_and_never_trained() -> None:
    limits = Constraints(flash_bytes=52_000)
    run = search(replace(SETTINGS, limits=limits), 4, 0, simulated_evaluation.simulate)
    assert run.violating > 0
    assert len(run.trials) == 60
    assert all(cost(trial.architecture).flash_bytes_estimate <= 52_000 for trial in run.trials)
    numbers = [trial.number for trial in run.trials]
    assert len(set(numbers)) == 60
    assert max(numbers) <= 60 + run.violating


@pytest.mark.parametrize("designer", ["random", "eagle"])
def test_a_space_smaller_than_the_budget_ends_early_and_says_why(designer: str) -> None:
    run = search(replace(SETTINGS, space=tiny_2d(), designer=designer), 4, 0, simulated_evaluation.simulate)
    assert len(run.trials) == 18
    assert "is finished, violates a constraint or is being tried" in run.ended_early


def test_limits_that_nothing_passes_end_a_dry_run_without_a_trial() -> None:
    settings = replace(SETTINGS, space=tiny_2d(), limits=Constraints(flash_bytes=100), workers=(1,))
    (expected,) = dry_run(settings, lambda seed: simulated_evaluation.simulate).values()
    assert expected.trials == (0, 0, 0)
    assert expected.best_rewards == ()
    assert all("none meets the constraints" in reason for reason in expected.ended_early)


def test_the_expectation_is_of_medians_and_quartiles_and_best_rewards_never_fall() -> None:
    searches = [search(SETTINGS, 4, seed, simulated_evaluation.simulate) for seed in range(3)]
    expected = expectation(4, searches)
    assert len(expected.best_rewards) == 60
    medians = [quartiles.median for quartiles in expected.best_rewards]
    assert medians == sorted(medians)
    assert medians[-1] == np.median([max(trial.reward or 0.0 for trial in run.trials) for run in searches])
    assert all(quartiles.low <= quartiles.median <= quartiles.high for quartiles in expected.best_rewards)
    assert expected.wall_seconds.median == np.median([run.wall_seconds for run in searches])


def test_each_seed_has_a_simulation_of_its_own() -> None:
    asked: list[int] = []

    def simulation(seed: int) -> simulated_evaluation.Simulate:
        asked.append(seed)
        return simulated_evaluation.simulate

    dry_run(replace(SETTINGS, seed=5, workers=(1, 4)), simulation)
    assert asked == [5, 6, 7]


def test_a_dry_run_ends_after_the_seed_at_which_it_was_enough() -> None:
    found = dry_run(replace(SETTINGS, workers=(1, 4)), lambda seed: simulated_evaluation.simulate, enough=lambda: True)
    assert [expected.trials for expected in found.values()] == [(60,), (60,)]


def test_an_error_of_the_simulation_is_not_swallowed() -> None:
    def broken(architecture: Architecture, plan: TrainingPlan) -> Evaluation:
        raise EarshotError("no such training")

    with pytest.raises(EarshotError, match="no such training"):
        search(SETTINGS, 1, 0, broken)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"budget": 0}, "budget must be at least 1"),
        ({"trial_epochs": 0}, "trial_epochs must be at least 1"),
        ({"seeds": 0}, "seeds must be at least 1"),
        ({"workers": ()}, "workers must be numbers"),
        ({"workers": (4, 0)}, "workers must be numbers"),
    ],
)
def test_impossible_settings_are_refused_by_name(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(SETTINGS, **change)


@pytest.mark.alone
def test_three_searches_of_three_hundred_trials_take_seconds() -> None:
    start = time.perf_counter()
    dry_run(replace(SETTINGS, budget=300, workers=(4,)), lambda seed: simulated_evaluation.simulate)
    assert time.perf_counter() - start < 20.0  # measured 1 s


def test_networks_cost_what_the_given_estimate_says_from_the_screen_to_the_reward() -> None:
    """Twice the FLOPs' energy: an energy model of a thirstier device takes the place of the published figures."""
    settings = replace(SETTINGS, energy_mj=lambda counted: counted.flops / 5e6, limits=Constraints(energy_mj=4.0))
    run = search(settings, 1, 0, simulated_evaluation.simulate)
    assert max(cost(trial.architecture).flops / 5e6 for trial in run.trials) <= 4.0
    assert run.violating > 0
    for trial in run.trials:
        measured = simulated_evaluation.simulate(trial.architecture, PLAN).result
        by_prior = reward(measured.int8_accuracy, measured.energy_mj, measured.flash_bytes, settings.rewards)
        assert trial.reward is not None
        assert (trial.reward < by_prior) == (cost(trial.architecture).flops / 5e6 > max(1.25, measured.energy_mj))
