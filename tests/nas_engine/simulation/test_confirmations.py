"""Dry runs train finished networks again where the stopping rule has them confirmed."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

import pytest

from nas_engine.designers.base import Outcome
from nas_engine.designers.random import RandomDesigner
from nas_engine.early_stopping import registry
from nas_engine.early_stopping.base import Curve, StoppingRule
from nas_engine.search_space.paper_spaces import paper_2d
from nas_engine.simulation import simulated_evaluation
from nas_engine.simulation.dry_run import DryRunSettings, search
from nas_engine.simulation.simulated_trials import SimulatedSearch
from nas_engine.testing.spaces import tiny_2d

SETTINGS = DryRunSettings(
    paper_2d(), "random", budget=40, trial_epochs=20, qat_epochs=2, early_stopping="marginal_value"
)


@pytest.fixture(autouse=True)
def _best_is_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the eighth finished network on, the best is trained three times."""

    def best(rule: StoppingRule, ended: Sequence[Curve], without: Collection[str]) -> str | None:
        finished = [curve for curve in ended if curve.reward is not None]
        trainings = Counter(curve.network for curve in finished)
        if len(trainings) < 8:
            return None
        found = max(finished, key=lambda curve: curve.reward or 0.0).network
        return found if trainings[found] < 3 and found not in without else None

    monkeypatch.setattr(registry, "to_confirm", best)


def run(workers: int, settings: DryRunSettings = SETTINGS) -> SimulatedSearch:
    return search(settings, workers, 0, simulated_evaluation.simulate)


@pytest.mark.parametrize("workers", [1, 4])
def test_confirmations_are_whole_trainings_of_the_budget_with_other_results(workers: int) -> None:
    found = run(workers)
    assert sorted(trial.number for trial in found.trials) == list(range(1, 41))
    confirmations = [trial for trial in found.trials if trial.is_confirmation]
    assert len(confirmations) >= 2
    first = {trial.architecture: trial for trial in found.trials if not trial.is_confirmation}
    assert len(first) == 40 - len(confirmations)
    for trial in confirmations:
        confirmed = first[trial.architecture]
        assert trial.epochs == 22
        assert trial.begun_seconds >= confirmed.ended_seconds
        assert trial.reward not in (None, confirmed.reward)
    assert found.best_rewards[-1] == max(trial.reward for trial in found.trials if trial.reward is not None)


def test_one_network_is_confirmed_once_at_a_time() -> None:
    running = [(trial.begun_seconds, trial.ended_seconds, trial.architecture) for trial in run(4).trials]
    for begun, ended, architecture in running:
        same = [other for other in running if other[2] == architecture and other[0] < ended and begun < other[1]]
        assert len(same) == 1


def test_the_designer_receives_each_network_once(monkeypatch: pytest.MonkeyPatch) -> None:
    received: list[Outcome] = []
    monkeypatch.setattr(RandomDesigner, "update", lambda designer, outcomes: received.extend(outcomes))
    found = run(1)
    numbers = {trial.number for trial in found.trials if not trial.is_confirmation}
    assert {outcome.number for outcome in received} == numbers


def test_equal_settings_give_an_equal_search_and_other_rules_confirm_nothing() -> None:
    assert run(4) == run(4)
    assert not any(trial.is_confirmation for trial in run(1, replace(SETTINGS, early_stopping="none")).trials)


def test_a_space_that_is_used_up_ends_early_with_its_confirmations() -> None:
    found = run(4, replace(SETTINGS, space=tiny_2d()))
    assert len({trial.architecture for trial in found.trials}) == 18
    assert found.ended_early != ""
