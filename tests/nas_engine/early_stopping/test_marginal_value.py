"""Marginal value on made-up studies: when it forecasts, what it stops, and the evidence that it gives."""

from dataclasses import replace

import numpy as np
import pytest

from nas_engine.early_stopping.base import Curve
from nas_engine.early_stopping.buckets import Buckets
from nas_engine.early_stopping.marginal_value import MarginalValue, policy_of
from nas_engine.early_stopping.tsgp import fitted_to
from tests.nas_engine.early_stopping.curves import EPOCHS, curve, half_stopped, study

RULE = MarginalValue(Buckets(EPOCHS), qat_epochs=4)
POOR = curve(0.62, np.random.default_rng(5), feature=0.5)
GOOD = curve(0.79, np.random.default_rng(5), feature=0.5)


def test_it_says_nothing_before_six_trials_have_finished_or_two_epochs_have_passed() -> None:
    assert RULE.decide(POOR.cut(12), study(5)).forecast is None
    assert RULE.decide(POOR.cut(1), study(6)).forecast is None
    assert RULE.decide(POOR.cut(12), half_stopped(study(10))).forecast is None
    assert RULE.decide(POOR.cut(2), study(6)).forecast is not None


def test_it_stops_what_ends_low_soon_and_what_ends_high_later_if_at_all() -> None:
    """As new ones are cheap, also some that would become the best are given up for them."""
    ended, rng = study(20), np.random.default_rng(7)
    low, high = ([_stopped_after(curve(final, rng, feature=0.5), ended) for _ in range(40)] for final in (0.64, 0.79))
    assert np.mean([epochs <= EPOCHS // 2 for epochs in low]) > 0.9
    assert max(low) <= EPOCHS
    assert np.mean(high) > np.mean(low) + 2
    assert max(high) > EPOCHS


def _stopped_after(one: Curve, ended: list[Curve]) -> int:
    """Epochs after which it is stopped; one more than there are where it never is."""
    return next((epoch for epoch in range(1, EPOCHS + 1) if RULE.decide(one.cut(epoch), ended).stop), EPOCHS + 1)


def test_it_stops_by_losses_before_accuracies_show_anything() -> None:
    rng = np.random.default_rng(6)
    seen = [_hidden(curve(final, rng, feature=0.0)) for final in rng.uniform(0.6, 0.8, 41)]
    high, low = (replace(seen[0], losses=tuple(np.array(seen[0].losses) + shift)) for shift in (0.3, -0.3))
    decisions = [[RULE.decide(one.cut(epoch), seen[1:]).stop for epoch in range(2, 12)] for one in (high, low)]
    assert any(decisions[0])
    assert not any(decisions[1])


def _hidden(one: Curve) -> Curve:
    """The same, but its accuracies are those of the majority's class for its first twelve epochs."""
    return replace(one, accuracies=(0.5,) * 12 + one.accuracies[12:])


def test_it_gives_its_evidence() -> None:
    """A trial is stopped below the threshold, where the probability of ending below the best is what is required."""
    ended, decisions = study(20), []
    for final in np.linspace(0.62, 0.79, 12):
        running = curve(float(final), np.random.default_rng(5), feature=0.5)
        decisions += [RULE.decide(running.cut(epoch), ended) for epoch in range(2, EPOCHS + 1)]
    assert {decision.stop for decision in decisions} == {True, False}
    for decision in decisions:
        assert decision.stop == ((decision.forecast or 0.0) < (decision.threshold or 0.0))
        assert decision.stop == ((decision.probability or 0.0) > (decision.required or 0.0))
        assert decision.rate == decisions[0].rate


def test_its_threshold_is_that_of_its_policy() -> None:
    ended = study(20)
    decision = RULE.decide(POOR.cut(10), ended)
    best = max(one.reward or 0.0 for one in ended)
    policy = policy_of(fitted_to(ended, 6, 0), Buckets(EPOCHS), 4, round(best, 4))
    assert decision.rate == policy.rate
    assert decision.threshold == pytest.approx(best + policy.threshold(10))


def test_what_follows_the_float_epochs_counts() -> None:
    """The dearer the end of a training, the more it must promise."""
    middling = curve(0.74, np.random.default_rng(5), feature=0.5).cut(EPOCHS)
    cheap, dear = (replace(RULE, qat_epochs=epochs).decide(middling, study(20)) for epochs in (0, 200))
    assert (cheap.threshold or 0) < (dear.threshold or 0)


def test_a_best_that_is_out_of_reach_keeps_nothing_going_for_long() -> None:
    lucky = [*study(19), replace(GOOD, final_accuracy=0.99)]
    usual = [curve(0.7, np.random.default_rng(seed), feature=0.5) for seed in range(20)]
    stopped = [any(RULE.decide(one.cut(epoch), lucky).stop for epoch in range(2, EPOCHS + 1)) for one in usual]
    assert np.mean(stopped) > 0.5


def test_equal_studies_give_equal_decisions_whatever_was_asked_before() -> None:
    ended = half_stopped(study(30))
    first = RULE.decide(POOR.cut(8), ended)
    RULE.decide(GOOD.cut(5), study(12, seed=3))
    assert RULE.decide(POOR.cut(8), ended) == first
