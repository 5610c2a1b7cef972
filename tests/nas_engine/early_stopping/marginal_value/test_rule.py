"""Marginal value on made-up studies: when it forecasts, what it stops and confirms, and the evidence that it gives."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from nas_engine.early_stopping import registry
from nas_engine.early_stopping.base import Curve
from nas_engine.early_stopping.marginal_value.rule import MarginalValue
from tests.nas_engine.early_stopping.curves import EPOCHS, curve, half_stopped
from tests.nas_engine.early_stopping.curves import study as curves_of_study

RULE = MarginalValue(EPOCHS, qat_epochs=4)
POOR = curve(0.62, np.random.default_rng(5), feature=0.5)
GOOD = curve(0.79, np.random.default_rng(5), feature=0.5)


def named(curves: Iterable[Curve]) -> list[Curve]:
    """The same, of different networks."""
    return [replace(one, network=f"{16 * number + 1:08x}") for number, one in enumerate(curves)]


def study(count: int, seed: int = 0) -> list[Curve]:
    return named(curves_of_study(count, seed))


def test_it_says_nothing_before_eight_trials_have_finished() -> None:
    assert RULE.decide(POOR.cut(12), study(7)).forecast is None
    assert RULE.decide(POOR.cut(12), half_stopped(study(14))).forecast is None
    assert RULE.decide(POOR.cut(2), study(8)).forecast is not None
    assert RULE.to_confirm(study(7)) is None
    assert RULE.expected_best(study(7)) is None


@pytest.mark.parametrize(("epochs", "step"), [(1, 1), (15, 1), (22, 2), (30, 2), (32, 3), (37, 3), (100, 7)])
def test_it_decides_at_most_fifteen_times_a_training(epochs: int, step: int) -> None:
    rule = MarginalValue(epochs, qat_epochs=4)
    ended = [replace(one, accuracies=one.accuracies * 5, losses=one.losses * 5).cut(epochs) for one in study(8)]
    ended = [replace(one, final_accuracy=whole.final_accuracy) for one, whole in zip(ended, study(8), strict=True)]
    due = [epoch for epoch in range(1, epochs + 1) if rule.decide(ended[0].cut(epoch), ended).forecast is not None]
    assert due == list(range(step, epochs + 1, step))
    assert len(due) <= 15


def test_trainings_of_other_lengths_are_left_out() -> None:
    """Of before the study's settings changed."""
    short = [replace(one.cut(10), final_accuracy=0.9) for one in named(curves_of_study(20, 5))]
    assert RULE.decide(POOR.cut(8), short).forecast is None
    ended = study(20)
    other = [replace(one, network=f"{number:08x}") for number, one in enumerate(short, start=900)]
    assert RULE.expected_best([*ended, *other]) == RULE.expected_best(ended)


def test_without_losses_it_says_nothing() -> None:
    """Trials of before losses were kept."""
    assert RULE.decide(replace(POOR.cut(8), losses=()), study(20)).forecast is None
    assert RULE.decide(POOR.cut(8), [replace(one, losses=()) for one in study(20)]).forecast is None


