import time
from dataclasses import replace

import numpy as np
import pytest

from nas_engine.early_stopping import tsgp
from nas_engine.early_stopping.base import Curve, Decision
from nas_engine.early_stopping.buckets import Buckets
from nas_engine.early_stopping.tsgp import Tsgp
from tests.nas_engine.early_stopping.curves import EPOCHS, curve, half_stopped, study

RULE = Tsgp(Buckets(EPOCHS), confidence=0.95)
POOR = curve(0.62, np.random.default_rng(5), feature=0.5)
GOOD = curve(0.77, np.random.default_rng(5), feature=0.5)


def forecast(decision: Decision) -> float:
    assert decision.forecast is not None
    return decision.forecast


def test_it_says_nothing_before_ten_trials_have_finished_or_four_epochs_have_passed() -> None:
    assert RULE.decide(POOR.cut(12), study(9)).forecast is None
    assert RULE.decide(POOR.cut(3), study(10)).forecast is None
    assert RULE.decide(POOR.cut(12), half_stopped(study(18))).forecast is None
    assert RULE.decide(POOR.cut(4), study(10)).forecast is not None


def test_it_stops_what_ends_low_and_not_what_ends_high() -> None:
    assert RULE.decide(POOR.cut(14), study(20)).stop
    assert not RULE.decide(GOOD.cut(14), study(20)).stop


def test_a_higher_confidence_stops_no_earlier() -> None:
    middling = curve(0.69, np.random.default_rng(5), feature=0.5)

    def epochs(confidence: float) -> int:
        rule = replace(RULE, confidence=confidence)
        stopped = (epoch for epoch in range(1, EPOCHS) if rule.decide(middling.cut(epoch), study(20)).stop)
        return next(stopped, EPOCHS)

    assert epochs(0.6) <= epochs(0.95) <= epochs(0.999)
    assert epochs(0.6) < epochs(0.999)


def test_its_forecasts_err_as_much_as_they_say_and_less_the_more_they_have_seen() -> None:
    held_out = study(60, seed=9)
    rewards = np.array([one.reward for one in held_out])
    for epochs, largest in ((8, 0.03), (16, 0.015)):
        decisions = [RULE.decide(one.cut(epochs), study(30)) for one in held_out]
        forecasts, low, high = np.array([(d.forecast, d.low, d.high) for d in decisions]).T
        assert np.sqrt(np.mean((forecasts - rewards) ** 2)) < largest
        assert np.mean((low <= rewards) & (rewards <= high)) > 0.85


def test_it_forecasts_the_reward_and_not_the_accuracy() -> None:
    free, dear = (RULE.decide(replace(GOOD.cut(14), penalty=penalty), study(20)) for penalty in (0.0, 0.1))
    assert forecast(dear) == pytest.approx(forecast(free) - 0.1)
    assert dear.stop
    assert not free.stop


def test_it_learns_what_int8_costs() -> None:
    dear = [replace(one, final_accuracy=(one.final_accuracy or 0) - 0.1) for one in study(20)]
    usual, lower = RULE.decide(GOOD.cut(18), study(20)), RULE.decide(GOOD.cut(18), dear)
    assert forecast(lower) == pytest.approx(forecast(usual) - 0.1, abs=0.02)


def test_knowledge_of_architectures_crosses_trials() -> None:
    """Where the feature tells the final accuracy, four epochs of noise are enough to tell two networks apart."""
    rng = np.random.default_rng(2)
    told = [replace(curve(final, rng), losses=()) for final in rng.uniform(0.6, 0.8, 30)]
    seen = replace(GOOD.cut(4), losses=())
    low, high = (RULE.decide(replace(seen, features=(value, 1.0)), told) for value in (0.62, 0.78))
    assert forecast(high) - forecast(low) > 0.08


def test_stopped_trials_teach_what_they_showed() -> None:
    """Ten finished trials rise at once; of the stopped ones it can learn that others begin low."""
    rng = np.random.default_rng(4)
    late = [curve(0.6, rng, feature=0.0).cut(12) for _ in range(10)]
    alone, taught = (RULE.decide(curve(0.6, rng, feature=0.0).cut(6), [*study(10), *more]) for more in ([], late))
    assert alone.forecast != taught.forecast
    assert (taught.high or 0) - (taught.low or 0) < 0.3


