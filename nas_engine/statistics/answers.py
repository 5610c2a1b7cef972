"""Answers of one network, trained with several seeds, to the clips of a split; sums over recordings.

Clips of one recording resemble one another, so recordings are what is independent ("clusters", "primary units").

    symbol   code        shape             unit   meaning
    S, C, R                                       numbers of seeds, clips, recordings
    x_sr     correct     [S, R]            clips  correct answers of seed s to the clips of recording r
    n_r      clips       [R]               clips  clips of recording r
    m        accuracy    scalar            1      sum x / (S sum n), the accuracy; a difference of two in -1..1
    V_R      variance    scalar            1      variance of m between samples of R recordings: that of the ratio
                                                  estimator, sum_r (x_r - m n_r)^2 / (R (R - 1) mean(n)^2), x_r the
                                                  mean over seeds (Cochran, "Sampling Techniques", 1977, ch. 6)
    V_S      of_seeds    scalar            1      variance of m between samples of S seeds: var(m_s) / S
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]

NO_VARIANCE = 1e-20
"""Variances of accuracies up to this are rounding: one answer among 10^8 gives more."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Answers `correct` [seeds, clips] of one network: 1 right, 0 wrong, or a share in between.

    `seeds` are those of its trainings, `clips` ids of the clips, `recordings` [clips] the recordings they were cut
    from, "" for a clip that stands alone. Raises ValueError for shapes that do not match, no answers, or ids twice.
    """

    correct: Values
    seeds: tuple[int, ...]
    clips: tuple[str, ...]
    recordings: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "correct", checked_answers(self.correct))
        expected = (len(self.seeds), len(self.clips))
        if self.correct.shape != expected or len(self.recordings) != len(self.clips):
            raise ValueError(
                f"answers {self.correct.shape} must be [seeds, clips], here {expected}, with a recording for each of "
                f"the clips, not {len(self.recordings)}"
            )
        for name, ids in (("seed", self.seeds), ("clip", self.clips)):
            if len(set(ids)) < len(ids):
                raise ValueError(f"a {name} has answers twice: give each {name} once")

    def of(self, seeds: Sequence[int], clips: Sequence[str]) -> "Answers":
        """Answers with these seeds to these clips, in this order. Raises KeyError for one that there is not."""
        seed_at = {seed: i for i, seed in enumerate(self.seeds)}
        clip_at = {clip: i for i, clip in enumerate(self.clips)}
        columns = [clip_at[clip] for clip in clips]
        correct = self.correct[np.ix_([seed_at[seed] for seed in seeds], columns)]
        return Answers(correct, tuple(seeds), tuple(clips), tuple(self.recordings[i] for i in columns))

    def by_recording(self) -> "RecordingSums":
        """Correct answers and clips of each recording."""
        return sums_by_recording(self.correct, self.recordings)


@dataclass(frozen=True, slots=True, eq=False)
class RecordingSums:
    """Sums `correct` [seeds, recordings] over the `clips` [recordings] of each recording; symbols at the top."""

    correct: Values
    clips: Values

    @property
    def accuracy(self) -> float:
        """Share of correct answers of all seeds to all clips (0..1), or a difference of two shares (-1..1)."""
        return float(self.correct.sum() / (len(self.correct) * self.clips.sum()))

    @property
    def of_seeds(self) -> Values:
        """Accuracies [seeds]."""
        return np.asarray(self.correct.sum(axis=1) / self.clips.sum(), dtype=np.float64)

    def of_seed(self, row: int) -> "RecordingSums":
        """Sums of one seed alone."""
        return RecordingSums(self.correct[row : row + 1], self.clips)

    @property
    def variance(self) -> float:
        """Variance of the accuracy between samples of so many recordings, with these seeds; 0 for one recording."""
        n = len(self.clips)
        if n == 1:
            return 0.0
        apart = self.correct.mean(axis=0) - self.accuracy * self.clips
        variance = float(apart @ apart) / (n * (n - 1) * float(self.clips.mean()) ** 2)
        return variance if variance > NO_VARIANCE else 0.0


def checked_answers(correct: ArrayLike) -> Values:
    """`correct` as float64; ValueError unless it is [seeds, clips], not empty, of numbers in 0..1."""
    values = np.asarray(correct, dtype=np.float64)
    if values.ndim != 2 or not values.size:
        raise ValueError(f"answers must be [seeds, clips] with at least one of each, not {values.shape}")
    if not ((values >= 0) & (values <= 1)).all():  # also false for NaN
        raise ValueError("answers must be 1 for right, 0 for wrong, or a share in between; there is another number")
    return values


def sums_by_recording(correct: Values, recordings: Sequence[str]) -> RecordingSums:
    """Sums of `correct` [seeds, clips] by the `recordings` [clips] they were cut from, "" standing alone.

    Clips of a single recording are summed one by one: what varies between recordings cannot be estimated from it, and
    the results then hold within this recording.
    """
    recording = _numbers(recordings)
    if recording.max() == 0:
        return RecordingSums(correct, np.ones(correct.shape[1]))
    sums = [np.bincount(recording, weights=row) for row in correct]
    return RecordingSums(np.asarray(sums, dtype=np.float64), np.bincount(recording).astype(np.float64))


def recording_count(recordings: Sequence[str]) -> int:
    """Number of independent recordings, clips without a name counted one by one."""
    return int(_numbers(recordings).max()) + 1


def _numbers(recordings: Sequence[str]) -> NDArray[np.intp]:
    """0, 1 ... [clips], equal for clips of one recording."""
    found: dict[object, int] = {}
    keys = (name or position for position, name in enumerate(recordings))
    return np.array([found.setdefault(key, len(found)) for key in keys], dtype=np.intp)
