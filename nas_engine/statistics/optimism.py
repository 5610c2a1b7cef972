"""How far the evaluation accuracy of a network lies above its test accuracy, and what a search adds by choosing.

A search names the network of the highest evaluation accuracy, which is in part the luckiest on the evaluation clips.
The test split took no part in the choice, so that the difference of the two accuracies estimates that luck, along with
what one split is harder than the other.
"""

import numpy as np
from scipy.integrate import quad
from scipy.special import log_ndtr

from nas_engine.statistics.answers import Answers, RecordingSums, recording_count
from nas_engine.statistics.pigeonhole import RESAMPLES, Term, over_clips, over_seeds_and_clips
from nas_engine.statistics.values import Optimism

_FAR = 40.0  # standard deviations that no maximum reaches


def optimism(
    evaluation: Answers, test: Answers, best_of: int | None = None, seed: int = 0, resamples: int = RESAMPLES
) -> Optimism:
    """Evaluation accuracy less test accuracy of one network over the seeds that answered both splits.

    The splits are of different recordings, which are drawn independently; the seeds are common to both. `best_of` is
    the number of networks that a search chose this one from by the evaluation split, `seed` that of the resamples.
    Raises ValueError where no seed answered both splits, or a recording is in both.
    """
    evaluation, test = _common(evaluation, test)
    sums = evaluation.by_recording()
    terms = [Term(sums), Term(test.by_recording(), -1.0)]
    interval = over_seeds_and_clips if len(evaluation.seeds) > 1 else over_clips
    return Optimism(
        evaluation_accuracy=float(evaluation.correct.mean()),
        test_accuracy=float(test.correct.mean()),
        interval=interval(terms, seed, resamples),
        seeds=len(evaluation.seeds),
        evaluation_clips=len(evaluation.clips),
        evaluation_recordings=recording_count(evaluation.recordings),
        test_clips=len(test.clips),
        test_recordings=recording_count(test.recordings),
        best_of=best_of,
        chance_lead=None if best_of is None else expected_maximum(best_of) * _standard_error(sums),
    )


def expected_maximum(n: int) -> float:
    """Mean of the greatest of `n` independent standard normal variables: 0.56 of two, 1.16 of five, 2.51 of a hundred.

    The mean of a variable of distribution F is the integral of 1 - F above 0 less that of F below; here F = Phi^n.
    Raises ValueError for n below 1.
    """
    if n < 1:
        raise ValueError(f"the best of {n} networks is none: give the number that the search chose from")
    above, _ = quad(lambda x: -np.expm1(n * log_ndtr(x)), 0.0, _FAR, limit=200, points=[1.0, 3.0, 6.0])
    below, _ = quad(lambda x: np.exp(n * log_ndtr(x)), -_FAR, 0.0, limit=200, points=[-6.0, -3.0, -1.0])
    return max(0.0, float(above - below))


def _common(evaluation: Answers, test: Answers) -> tuple[Answers, Answers]:
    """Both with the seeds that both have."""
    both = set(evaluation.recordings) & set(test.recordings) - {""}
    if both:
        raise ValueError(f"recording {min(both)!r} is in both splits: divide the dataset by recordings")
    seeds = [seed for seed in evaluation.seeds if seed in set(test.seeds)]
    if not seeds:
        raise ValueError("no training answered both splits: let the trainings of the same seeds answer both")
    return evaluation.of(seeds, evaluation.clips), test.of(seeds, test.clips)


def _standard_error(sums: RecordingSums) -> float:
    """Standard error over clips of the accuracy of one training, root mean square over the seeds."""
    return float(np.sqrt(np.mean([sums.of_seed(row).variance for row in range(len(sums.correct))])))
