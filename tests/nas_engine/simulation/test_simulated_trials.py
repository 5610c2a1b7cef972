"""A simulated training passes epoch by epoch, and a rule that stops it shortens it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from nas_engine.designers.base import Suggestion
from nas_engine.early_stopping.base import Curve, Decision, StoppingRule, continue_training
from nas_engine.reward import RewardParameters
from nas_engine.search_space.paper_spaces import paper_2d
from nas_engine.simulation import simulated_evaluation
from nas_engine.simulation.dry_run import DryRunSettings, dry_run, search
from nas_engine.simulation.simulated_evaluation import SimulatedPlan
from nas_engine.simulation.simulated_trials import SimulatedTraining

PLAN = SimulatedPlan(trial_epochs=6, qat_epochs=2)
NETWORK = paper_2d().sample(np.random.default_rng(3))
WHOLE = simulated_evaluation.simulate(NETWORK, PLAN)
SETTINGS = DryRunSettings(
    paper_2d(), "random", budget=60, trial_epochs=20, qat_epochs=2, workers=(1, 4), seeds=1, stop_confidence=0.9
)


@dataclass(frozen=True, slots=True)
class StopsAfter:
    """Stops every trial after so many epochs, and remembers what it saw."""

    epochs: int
    seen: list[tuple[Curve, int]]

    def decide(self, running: Curve, ended: Sequence[Curve]) -> Decision:
        self.seen.append((running, len(ended)))
        return replace(continue_training(running), stop=len(running.accuracies) == self.epochs, forecast=0.4)


def trained(rule: StoppingRule | None) -> SimulatedTraining:
    training = SimulatedTraining(7, Suggestion(NETWORK, {"fly": "1"}), WHOLE, 100.0, RewardParameters(), rule)
    while not training.advance(()):
        pass
    return training


def test_without_a_rule_a_training_has_one_moment_its_end() -> None:
    training = SimulatedTraining(7, Suggestion(NETWORK), WHOLE, 100.0, RewardParameters())
    assert training.moment_seconds == 100.0 + sum(WHOLE.result.seconds.values())
    assert training.advance(())
    assert training.trial.epochs == 8
    assert training.trial.reward is not None
    assert training.outcome.objectives is not None


def test_a_rule_sees_every_float_epoch_and_nothing_of_what_comes() -> None:
    rule = StopsAfter(99, [])
    trained(rule)
    accuracies = tuple(point.eval_accuracy for point in WHOLE.curve if point.phase == "float")
    assert [running.accuracies for running, _ in rule.seen] == [accuracies[:epoch] for epoch in range(1, 7)]
    assert {running.final_accuracy for running, _ in rule.seen} == {None}


def test_a_rule_that_never_stops_changes_nothing() -> None:
    assert trained(StopsAfter(99, [])).trial == trained(None).trial


@pytest.mark.parametrize("epochs", [1, 3, 6])
def test_a_stopped_training_ends_with_that_epoch_and_tells_its_forecast(epochs: int) -> None:
    training = trained(StopsAfter(epochs, []))
    assert training.trial.reward is None
    assert training.trial.epochs == epochs
    assert training.trial.ended_seconds == 100.0 + WHOLE.curve[epochs - 1].seconds
    assert training.trial.whole_seconds == sum(WHOLE.result.seconds.values())
    assert (training.outcome.reward, training.outcome.objectives) == (0.4, None)
    assert training.outcome.metadata == {"fly": "1"}
    assert training.curve.final_accuracy is None
    assert len(training.curve.accuracies) == epochs


def test_a_rule_knows_the_trials_that_have_ended_by_then_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """With four trainers, each curve is judged beside as many ended trials as ended before that epoch's moment."""
    rule = StopsAfter(99, [])
    monkeypatch.setattr(DryRunSettings, "stopping_rule", lambda settings, seed: rule)
    run = search(replace(SETTINGS, budget=12), 4, 0, simulated_evaluation.simulate)
    ends = np.array([trial.ended_seconds for trial in run.trials])
    asked = {running.accuracies: known for running, known in rule.seen}
    assert max(asked.values()) > 4
    for trial in run.trials:
        seed = int(np.random.SeedSequence([0, trial.number]).generate_state(1)[0])
        points = simulated_evaluation.simulate(trial.architecture, SimulatedPlan(20, 2, seed)).curve[:20]
        for epoch in range(1, 21):
            moment = trial.begun_seconds + points[epoch - 1].seconds
            accuracies = tuple(point.eval_accuracy for point in points[:epoch])
            assert asked[accuracies] == int(np.sum(ends < moment))


@pytest.mark.parametrize("rule", ["exponential_decay", "tsgp"])
def test_early_stopping_saves_training_time_and_every_trial_is_accounted_for(rule: str) -> None:
    stopping, whole = (
        dry_run(replace(SETTINGS, early_stopping=name), lambda seed: simulated_evaluation.simulate)
        for name in (rule, "none")
    )
    for workers in (1, 4):
        assert stopping[workers].trials == (60,)
        assert stopping[workers].stopped.median > 0
        saved = stopping[workers].saved_seconds.median
        assert saved > 0
        taken = stopping[workers].training_seconds.median
        assert taken + saved == pytest.approx(whole[workers].training_seconds.median)
        assert stopping[workers].saved_share.median == pytest.approx(saved / (taken + saved))
        assert (whole[workers].stopped.median, whole[workers].saved_seconds.median) == (0, 0)


def test_a_stopped_trial_is_never_the_best() -> None:
    run = search(replace(SETTINGS, early_stopping="exponential_decay"), 1, 0, simulated_evaluation.simulate)
    rewards = [trial.reward for trial in run.trials if trial.reward is not None]
    assert len(rewards) < 60
    assert run.best_rewards[-1] == max(rewards)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"early_stopping": "luck"}, "no stopping rule 'luck'"),
        ({"early_stopping": "tsgp", "stop_confidence": 0.2}, r"confidence must be 0\.5 to 0\.999"),
    ],
)
def test_impossible_stopping_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(SETTINGS, **change)


def test_the_outcome_of_a_stopped_trial_states_how_uncertain_it_is_and_what_was_trained() -> None:
    @dataclass(frozen=True, slots=True)
    class StopsWithBand(StopsAfter):
        def decide(self, running: Curve, ended: Sequence[Curve]) -> Decision:
            return replace(StopsAfter.decide(self, running, ended), low=0.4 - 0.0196, high=0.4 + 0.0196)

    stopped = trained(StopsWithBand(2, [])).outcome
    assert (stopped.reward, stopped.trained_share) == (0.4, 2 / 8)
    assert stopped.deviation == pytest.approx(0.01)
    whole = trained(None).outcome
    assert (whole.deviation, whole.trained_share) == (0.0, 1.0)
