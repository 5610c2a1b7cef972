"""Expected rewards of networks of which some were trained again because they had been lucky."""

from collections.abc import Iterable

import numpy as np
import pytest

from nas_engine.early_stopping.base import Curve
from nas_engine.early_stopping.marginal_value.measured_networks import MeasuredNetworks, measured_networks

OWN, LUCK, MEAN = 0.02, 0.025, 0.74


def finished(network: str, accuracy: float, penalty: float = 0.0) -> Curve:
    return Curve((0.7,), (), penalty, accuracy, (1.0,), network)


def drawn(count: int, again: int, times: int, seed: int) -> tuple[list[Curve], dict[str, float]]:
    """Trainings of `count` networks, the best `again` of them `times` more; and accuracies without luck."""
    rng = np.random.default_rng(seed)
    truth = dict(zip(map(str, range(count)), rng.normal(MEAN, OWN, count), strict=True))
    first = [finished(network, accuracy + rng.normal(0, LUCK)) for network, accuracy in truth.items()]
    best = sorted(first, key=lambda one: -(one.final_accuracy or 0.0))[:again]
    later = [finished(one.network, truth[one.network] + rng.normal(0, LUCK)) for one in best for _ in range(times)]
    return [*first, *later], truth


def known(curves: list[Curve], usual: int) -> MeasuredNetworks:
    """What is known of the networks of a study of which the first `usual` trainings are as all are."""
    first = [one.final_accuracy for one in curves[:usual] if one.final_accuracy is not None]
    return measured_networks(curves, lambda _: float(np.mean(first)), max(float(np.std(first)), 1e-3))


def errors(seeds: Iterable[int], times: int) -> tuple[float, float]:
    """Mean errors of what is measured of the best and of what is expected of it."""
    found = []
    for seed in seeds:
        curves, truth = drawn(60, 12, times, seed)
        networks = known(curves, 60)
        best = max(networks.rewards, key=networks.rewards.__getitem__)
        measured = max(curves[:60], key=lambda one: one.final_accuracy or 0.0)
        found.append(((measured.final_accuracy or 0.0) - truth[measured.network], networks.rewards[best] - truth[best]))
    measured_error, expected_error = np.mean(found, axis=0)
    return float(measured_error), float(expected_error)


def test_what_is_expected_of_the_best_is_what_it_is_without_luck() -> None:
    measured, expected = errors(range(200), times=3)
    assert measured > 0.02
    assert abs(expected) < 0.005


def test_how_far_a_training_is_believed_follows_from_later_ones_of_the_lucky() -> None:
    """Their first results are lucky, which says nothing of how far trainings of one network differ."""
    believed = [known(drawn(60, 12, 3, seed)[0], 60).believed for seed in range(60)]
    assert np.mean(believed) == pytest.approx(OWN**2 / (OWN**2 + LUCK**2), abs=0.06)


def test_before_any_network_is_trained_again_half_is_believed() -> None:
    curves = drawn(30, 0, 0, 1)[0]
    networks = measured_networks(curves, lambda _: MEAN, OWN)
    assert networks.believed == pytest.approx(0.5)
    for one in curves:
        assert networks.rewards[one.network] == pytest.approx((MEAN + (one.final_accuracy or 0.0)) / 2)


def test_what_blocks_promise_counts_for_what_is_not_believed() -> None:
    """Of two networks that measured the same, the one is better of which more was expected."""
    curves = [*drawn(30, 0, 0, 1)[0], finished("promising", 0.75), finished("unpromising", 0.75)]
    networks = measured_networks(curves, lambda one: 0.78 if one.network == "promising" else MEAN, OWN)
    difference = networks.rewards["promising"] - networks.rewards["unpromising"]
    assert difference == pytest.approx((1 - networks.believed) * (0.78 - MEAN))


def test_a_network_that_stays_good_is_believed_more() -> None:
    usual = drawn(30, 0, 0, 1)[0]
    once = known([*usual, finished("new", 0.8)], 30)
    thrice = known([*usual, *[finished("new", 0.8)] * 3], 30)
    assert thrice.trainings["new"] == 3
    assert thrice.rewards["new"] > once.rewards["new"] + 0.01


def test_rewards_are_less_the_penalty() -> None:
    usual = drawn(30, 0, 0, 1)[0]
    networks = known([*usual, finished("cheap", 0.8), finished("dear", 0.8, penalty=0.03)], 30)
    assert networks.rewards["cheap"] - networks.rewards["dear"] == pytest.approx(0.03)
    assert networks.best == networks.rewards["cheap"]
    assert networks.lead("cheap") == pytest.approx(networks.best - sorted(networks.rewards.values())[-2])


def test_networks_that_all_end_alike_can_be_told_nothing_of() -> None:
    networks = known([finished(str(number), 0.7) for number in range(12)], 12)
    assert networks.best == pytest.approx(0.7)
    assert networks.spread > 0
