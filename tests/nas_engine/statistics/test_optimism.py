"""Evaluation accuracy less test accuracy, and the lead that choosing the best adds by chance."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm, t

from nas_engine.statistics.answers import Answers
from nas_engine.statistics.optimism import expected_maximum, optimism


def split(name: str, accuracy: float, recordings: int, seeds: int = 3, seed: int = 0) -> Answers:
    """Answers to two clips of each recording."""
    correct = np.random.default_rng(seed).binomial(1, accuracy, (seeds, 2 * recordings)).astype(float)
    names = tuple(f"{name} {i // 2}" for i in range(2 * recordings))
    return Answers(correct, tuple(range(seeds)), tuple(f"{name} clip {i}" for i in range(2 * recordings)), names)


def test_optimism_is_the_difference_of_the_two_accuracies_with_both_splits_stated() -> None:
    evaluation, test = split("a", 0.8, 50), split("b", 0.7, 40, seed=1)
    found = optimism(evaluation, test)
    assert found.difference == pytest.approx(evaluation.correct.mean() - test.correct.mean())
    assert found.interval.low < found.difference < found.interval.high
    assert (found.seeds, found.evaluation_clips, found.evaluation_recordings) == (3, 100, 50)
    assert (found.test_clips, found.test_recordings) == (80, 40)
    assert (found.best_of, found.chance_lead) == (None, None)
    assert optimism(evaluation, test) == found


def test_the_interval_of_one_seed_is_nearly_welchs_over_recordings() -> None:
    evaluation, test = split("a", 0.8, 50, seeds=1), split("b", 0.7, 40, seeds=1, seed=1)
    means = [answers.correct.reshape(-1, 2).mean(axis=1) for answers in (evaluation, test)]
    variances = [of.var(ddof=1) / len(of) for of in means]
    degrees = sum(variances) ** 2 / (variances[0] ** 2 / 49 + variances[1] ** 2 / 39)
    interval = optimism(evaluation, test).interval
    reach = t.ppf(0.975, degrees) * math.sqrt(sum(variances))
    assert (interval.high - interval.low) / 2 == pytest.approx(reach, rel=0.05)  # of 4,000 resamples


def test_only_seeds_that_answered_both_splits_count() -> None:
    evaluation, test = split("a", 0.8, 50, seeds=5), split("b", 0.7, 40, seeds=3)
    found = optimism(evaluation, test)
    assert found.seeds == 3
    assert found.evaluation_accuracy == pytest.approx(evaluation.correct[:3].mean())


def test_the_interval_holds_no_optimism_where_the_splits_are_equally_hard() -> None:
    found = [
        optimism(split("a", 0.8, 40, seed=2 * i), split("b", 0.8, 40, seed=2 * i + 1), resamples=300).interval
        for i in range(200)
    ]
    assert np.mean([interval.includes(0.0) for interval in found]) >= 0.93


def test_splits_that_share_a_recording_or_no_seed_are_rejected_with_what_to_do() -> None:
    evaluation = split("a", 0.8, 50)
    with pytest.raises(ValueError, match="recording 'a 0' is in both splits: divide the dataset by recordings"):
        optimism(evaluation, split("a", 0.7, 40))
    test = split("b", 0.7, 40)
    with pytest.raises(ValueError, match="let the trainings of the same seeds answer both"):
        optimism(evaluation, Answers(test.correct, (7, 8, 9), test.clips, test.recordings))


def test_clips_that_stand_alone_in_both_splits_share_no_recording() -> None:
    evaluation, test = (
        Answers(answers.correct, answers.seeds, answers.clips, ("",) * len(answers.clips))
        for answers in (split("a", 0.8, 50), split("b", 0.7, 40))
    )
    assert optimism(evaluation, test).test_recordings == 80


@pytest.mark.parametrize(
    ("n", "mean"),  # of the order statistics of the standard normal distribution (Teichroew 1956, to ten digits)
    [(1, 0.0), (2, 0.5641895835), (3, 0.8462843753), (5, 1.1629644736), (10, 1.5387527308), (20, 1.8674750598)],
)
def test_the_greatest_of_n_normal_variables_has_the_tabulated_mean(n: int, mean: float) -> None:
    assert expected_maximum(n) == pytest.approx(mean, abs=1e-9)


@pytest.mark.parametrize("n", [100, 3_000, 1_000_000])
def test_the_greatest_of_many_has_the_mean_of_its_density(n: int) -> None:
    direct, _ = quad(lambda x: x * n * norm.pdf(x) * norm.cdf(x) ** (n - 1), -2, 9, points=[2, 4, 5], limit=200)
    assert expected_maximum(n) == pytest.approx(direct, rel=1e-6)


def test_the_best_of_no_networks_is_rejected() -> None:
    with pytest.raises(ValueError, match="give the number that the search chose from"):
        expected_maximum(0)


def test_the_chance_lead_is_the_greatest_of_so_many_standard_errors_of_one_training() -> None:
    evaluation, test = split("a", 0.8, 500), split("b", 0.8, 40, seed=1)
    found = optimism(evaluation, test, best_of=240)
    assert found.best_of == 240
    # 1,000 independent clips of an accuracy of 0.8; the standard error itself scatters by some percent
    assert found.chance_lead == pytest.approx(expected_maximum(240) * math.sqrt(0.8 * 0.2 / 1000), rel=0.1)
    assert optimism(evaluation, test, best_of=1).chance_lead == pytest.approx(0.0, abs=1e-12)