def test_a_best_that_no_network_reaches_does_not_end_every_training_at_once() -> None:
    """Forecasts that repeat the study's average stop nothing, however sure they are."""
    silent = [replace(one, losses=()) for one in study(40)]
    lucky = [*silent[:19], replace(silent[19], final_accuracy=0.78)]
    decisions = [RULE.decide(one.cut(4), lucky) for one in silent[20:]]
    assert np.mean([(decision.probability or 0) > RULE.confidence for decision in decisions]) > 0.9
    assert np.mean([decision.stop for decision in decisions]) < 0.5


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_of_those_that_would_be_the_best_no_greater_share_is_stopped_than_the_confidence_allows(
    confidence: float,
) -> None:
    rule, ended = replace(RULE, confidence=confidence), study(40)
    best = max(one.reward or 0.0 for one in ended)
    rng = np.random.default_rng(8)
    better = [
        one
        for one in (curve(rng.uniform(0.65, 0.8), rng, feature=0.5) for _ in range(300))
        if (one.reward or 0.0) > best
    ]
    stopped = [any(rule.decide(one.cut(epoch), ended).stop for epoch in range(4, EPOCHS + 1)) for one in better]
    assert len(better) > 50
    assert np.mean(stopped) <= 1 - confidence


def test_losses_tell_what_accuracies_do_not_yet() -> None:
    """Where losses are the only thing that differs, a lower one forecasts a higher end."""
    rng = np.random.default_rng(6)
    told = [hidden(curve(final, rng, feature=0.0)) for final in rng.uniform(0.6, 0.8, 40)]
    low, high = (replace(told[0], losses=tuple(np.array(told[0].losses) + shift)) for shift in (0.1, -0.1))
    forecasts = [forecast(RULE.decide(one.cut(8), told[1:])) for one in (low, high)]
    assert forecasts[1] > forecasts[0] + 0.01


def hidden(one: Curve) -> Curve:
    """The same, but its accuracies are those of the majority's class for its first twelve epochs."""
    return replace(one, accuracies=(0.5,) * 12 + one.accuracies[12:])


def test_accuracies_below_those_with_which_networks_begin_are_no_sign() -> None:
    fallen = replace(GOOD, accuracies=(*GOOD.accuracies[:2], 0.03, *GOOD.accuracies[3:]))
    begun = replace(GOOD, accuracies=(*GOOD.accuracies[:2], 0.4, *GOOD.accuracies[3:]))
    assert forecast(RULE.decide(fallen.cut(8), study(20))) == forecast(RULE.decide(begun.cut(8), study(20)))


def test_between_the_ends_of_buckets_it_waits() -> None:
    """Of 64 epochs two are a bucket."""
    long = Tsgp(Buckets(64), confidence=0.95)
    whole = [
        replace(one, accuracies=tuple(np.repeat(one.accuracies, 4)[:64]), losses=tuple(np.repeat(one.losses, 4)[:64]))
        for one in study(12)
    ]
    assert long.decide(whole[0].cut(31), whole[1:]).forecast is None
    assert long.decide(whole[0].cut(32), whole[1:]).forecast is not None


def test_equal_arguments_give_equal_decisions_in_a_fresh_process() -> None:
    ended = half_stopped(study(60))
    first = RULE.decide(POOR.cut(9), ended)
    tsgp.fit.cache_clear()
    assert RULE.decide(POOR.cut(9), ended) == first


def test_a_fit_serves_until_the_study_has_grown() -> None:
    tsgp.fit.cache_clear()
    for count in range(50, 56):
        RULE.decide(POOR.cut(9), study(60)[:count])
    assert tsgp.fit.cache_info().misses <= 2


@pytest.mark.parametrize("accuracy", [0.0, 0.5, 1.0])
def test_constant_curves_are_no_obstacle(accuracy: float) -> None:
    constant = Curve((accuracy,) * EPOCHS, (1.0, 2.0), 0.0, accuracy)
    decision = RULE.decide(constant.cut(12), [constant] * 12)
    assert forecast(decision) == pytest.approx(accuracy, abs=0.02)
    assert not decision.stop


def test_curves_without_features_are_no_obstacle() -> None:
    bare = [replace(one, features=()) for one in study(12)]
    assert RULE.decide(bare[0].cut(10), bare[1:]).forecast is not None


def test_a_study_of_two_thousand_trials_is_decided_in_seconds() -> None:
    ended = half_stopped(study(2000))
    tsgp.fit.cache_clear()
    started = time.process_time()
    RULE.decide(POOR.cut(9), ended)
    assert time.process_time() - started < 10
    started = time.process_time()
    RULE.decide(POOR.cut(10), ended)
    assert time.process_time() - started < 0.2
