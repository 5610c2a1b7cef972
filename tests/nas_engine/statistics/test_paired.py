"""Paired differences of two networks: alignment by seeds and clips, closed forms, simulated coverage, and time."""

from time import perf_counter

import numpy as np
import pytest
from scipy.stats import ttest_rel

from nas_engine.statistics.answers import Answers
from nas_engine.statistics.paired import paired_difference
from nas_engine.statistics.values import Interval95
from nas_engine.statistics.wilson import Z95
from tests.nas_engine.statistics.simulated_answers import coverage_of_pairs, network_pair, pigeonhole_percentiles


def pair(seeds: int = 5, recordings: int = 60) -> tuple[Answers, Answers]:
    return network_pair(np.random.default_rng(0), seeds, recordings, seed_sd=0.3)


def constant(share: float, seeds: int = 3, clips: int = 40) -> Answers:
    ids = tuple(str(clip) for clip in range(clips))
    return Answers(np.full((seeds, clips), share), tuple(range(seeds)), ids, ("",) * clips)


def flipped(interval: Interval95) -> tuple[float, float]:
    return -interval.high, -interval.low


def stated(network: Answers, other: Answers) -> Interval95:
    return paired_difference(network, other, resamples=500).stated_interval


def test_the_difference_is_that_of_the_accuracies_and_over_seeds_that_of_the_paired_t_test() -> None:
    network, other = pair()
    found = paired_difference(network, other)
    expected = ttest_rel(network.correct.mean(axis=1), other.correct.mean(axis=1)).confidence_interval(0.95)
    assert (found.seeds, found.clips, found.recordings) == (5, len(network.clips), 60)
    assert found.difference == pytest.approx(network.correct.mean() - other.correct.mean())
    assert found.seed_interval is not None
    assert (found.seed_interval.low, found.seed_interval.high) == pytest.approx((expected.low, expected.high))


def test_the_interval_over_both_is_wider_than_over_either_in_a_usual_comparison() -> None:
    found = paired_difference(*pair())
    assert found.interval is not None
    assert found.seed_interval is not None
    width = found.interval.high - found.interval.low
    assert width > found.clip_interval.high - found.clip_interval.low
    assert width > found.seed_interval.high - found.seed_interval.low


def test_the_other_way_round_everything_has_the_opposite_sign() -> None:
    network, other = pair()
    found, opposite = paired_difference(network, other), paired_difference(other, network)
    assert found.difference == pytest.approx(-opposite.difference)
    for name in ("interval", "seed_interval", "clip_interval"):
        interval = getattr(found, name)
        assert (interval.low, interval.high) == pytest.approx(flipped(getattr(opposite, name)))


def test_answers_are_paired_by_clip_and_seed_whatever_their_order() -> None:
    network, other = pair()
    shuffled = other.of(other.seeds[::-1], other.clips[::-1])
    assert paired_difference(network, shuffled) == paired_difference(network, other)


def test_seeds_and_clips_of_one_network_alone_are_left_out() -> None:
    network, other = pair()
    fewer = other.of(other.seeds[:3], other.clips[:50])
    found = paired_difference(network, fewer)
    assert (found.seeds, found.clips) == (3, 50)
    assert found.accuracy == pytest.approx(network.correct[:3, :50].mean())
    assert found == paired_difference(network.of(fewer.seeds, fewer.clips), fewer)


def test_one_common_seed_leaves_the_interval_over_clips() -> None:
    network, other = pair()
    found = paired_difference(network.of((2,), network.clips), other)
    assert (found.seeds, found.interval, found.seed_interval) == (1, None, None)
    assert found.stated_interval == found.clip_interval


def test_a_network_does_not_differ_from_itself_by_more_than_its_clips_could_show() -> None:
    network, _ = pair()
    found = paired_difference(network, network)
    bound = Z95**2 / (60 + Z95**2)
    assert (found.difference, found.is_distinguished) == (0.0, False)
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((-bound, bound))


def test_always_right_is_distinguished_from_always_wrong() -> None:
    found = paired_difference(constant(1.0), constant(0.0))
    assert (found.difference, found.is_distinguished) == (1.0, True)
    assert found.stated_interval.high == 1.0
    assert found.stated_interval.low == pytest.approx(1 - Z95**2 / (40 + Z95**2))


def test_networks_of_different_seeds_or_clips_are_rejected_with_what_to_do() -> None:
    network = constant(1.0)
    with pytest.raises(ValueError, match="different seeds, 0, 1, 2 and 7, 8, 9: train both with the same"):
        paired_difference(network, Answers(network.correct, (7, 8, 9), network.clips, network.recordings))
    elsewhere = tuple(f"other {clip}" for clip in network.clips)
    with pytest.raises(ValueError, match="let both answer the same split"):
        paired_difference(network, Answers(network.correct, network.seeds, elsewhere, network.recordings))
    with pytest.raises(ValueError, match="the same version of the dataset"):
        paired_difference(network, Answers(network.correct, network.seeds, network.clips, ("x",) * 40))


@pytest.mark.parametrize(("seeds", "seed_sd"), [(5, 0.1), (5, 0.5), (5, 1.5), (3, 1.5)])
def test_the_interval_holds_the_true_difference_however_much_seeds_matter(seeds: int, seed_sd: float) -> None:
    assert coverage_of_pairs(stated, seeds, 96, seed_sd, pairs=200) >= 0.92


def test_percentiles_of_the_pigeonhole_bootstrap_hold_it_too_seldom_where_few_seeds_matter() -> None:
    assert coverage_of_pairs(pigeonhole_percentiles, 3, 96, 1.5, pairs=200) < 0.85


@pytest.mark.alone
def test_two_thousand_resamples_of_5_seeds_and_250_recordings_take_less_than_a_second() -> None:
    network, other = pair(5, 250)
    begun = perf_counter()
    paired_difference(network, other, resamples=2_000)
    assert perf_counter() - begun < 1.0