def test_it_stops_what_ends_low_sooner_than_what_ends_high() -> None:
    """As new ones are cheap, also some that would become the best are given up for them."""
    ended, rng = study(20), np.random.default_rng(7)
    low, high = ([_stopped_after(curve(final, rng, feature=0.5), ended) for _ in range(40)] for final in (0.64, 0.79))
    assert np.mean([epochs <= EPOCHS // 2 for epochs in low]) > 0.9
    assert np.mean(high) > np.mean(low) + 2
    assert max(high) > EPOCHS


def _stopped_after(one: Curve, ended: list[Curve]) -> int:
    """Epochs after which it is stopped; one more than there are where it never is."""
    return next((epoch for epoch in range(1, EPOCHS + 1) if RULE.decide(one.cut(epoch), ended).stop), EPOCHS + 1)


def test_it_stops_by_losses_before_accuracies_show_anything() -> None:
    rng = np.random.default_rng(6)
    seen = named(_hidden(curve(final, rng, feature=0.0)) for final in rng.uniform(0.6, 0.8, 41))
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
        decisions += [RULE.decide(running.cut(epoch), ended) for epoch in range(2, EPOCHS + 1, 2)]
    assert {decision.stop for decision in decisions} == {True, False}
    for decision in decisions:
        assert decision.stop == ((decision.forecast or 0.0) < (decision.threshold or 0.0))
        assert decision.stop == ((decision.probability or 0.0) > (decision.required or 0.0))
        assert decision.rate == decisions[0].rate


def test_a_penalty_takes_as_much_off_what_a_training_must_promise() -> None:
    """Networks are judged by rewards: one that costs more needs a higher accuracy, and is stopped earlier."""
    ended = study(20)
    free, dear = (RULE.decide(replace(GOOD, penalty=penalty).cut(6), ended) for penalty in (0.0, 0.1))
    assert dear.forecast == pytest.approx((free.forecast or 0.0) - 0.1)
    assert not free.stop
    assert dear.stop


def test_what_follows_the_float_epochs_counts() -> None:
    """The dearer the end of a training, the more it must promise."""
    middling = curve(0.74, np.random.default_rng(5), feature=0.5).cut(EPOCHS)
    cheap, dear = (replace(RULE, qat_epochs=epochs).decide(middling, study(20)) for epochs in (0, 200))
    assert (cheap.threshold or 0) < (dear.threshold or 0)


def lucky(times: int, later: float) -> list[Curve]:
    """A study whose best network, just ahead, had .755 at first and `later` at further trainings."""
    best = replace(GOOD, network="00000011", final_accuracy=0.755)
    return [*study(19)[2:], best, *[replace(best, final_accuracy=later)] * times]


def test_networks_at_the_top_are_confirmed_until_it_is_known_which_is_best() -> None:
    ended = lucky(0, 0.755)
    top = sorted(ended, key=lambda one: -(one.reward or 0.0))[:3]
    confirmed = []
    for _ in range(30):
        network = RULE.to_confirm(ended)
        if network is None:
            break
        confirmed.append(network)
        ended.append(next(one for one in ended if one.network == network))
    assert confirmed[0] in {one.network for one in top}
    assert 0 < len(confirmed) < 30
    assert max(map(confirmed.count, confirmed)) <= 6


def test_what_cannot_be_trained_again_now_gives_its_place_to_the_next() -> None:
    ended, without = lucky(0, 0.755), set()
    while (network := RULE.to_confirm(ended, without)) is not None:
        assert network not in without
        without.add(network)
    assert 2 <= len(without) < 8


def test_confirmations_change_nothing_in_what_is_usual() -> None:
    """Networks are confirmed because they were good: as trainings like any other they would raise all forecasts."""
    ended = study(24)
    best = max(ended, key=lambda one: one.reward or 0.0)
    before, after = (RULE.decide(GOOD.cut(6), curves) for curves in (ended, [*ended, *[best] * 8]))
    assert after.forecast == before.forecast
    assert after.high == before.high


def test_a_network_far_behind_or_far_ahead_is_not_confirmed() -> None:
    assert RULE.to_confirm(lucky(0, 0.755)) not in {one.network for one in study(19) if (one.reward or 0.0) < 0.7}
    ahead = [*study(19)[2:], replace(GOOD, network="00000011", final_accuracy=0.85)]
    assert RULE.to_confirm(ahead) is None


def test_what_a_lucky_network_measured_does_not_make_it_best() -> None:
    assert RULE.expected_best(lucky(0, 0.755)) == "00000011"
    assert RULE.expected_best(lucky(3, 0.66)) != "00000011"


def test_trainings_go_on_more_readily_once_the_best_was_only_lucky() -> None:
    rng = np.random.default_rng(11)
    usual = [curve(0.75, rng, feature=0.5) for _ in range(30)]
    believed, refuted = (np.mean([_stopped_after(one, lucky(3, later)) for one in usual]) for later in (0.79, 0.66))
    assert refuted > believed + 1


def test_other_rules_confirm_nothing() -> None:
    ended = lucky(0, 0.755)
    for name in registry.NAMES:
        rule = registry.create(name, epochs=EPOCHS, qat_epochs=4, confidence=0.95, seed=0)
        assert (registry.to_confirm(rule, ended) is not None) == (name == "marginal_value")


def test_equal_studies_give_equal_decisions_whatever_was_asked_before() -> None:
    ended = half_stopped(study(30))
    first = RULE.decide(POOR.cut(8), ended), RULE.to_confirm(ended)
    RULE.decide(GOOD.cut(5), study(12, seed=3))
    assert (RULE.decide(POOR.cut(8), ended), RULE.to_confirm(ended)) == first
