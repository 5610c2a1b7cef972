"""Intervals of an accuracy over clips: recordings as units, few of them, none that differ, and simulated coverage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, t

from nas_engine.statistics.answers import sums_by_recording
from nas_engine.statistics.clips import FEWEST_RECORDINGS, accuracy_over_clips
from nas_engine.statistics.values import Interval95
from nas_engine.statistics.wilson import wilson95
from tests.nas_engine.statistics.simulated_answers import Correct, coverage_over_clips

# The ends of an interval scatter by a few percent of its width between seeds of 10,000 resamples.
BETWEEN_SEEDS = 0.05


def ends(interval: Interval95) -> tuple[float, float]:
    return interval.low, interval.high


def bootstrapped(correct: Correct, recordings: list[str]) -> Interval95:
    return accuracy_over_clips(correct, recordings, resamples=500).interval


def test_clips_that_stand_alone_have_nearly_the_exact_binomial_interval() -> None:
    correct = np.repeat([1.0, 0.0], [390, 110])
    found = accuracy_over_clips(correct, [""] * 500)
    exact = binomtest(390, 500).proportion_ci(0.95, method="exact")
    assert (found.accuracy, found.method, found.seeds, found.clips, found.recordings) == (
        0.78,
        "bootstrap",
        1,
        500,
        500,
    )
    assert ends(found.interval) == pytest.approx((exact.low, exact.high), abs=0.004)  # two clips


def test_the_interval_of_many_alike_recordings_is_students() -> None:
    rng = np.random.default_rng(3)
    correct, recordings = rng.binomial(1, 0.5, (3, 600)), np.repeat(np.arange(200), 3).astype(str).tolist()
    found = accuracy_over_clips(correct, recordings)
    variance = sums_by_recording(correct.astype(float), recordings).variance
    reach = t.ppf(0.975, 199) * variance**0.5
    assert ends(found.interval) == pytest.approx((correct.mean() - reach, correct.mean() + reach), abs=0.1 * reach)


def test_copies_of_a_clip_within_its_recording_add_nothing() -> None:
    correct = np.random.default_rng(0).binomial(1, 0.8, 60)
    alone = accuracy_over_clips(correct, [""] * 60)
    names = np.repeat([f"recording {i}" for i in range(60)], 4).tolist()
    copied = accuracy_over_clips(np.repeat(correct, 4), names)
    assert ends(copied.interval) == pytest.approx(ends(alone.interval), abs=1e-12)
    naive = accuracy_over_clips(np.repeat(correct, 4), [""] * 240).interval
    assert naive.high - naive.low < 0.6 * (alone.interval.high - alone.interval.low)


def test_the_same_seed_gives_the_same_interval_and_another_one_nearly_so() -> None:
    correct, names = np.random.default_rng(1).binomial(1, 0.8, 80), [f"{i // 2}" for i in range(80)]
    first = accuracy_over_clips(correct, names, seed=7)
    assert accuracy_over_clips(correct, names, seed=7) == first
    other = accuracy_over_clips(correct, names, seed=8).interval
    assert ends(other) == pytest.approx(ends(first.interval), abs=BETWEEN_SEEDS * (other.high - other.low))


@pytest.mark.parametrize("right", [0.0, 1.0])
def test_all_right_or_all_wrong_counts_each_recording_as_one_clip(right: float) -> None:
    found = accuracy_over_clips(np.full((5, 90), right), np.repeat(np.arange(30), 3).astype(str).tolist())
    assert found.method == "wilson"
    assert ends(found.interval) == wilson95(30 * right, 30)


def test_recordings_of_equal_shares_count_as_one_clip_each() -> None:
    found = accuracy_over_clips([1, 0] * 20, np.repeat(np.arange(20), 2).astype(str).tolist())
    assert ends(found.interval) == pytest.approx(wilson95(10, 20))


def test_a_single_recording_has_wilsons_interval_of_its_clips() -> None:
    found = accuracy_over_clips([1] * 20 + [0] * 8, ["walk"] * 28)
    assert (found.method, found.recordings) == ("wilson", 1)
    assert ends(found.interval) == pytest.approx((0.5294, 0.8475), abs=5e-5)


def test_few_recordings_have_students_quantile_and_the_effective_number_of_clips() -> None:
    correct, names = [1, 1, 1, 1, 1, 0, 0, 0, 1, 1], list("aaaabbbccc")
    variance = sums_by_recording(np.array([correct], dtype=float), names).variance
    effective = 0.7 * 0.3 / variance
    found = accuracy_over_clips(correct, names)
    assert found.method == "wilson"
    assert ends(found.interval) == pytest.approx(wilson95(0.7 * effective, effective, float(t.ppf(0.975, 2))))
    assert found.interval.high - found.interval.low > 0.7


def test_answers_without_as_many_recordings_are_rejected() -> None:
    with pytest.raises(ValueError, match="3 clips need as many recordings, not 2"):
        accuracy_over_clips([1, 0, 1], ["a", "b"])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.sampled_from(["", *"abcdefghijklmnop"])), min_size=1, max_size=60))
def test_every_split_has_an_interval_within_0_and_1(clips: list[tuple[bool, str]]) -> None:
    found = accuracy_over_clips([right for right, _ in clips], [name for _, name in clips], resamples=200)
    assert 0.0 <= found.interval.low <= found.interval.high <= 1.0
    assert found.interval.low <= found.accuracy + 1e-12
    assert found.interval.high >= found.accuracy - 1e-12


@pytest.mark.parametrize(("recordings", "accuracy"), [(5, 0.75), (FEWEST_RECORDINGS, 0.75), (96, 0.75), (96, 0.95)])
def test_the_interval_holds_the_true_accuracy_of_clips_that_resemble_one_another(
    recordings: int, accuracy: float
) -> None:
    assert coverage_over_clips(bootstrapped, recordings, accuracy, splits=500) >= 0.92


def test_taking_clips_of_a_recording_as_independent_holds_it_too_seldom() -> None:
    held = coverage_over_clips(lambda correct, _: bootstrapped(correct, [""] * len(correct)), 96, 0.75, splits=200)
    assert held < 0.9
