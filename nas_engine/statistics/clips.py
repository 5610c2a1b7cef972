"""Interval of an accuracy over clips, of which those of one recording resemble one another.

Recordings are drawn with replacement, each with all its clips, and the interval is the bootstrap's BCa (Efron, "Better
bootstrap confidence intervals", JASA 82, 1987) at the level that a sample of n recordings needs: percentiles at
Phi(-sqrt(n / (n - 1)) t(n - 1, 0.975)) and its complement, which give few recordings Student's quantile and the full
variance (Hesterberg, "What teachers should know about the bootstrap", The American Statistician 69, 2015; so does
`CI.bca` of his package resample for R).

Why BCa: an accuracy near 1 is skewed. Share of 1,000 simulated splits whose interval holds the true accuracy, for 2.3
clips a recording that are correlated by 0.4 (`python -m tests.nas_engine.statistics.simulated_answers`):

    recordings   accuracy   this interval   percentiles, same level   percentiles   Wilson, clips as independent
    5            0.75       0.98            0.84                      0.81          0.85
    10           0.75       0.95            0.93                      0.88          0.84
    20           0.75       0.96            0.94                      0.91          0.85
    40           0.95       0.97            0.84                      0.83          0.87
    96           0.75       0.95            0.94                      0.93          0.84
    96           0.95       0.93            0.91                      0.90          0.86

Fewer recordings than `FEWEST_RECORDINGS`, and recordings that all have the same share of right answers, give Wilson's
interval of the effective number of clips, m (1 - m) / V_R, with t(n - 1); where nothing varies, that of one clip for
each recording. A single recording gives Wilson's interval of its clips, which holds for clips of this recording alone.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, stdtrit
from scipy.stats import bootstrap

from nas_engine.statistics.answers import (
    RecordingSums,
    Values,
    checked_answers,
    recording_count,
    sums_by_recording,
)
from nas_engine.statistics.values import ClipAccuracy, ClipMethod, Interval95
from nas_engine.statistics.wilson import wilson95

FEWEST_RECORDINGS = 10
"""Number of recordings from which the interval is the bootstrap's."""
RESAMPLES = 10_000
_BATCH = 1_000  # resamples at a time


def accuracy_over_clips(
    correct: ArrayLike, recordings: Sequence[str], seed: int = 0, resamples: int = RESAMPLES
) -> ClipAccuracy:
    """Accuracy of answers `correct` [seeds, clips] or [clips] (1 right, 0 wrong) with its interval over clips.

    `recordings` [clips] names what each clip was cut from; "" is a clip that stands alone. `seed` is that of the
    resamples: the same one gives the same interval. Raises ValueError for shapes that do not match and no answers.
    """
    answers = checked_answers(np.atleast_2d(np.asarray(correct, dtype=np.float64)))
    if len(recordings) != answers.shape[1]:
        raise ValueError(f"{answers.shape[1]} clips need as many recordings, not {len(recordings)}")
    found = recording_count(recordings)
    interval, method = _interval(sums_by_recording(answers, recordings), found, seed, resamples)
    seeds, clips = answers.shape
    return ClipAccuracy(float(answers.mean()), interval, method, seeds, clips, found)


def _interval(sums: RecordingSums, recordings: int, seed: int, resamples: int) -> tuple[Interval95, ClipMethod]:
    if recordings >= FEWEST_RECORDINGS and sums.variance > 0:
        return _bootstrapped(sums, seed, resamples), "bootstrap"
    clips = float(sums.clips.sum())
    if recordings == 1:
        return Interval95(*wilson95(sums.accuracy * clips, clips)), "wilson"
    return _of_effective_clips(sums), "wilson"


def _bootstrapped(sums: RecordingSums, seed: int, resamples: int) -> Interval95:
    n = len(sums.clips)
    tail = float(ndtr(-np.sqrt(n / (n - 1)) * stdtrit(n - 1, 0.975)))
    result = bootstrap(
        (sums.correct.mean(axis=0), sums.clips), _accuracy, paired=True, vectorized=True, n_resamples=resamples,
        batch=_BATCH, confidence_level=1 - 2 * tail, method="BCa", rng=np.random.default_rng(seed),
    )  # fmt: skip
    return Interval95(*(float(end) for end in result.confidence_interval))


def _accuracy(correct: Values, clips: Values, axis: int) -> Values:
    return np.asarray(correct.sum(axis=axis) / clips.sum(axis=axis), dtype=np.float64)


def _of_effective_clips(sums: RecordingSums) -> Interval95:
    n, share, variance = len(sums.clips), sums.accuracy, sums.variance
    if not variance > 0:
        return Interval95(*wilson95(share * n, n))
    effective = min(share * (1 - share) / variance, sums.correct.shape[0] * float(sums.clips.sum()))
    return Interval95(*wilson95(share * effective, effective, float(stdtrit(n - 1, 0.975))))
