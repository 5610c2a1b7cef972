"""The pigeonhole bootstrap against its exact variance and against Student's t test."""

import numpy as np
import pytest
from scipy.stats import t, ttest_1samp

from nas_engine.statistics.answers import RecordingSums
from nas_engine.statistics.pigeonhole import Term, over_clips, over_seeds_and_clips
from nas_engine.statistics.wilson import Z95

RESAMPLING = 0.05
"""Relative tolerance: the standard error of 4,000 resamples scatters by 1.1 %; four times that."""


def table(seeds: int, recordings: int, seed_sd: float = 0.05) -> RecordingSums:
    """Differences [seeds, recordings] of two networks, one clip in each recording."""
    rng = np.random.default_rng(seeds * recordings)
    values = rng.normal(0.02, 0.3, recordings) + rng.normal(0, seed_sd, (seeds, 1))
    return RecordingSums(values + rng.normal(0, 0.2, (seeds, recordings)), np.ones(recordings))


def exact_variance(values: np.ndarray) -> float:
    """Variance of the mean of a table [S, R] under the pigeonhole bootstrap: the mean is w' X v / (S R) with
    multinomial weights w and v, for which E[w w'] = (1 - 1/S) 1 1' + I.
    """
    seeds, recordings = values.shape
    of_seeds = np.full((seeds, seeds), 1 - 1 / seeds) + np.eye(seeds)
    of_recordings = np.full((recordings, recordings), 1 - 1 / recordings) + np.eye(recordings)
    second = np.trace(values.T @ of_seeds @ values @ of_recordings) / (seeds * recordings) ** 2
    return float(second - values.mean() ** 2)


@pytest.mark.parametrize(
    ("seeds", "recordings", "seed_sd"), [(2, 40, 0.05), (5, 96, 0.05), (5, 96, 0.0), (10, 20, 0.3)]
)
def test_seeds_and_clips_together_have_the_exact_standard_error_and_satterthwaites_degrees(
    seeds: int, recordings: int, seed_sd: float
) -> None:
    sums = table(seeds, recordings, seed_sd)
    of_seeds = sums.correct.mean(axis=1).var(ddof=1) / seeds
    of_recordings = sums.correct.mean(axis=0).var(ddof=1) / recordings
    total = of_seeds + of_recordings
    degrees = total**2 / (of_seeds**2 / (seeds - 1) + of_recordings**2 / (recordings - 1))
    left = of_seeds * (1 - 1 / seeds) + of_recordings * (1 - 1 / recordings)
    reach = t.ppf(0.975, degrees) * (total / left * exact_variance(sums.correct)) ** 0.5
    interval = over_seeds_and_clips([Term(sums)], seed=0)
    assert (interval.low + interval.high) / 2 == pytest.approx(sums.accuracy, abs=1e-12)
    assert (interval.high - interval.low) / 2 == pytest.approx(reach, rel=RESAMPLING)


@pytest.mark.parametrize("recordings", [2, 5, 30, 200])
def test_over_equal_recordings_the_interval_of_clips_is_that_of_the_t_test(recordings: int) -> None:
    sums = table(3, recordings)
    expected = ttest_1samp(sums.correct.mean(axis=0), 0.0).confidence_interval(0.95)
    interval = over_clips([Term(sums)], seed=0)
    reach = (expected.high - expected.low) / 2
    assert interval.low == pytest.approx(max(-1.0, expected.low), abs=RESAMPLING * reach)
    assert interval.high == pytest.approx(min(1.0, expected.high), abs=RESAMPLING * reach)


def test_two_splits_of_one_seed_have_nearly_welchs_interval() -> None:
    first, second = table(1, 60), RecordingSums(2 * table(1, 25).correct, np.ones(25))
    variances = [sums.correct[0].var(ddof=1) / sums.correct.size for sums in (first, second)]
    degrees = sum(variances) ** 2 / (variances[0] ** 2 / 59 + variances[1] ** 2 / 24)
    interval = over_clips([Term(first), Term(second, -1.0)], seed=0)
    assert (interval.high - interval.low) / 2 == pytest.approx(
        t.ppf(0.975, degrees) * sum(variances) ** 0.5, rel=RESAMPLING
    )
    assert (interval.high + interval.low) / 2 == pytest.approx(first.accuracy - second.accuracy)


def test_seeds_that_are_common_to_both_splits_cancel() -> None:
    """An effect of the seed that is the same on both splits says nothing of their difference."""
    split, effect = table(5, 60, seed_sd=0.0), np.linspace(-0.2, 0.2, 5)[:, None]
    shifted = RecordingSums(split.correct + effect, split.clips)
    plain, both = (
        over_seeds_and_clips([Term(sums), Term(table(5, 60, seed_sd=0.0), -1.0)], seed=0) for sums in (split, shifted)
    )
    cancelled = over_seeds_and_clips([Term(shifted), Term(shifted, -1.0)], seed=0)
    assert both.high - both.low > 1.5 * (plain.high - plain.low)
    assert cancelled.high - cancelled.low == pytest.approx(plain.high - plain.low, rel=0.1)


def test_where_nothing_varies_the_interval_is_what_so_many_recordings_can_bound() -> None:
    bound = Z95**2 / (40 + Z95**2)
    same = RecordingSums(np.zeros((5, 40)), np.ones(40))
    interval = over_seeds_and_clips([Term(same)], seed=0)
    assert (interval.low, interval.high) == pytest.approx((-bound, bound))
    apart = over_clips([Term(RecordingSums(np.ones((5, 40)), np.ones(40)))], seed=0)
    assert (apart.low, apart.high) == pytest.approx((1 - bound, 1.0))


def test_the_same_seed_gives_the_same_interval() -> None:
    terms = [Term(table(5, 96))]
    assert over_seeds_and_clips(terms, seed=3) == over_seeds_and_clips(terms, seed=3)
    assert over_seeds_and_clips(terms, seed=3) != over_seeds_and_clips(terms, seed=4)


def test_one_seed_has_no_interval_over_seeds() -> None:
    with pytest.raises(ValueError, match="two seeds or more"):
        over_seeds_and_clips([Term(table(1, 20))], seed=0)
