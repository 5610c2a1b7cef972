"""Expected accuracies, held against networks whose accuracies without luck are known."""

import itertools
import time
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from nas_engine.statistics.selection import expected_accuracy
from nas_engine.statistics.selection.expected_accuracy import (
    expectation,
    expected_accuracies,
    measurement_noise,
)

Values = NDArray[np.float64]
SIGNAL, OWN, NOISE = 0.02, 0.015, 0.02


@dataclass(frozen=True)
class MadeNetworks:
    true: Values
    measured: Values
    witnesses: Values


def made(seed: int, count: int = 120, signal: float = SIGNAL, own: float = OWN, noise: float = NOISE) -> MadeNetworks:
    rng = np.random.default_rng(seed)
    witnesses = rng.normal(3.0, 2.0, (count, 6))
    weights = rng.normal(0, signal / np.sqrt(6), 6)
    true = 0.75 + (witnesses - 3.0) / 2.0 @ weights + rng.normal(0, own, count)
    return MadeNetworks(true, true + rng.normal(0, noise, count), witnesses)


def test_it_errs_less_than_the_measurements_and_as_much_as_it_says() -> None:
    errors, scores = [], []
    for seed in range(60):
        networks = made(seed)
        found = expected_accuracies(networks.measured, networks.witnesses, NOISE)
        errors.append((np.mean((found.mean - networks.true) ** 2), np.mean((networks.measured - networks.true) ** 2)))
        scores.append(np.abs(found.mean - networks.true) < 1.96 * found.deviation)
    expected, measured = np.sqrt(np.mean(errors, axis=0))
    assert measured == pytest.approx(NOISE, rel=0.03)
    assert expected == pytest.approx(OWN * NOISE / np.hypot(OWN, NOISE), rel=0.1)  # what is left where w is known
    assert np.mean(scores) == pytest.approx(0.95, abs=0.02)


def test_the_expected_best_is_better_than_the_measured_best_and_promises_no_more_than_it_keeps() -> None:
    kept = []
    for seed in range(200):
        networks = made(seed)
        found = expected_accuracies(networks.measured, networks.witnesses, NOISE)
        best, luckiest = int(np.argmax(found.mean)), int(np.argmax(networks.measured))
        promises = found.mean[best], networks.measured[luckiest]
        kept.append((networks.true[best], networks.true[luckiest], promises[0], promises[1]))
    expected, luckiest, promised, measured = np.mean(kept, axis=0)
    assert expected > luckiest + 0.002
    assert promised == pytest.approx(expected, abs=0.003)
    assert measured > luckiest + 0.015


def by_brute_force(
    measured: Values, witnesses: Values, noise: Values, *, others: bool = False
) -> tuple[Values, Values]:
    """Means and variances [n] of every pair of the grid with n x n systems (universal kriging), by their evidence.

    Of the measured networks, or of `others` with the same witnesses, which have an own deviation of their own.
    """
    count, dimensions = witnesses.shape
    scaled = (witnesses - witnesses.mean(axis=0)) / witnesses.std(axis=0) / np.sqrt(dimensions)
    ones, evidence, means, variances = np.ones(count), [], [], []
    for signal, own in itertools.product(np.linspace(0, 0.1, 26) ** 2, repeat=2):
        certain = 1 / (own + noise**2)
        centred = scaled - certain @ scaled / certain.sum()
        accuracies = signal * centred @ centred.T + own * np.eye(count)
        observed = accuracies + np.diag(noise**2)
        inverse = np.linalg.inv(observed)
        mean = ones @ inverse @ measured / (ones @ inverse @ ones)
        residual = measured - mean
        evidence.append(-(np.linalg.slogdet(observed)[1] + residual @ inverse @ residual) / 2)
        shared = signal * centred @ centred.T if others else accuracies
        means.append(mean + shared @ inverse @ residual)
        known = np.diag(accuracies - shared @ inverse @ shared)
        variances.append(known + (ones - shared @ inverse @ ones) ** 2 / (ones @ inverse @ ones))
    weights = np.exp(np.array(evidence) - max(evidence))
    weights /= weights.sum()
    mixed = weights @ np.array(means)
    return mixed, weights @ (np.array(variances) + (np.array(means) - mixed) ** 2)


