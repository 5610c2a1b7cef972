"""Simulated answers of known accuracy, and how often intervals hold it; run as a program, the tables of the docstrings.

python -m tests.nas_engine.statistics.simulated_answers
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap, norm, t

from nas_engine.statistics.answers import Answers, sums_by_recording
from nas_engine.statistics.clips import accuracy_over_clips
from nas_engine.statistics.paired import paired_difference
from nas_engine.statistics.values import Interval95
from nas_engine.statistics.wilson import wilson95

CLIPS_A_RECORDING = 2.3
Correct = NDArray[np.float64]
OfClips = Callable[[Correct, Sequence[str]], Interval95]
OfPair = Callable[[Answers, Answers], Interval95]


def clustered_split(
    rng: np.random.Generator, recordings: int, accuracy: float, correlation: float
) -> tuple[Correct, list[str]]:
    """Answers [clips] and their recordings: each recording has its own share of right answers, from a beta
    distribution of mean `accuracy` that gives two clips of one recording the `correlation`.
    """
    clips = rng.geometric(1 / CLIPS_A_RECORDING, recordings)
    strength = (1 - correlation) / correlation
    shares = rng.beta(accuracy * strength, (1 - accuracy) * strength, recordings)
    names = np.repeat([f"recording {i}" for i in range(recordings)], clips)
    return (rng.random(len(names)) < np.repeat(shares, clips)).astype(float), names.tolist()


def network_pair(rng: np.random.Generator, seeds: int, recordings: int, seed_sd: float) -> tuple[Answers, Answers]:
    """Answers of two networks of equal true accuracy; `seed_sd` is the effect of a seed, in units of which a clip's
    difficulty has a standard deviation of 1 within its recording and of 1.5 between recordings.
    """
    clips = rng.geometric(1 / CLIPS_A_RECORDING, recordings)
    recording = np.repeat(np.arange(recordings), clips)
    difficulty = rng.normal(0, 1.5, recordings)[recording] + rng.normal(0, 1, len(recording))

    def network() -> Answers:
        own = rng.normal(0, 0.7, recordings)[recording] + rng.normal(0, 0.5, len(recording))
        training = rng.normal(0, seed_sd, seeds)[:, None] + rng.normal(0, 1.5, (seeds, len(recording)))
        correct = (1.3 + difficulty + own + training > 0).astype(float)
        names = tuple(f"recording {i}" for i in recording)
        return Answers(correct, tuple(range(seeds)), tuple(map(str, range(len(recording)))), names)

    return network(), network()


def coverage_over_clips(interval: OfClips, recordings: int, accuracy: float, splits: int, seed: int = 0) -> float:
    """Share of simulated splits whose interval holds the true accuracy; clips of a recording correlate by 0.4."""
    rng = np.random.default_rng(seed)
    simulated = (clustered_split(rng, recordings, accuracy, 0.4) for _ in range(splits))
    return float(np.mean([interval(*split).includes(accuracy) for split in simulated]))


def coverage_of_pairs(
    interval: OfPair, seeds: int, recordings: int, seed_sd: float, pairs: int, seed: int = 0
) -> float:
    """Share of simulated pairs of networks whose interval holds the true difference, 0."""
    rng = np.random.default_rng(seed)
    simulated = (network_pair(rng, seeds, recordings, seed_sd) for _ in range(pairs))
    return float(np.mean([interval(*pair).includes(0.0) for pair in simulated]))


def percentiles(correct: Correct, recordings: Sequence[str], level: float = 0.95) -> Interval95:
    """Percentile bootstrap by recordings."""
    sums = sums_by_recording(correct[None], recordings)
    result = bootstrap(
        (sums.correct[0], sums.clips), lambda x, n, axis: x.sum(axis) / n.sum(axis), paired=True, vectorized=True,
        n_resamples=1_000, confidence_level=level, method="percentile", rng=np.random.default_rng(0),
    )  # fmt: skip
    return Interval95(*map(float, result.confidence_interval))


def pigeonhole_percentiles(network: Answers, other: Answers) -> Interval95:
    """Percentiles of the pigeonhole bootstrap, drawn here in another way: by multinomial weights."""
    sums = sums_by_recording(network.correct - other.correct, network.recordings)
    rng, (seeds, recordings) = np.random.default_rng(0), sums.correct.shape
    of_seeds = rng.multinomial(seeds, np.full(seeds, 1 / seeds), 1_000)
    of_recordings = rng.multinomial(recordings, np.full(recordings, 1 / recordings), 1_000)
    drawn = ((of_seeds @ sums.correct) * of_recordings).sum(axis=1) / (seeds * (of_recordings @ sums.clips))
    return Interval95(*map(float, np.quantile(drawn, (0.025, 0.975))))


def variance_due_to_seeds(seeds: int, recordings: int, seed_sd: float, pairs: int) -> float:
    """Mean share (0..1) of seeds in the variance of the difference."""
    rng, shares = np.random.default_rng(1), []
    for _ in range(pairs):
        network, other = network_pair(rng, seeds, recordings, seed_sd)
        sums = sums_by_recording(network.correct - other.correct, network.recordings)
        of_seeds = float(sums.of_seeds.var(ddof=1)) / seeds
        shares.append(of_seeds / (of_seeds + sums.variance))
    return float(np.mean(shares))


def _level_of_few(recordings: int) -> float:
    """Level at which percentiles have the t quantile and the full variance (Hesterberg 2015)."""
    quantile = (recordings / (recordings - 1)) ** 0.5 * t.ppf(0.975, recordings - 1)
    return float(1 - 2 * norm.sf(quantile))


def _print_clips(splits: int) -> None:
    of_75, of_95 = ((n, 0.75) for n in (3, 5, 9, 10, 20, 96)), ((n, 0.95) for n in (40, 96))
    for recordings, accuracy in (*of_75, *of_95):
        level = _level_of_few(recordings)
        methods: Sequence[OfClips] = (
            lambda correct, names: accuracy_over_clips(correct, names, resamples=1_000).interval,
            lambda correct, names, level=level: percentiles(correct, names, level),
            percentiles,
            lambda correct, names: Interval95(*wilson95(correct.sum(), len(names))),
        )
        shown = [coverage_over_clips(method, recordings, accuracy, splits) for method in methods]
        print(recordings, accuracy, *(f"{share:.3f}" for share in shown), flush=True)


def _print_pairs(pairs: int) -> None:
    for seeds, seed_sd in ((5, 0.1), (5, 0.5), (5, 1.5), (3, 0.1), (3, 0.5), (3, 1.5), (2, 0.5), (10, 0.5)):
        methods: Sequence[OfPair] = (
            pigeonhole_percentiles,
            lambda network, other: paired_difference(network, other, resamples=1_000).stated_interval,
        )
        shown = [coverage_of_pairs(method, seeds, 96, seed_sd, pairs) for method in methods]
        share = variance_due_to_seeds(seeds, 96, seed_sd, 200)
        print(seeds, seed_sd, f"{share:.2f}", *(f"{value:.3f}" for value in shown), flush=True)


if __name__ == "__main__":
    _print_clips(splits=1_000)
    _print_pairs(pairs=1_000)
