"""Paired difference in accuracy of two networks that answered the same clips, trained with the same seeds.

What makes a clip hard is common to both networks, so differences clip by clip scatter less than two accuracies do.
"""

from nas_engine.statistics.answers import Answers, recording_count, sums_by_recording
from nas_engine.statistics.pigeonhole import RESAMPLES, Term, over_clips, over_seeds_and_clips
from nas_engine.statistics.seeds import seed_summary
from nas_engine.statistics.values import PairedDifference


def paired_difference(network: Answers, other: Answers, seed: int = 0, resamples: int = RESAMPLES) -> PairedDifference:
    """Accuracy of `network` less that of `other` over the seeds and clips that both have, with its intervals.

    Seeds and clips of one of them alone are left out. `seed` is that of the resamples. Raises ValueError, with what to
    do, where there is no common seed or clip, or a clip is of another recording in each.
    """
    network, other = _common(network, other)
    apart = sums_by_recording(network.correct - other.correct, network.recordings)
    several = len(network.seeds) > 1
    return PairedDifference(
        accuracy=float(network.correct.mean()),
        other_accuracy=float(other.correct.mean()),
        interval=over_seeds_and_clips([Term(apart)], seed, resamples) if several else None,
        seed_interval=seed_summary(apart.of_seeds.tolist(), -1.0, 1.0).interval,
        clip_interval=over_clips([Term(apart)], seed, resamples),
        seeds=len(network.seeds),
        clips=len(network.clips),
        recordings=recording_count(network.recordings),
    )


def _common(network: Answers, other: Answers) -> tuple[Answers, Answers]:
    """Both with the seeds and clips that both have, in the order of the first."""
    seeds = [seed for seed in network.seeds if seed in set(other.seeds)]
    if not seeds:
        raise ValueError(
            f"the networks were trained with different seeds, {_listed(network.seeds)} and {_listed(other.seeds)}: "
            "train both with the same"
        )
    theirs = set(other.clips)
    clips = [clip for clip in network.clips if clip in theirs]
    if not clips:
        raise ValueError("the networks have answered no clip in common: let both answer the same split of one dataset")
    pair = network.of(seeds, clips), other.of(seeds, clips)
    if pair[0].recordings != pair[1].recordings:
        raise ValueError("a clip is of one recording in one network's answers and of another in the other's: take both "
                         "from the same version of the dataset")  # fmt: skip
    return pair


def _listed(seeds: tuple[int, ...]) -> str:
    return ", ".join(map(str, seeds))