@pytest.mark.parametrize("trainings", [np.ones(20), np.array([1, 3, 2, 1, 7] * 4)])
def test_it_is_what_a_gaussian_process_of_all_pairs_says(trainings: Values, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expected_accuracy, "_NEGLIGIBLE", 0.0)
    networks, noise = made(2, count=20), NOISE / np.sqrt(trainings)
    found = expected_accuracies(networks.measured, networks.witnesses, noise)
    mean, variance = by_brute_force(networks.measured, networks.witnesses, noise)
    np.testing.assert_allclose(found.mean, mean, rtol=1e-9)  # of linear systems with condition numbers below 1e4
    np.testing.assert_allclose(found.deviation, np.sqrt(variance), rtol=1e-7)


@pytest.mark.parametrize("count", [16, 40])
def test_an_expectation_is_what_a_gaussian_process_of_all_pairs_says(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expected_accuracy, "_NEGLIGIBLE", 0.0)
    networks, noise = made(4, count=count), np.full(count, NOISE)
    found = expectation(networks.measured, networks.witnesses, noise, 1 / 26)  # all signals are as likely
    mean, variance = by_brute_force(networks.measured, networks.witnesses, noise, others=True)
    np.testing.assert_allclose(found.of(networks.witnesses), mean, atol=1e-3)  # linear: one centre for all pairs
    assert found.deviation == pytest.approx(np.sqrt(np.mean(variance)), rel=1e-7)


def test_noise_of_all_is_the_noise_of_each() -> None:
    networks = made(6)
    together = expected_accuracies(networks.measured, networks.witnesses, NOISE)
    each = expected_accuracies(networks.measured, networks.witnesses, np.full(120, NOISE))
    np.testing.assert_array_equal(together.mean, each.mean)


def test_the_mean_of_several_trainings_is_believed_more() -> None:
    networks = made(7)
    best = int(np.argmax(networks.measured))
    noise = np.full(120, NOISE)
    once = expected_accuracies(networks.measured, networks.witnesses, noise)
    noise[best] = NOISE / 2
    often = expected_accuracies(networks.measured, networks.witnesses, noise)
    assert once.mean[best] < often.mean[best] < networks.measured[best]
    assert often.deviation[best] < once.deviation[best]
    assert often.believed[best] > once.believed[best] + 0.2


def test_two_thousand_networks_take_milliseconds() -> None:
    networks = made(8, count=2000)
    noise = np.where(np.arange(2000) % 10, NOISE, NOISE / 2)
    taken = []
    for _ in range(10):
        start = time.process_time()
        expected_accuracies(networks.measured, networks.witnesses, noise)
        taken.append(time.process_time() - start)
    assert min(taken) < 0.05  # measured 4 ms


def test_without_noise_measurements_stand() -> None:
    networks = made(1, noise=0.0)
    found = expected_accuracies(networks.measured, networks.witnesses, 0.0)
    np.testing.assert_allclose(found.mean, networks.measured, atol=1e-5)
    assert found.believed == pytest.approx(1.0, abs=1e-4)


def test_where_nothing_but_noise_differs_all_are_expected_to_be_alike() -> None:
    networks = made(3, signal=0.0, own=0.0)
    found = expected_accuracies(networks.measured, networks.witnesses, NOISE)
    assert np.ptp(found.mean) < np.ptp(networks.measured) / 4
    assert (found.deviation > 0.001).all()  # they may differ a little


def test_witnesses_that_do_not_differ_say_nothing() -> None:
    networks = made(4)
    alone = expected_accuracies(networks.measured, np.zeros((120, 1)), NOISE)
    same = expected_accuracies(networks.measured, np.full((120, 2), 0.1), NOISE)
    np.testing.assert_allclose(alone.mean, same.mean)
    order = np.argsort(networks.measured)
    assert (np.diff(alone.mean[order]) >= 0).all()


def test_of_few_networks_measurements_are_taken_as_they_are() -> None:
    networks = made(5, count=7)
    found = expected_accuracies(networks.measured, networks.witnesses, NOISE)
    assert list(found.mean) == list(networks.measured)
    assert set(found.deviation) == {NOISE}


def test_noise_is_that_of_clips_that_two_networks_answer_differently_and_of_training() -> None:
    assert measurement_noise(0.75, 220, 0.0, 0.0) == pytest.approx(0.0292, abs=1e-4)
    assert measurement_noise(0.75, 220, 1.0, 0.007) == pytest.approx(0.007)
    rng = np.random.default_rng(0)
    difficulty = rng.normal(0, 1, 20_000)
    right = [difficulty + rng.normal(0, 1, 20_000) < 0.9 for _ in range(2)]
    alike = float(np.corrcoef(right)[0, 1])
    disagreement = np.mean(right[0] != right[1])
    accuracy = float(np.mean(right))
    assert 2 * measurement_noise(accuracy, 220, alike, 0.0) ** 2 == pytest.approx(disagreement / 220, rel=0.01)


@pytest.mark.parametrize(
    ("measured", "witnesses", "message"),
    [
        (np.full(9, np.nan), np.zeros((9, 1)), "must be finite"),
        (np.zeros(9), np.full((9, 1), np.inf), "must be finite"),
        (np.zeros(9), np.zeros((8, 1)), "9 accuracies and witnesses of 8 networks"),
    ],
)
def test_what_cannot_be_is_refused(measured: Values, witnesses: Values, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        expected_accuracies(measured, witnesses, NOISE)


@pytest.mark.parametrize(("noise", "message"), [(np.ones(8), "noises of 8 networks"), (np.nan, "must be finite")])
def test_noise_that_cannot_be_is_refused(noise: Values | float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        expected_accuracies(np.zeros(9), np.zeros((9, 1)), noise)


def test_what_is_expected_of_other_networks_is_right_in_the_mean_and_as_certain_as_it_says() -> None:
    slopes, scores, explained = [], [], []
    for seed in range(60):
        networks = made(seed, count=240)
        noises = np.where(np.arange(120) % 2, NOISE, 3 * NOISE)
        measured = networks.true + np.random.default_rng(seed).normal(0, 1, 240) * np.resize(noises, 240)
        learned = expectation(measured[:120], networks.witnesses[:120], noises, 0.5)
        expected, true = learned.of(networks.witnesses[120:]), networks.true[120:]
        slopes.append(np.polyfit(expected, true, 1)[0])
        scores.append(np.abs(expected - true) < 1.96 * learned.deviation)
        explained.append(1 - np.var(true - expected) / np.var(true))
    assert np.median(slopes) == pytest.approx(1.0, abs=0.12)
    assert np.mean(scores) == pytest.approx(0.95, abs=0.035)
    assert np.mean(explained) > 0.4  # SIGNAL^2 of SIGNAL^2 + OWN^2 is .64


def test_the_more_doubt_the_less_is_expected_of_witnesses_that_say_nothing() -> None:
    spreads = []
    for doubt in (0.1, 0.5, 0.9):
        found = []
        for seed in range(20):
            networks = made(seed, count=40, signal=0.0)
            learned = expectation(networks.measured, networks.witnesses, NOISE, doubt)
            found.append(np.std(learned.of(networks.witnesses)))
        spreads.append(float(np.mean(found)))
    assert spreads[0] > spreads[1] > spreads[2]
    assert spreads[2] < 0.001


def test_an_expectation_takes_the_measured_networks_as_the_posterior_does() -> None:
    """What the witnesses expect, E[a | y] - k (y - h), is the same in both where all signals are as likely."""
    networks = made(3)
    found = expected_accuracies(networks.measured, networks.witnesses, NOISE)
    learned = expectation(networks.measured, networks.witnesses, NOISE, 1 / 26)
    expected = learned.of(networks.witnesses)
    assert found.mean == pytest.approx(expected + found.believed * (networks.measured - expected), abs=1e-3)
