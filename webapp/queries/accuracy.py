"""Accuracies on the evaluation split of a dataset: clips behind them, 95 % interval, and chance."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Count, OuterRef, Q, Subquery

from nas_engine.statistics.wilson import wilson95
from webapp.caches import kept
from webapp.models import Clip, Dataset

EVALUATION_SPLIT = "eval"
_SPACE = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Accuracy of a network (0..1), of `correct` among `clips`; `low95`..`high95` is Wilson's 95 % score interval.

    The interval takes clips as independent. Clips of one recording are alike, so that the true interval is wider.
    `chance` is the accuracy of always answering the commonest class.
    """

    share: float
    correct: int
    clips: int
    low95: float
    high95: float
    chance: float

    @property
    def is_at_chance(self) -> bool:
        return self.low95 <= self.chance

    @property
    def at_chance_in_words(self) -> str:
        """What to say where it is at chance."""
        return f"not above chance ({100 * self.chance:.1f}{_SPACE}%, always answering the commonest class)"

    @property
    def in_words(self) -> str:
        """Such as "20 of 28 clips, 95 % interval 52.9 to 84.7 %", and whether it is above chance."""
        interval = f"{100 * self.low95:.1f} to {100 * self.high95:z.1f}{_SPACE}%"
        line = f"{self.correct:,} of {self.clips:,} clips, 95{_SPACE}% interval {interval}"
        return f"{line}; {self.at_chance_in_words}" if self.is_at_chance else line


@dataclass(frozen=True, slots=True)
class EvaluationSplit:
    """Number of clips of a dataset's evaluation split, and the share (0..1) of its commonest class."""

    clips: int
    chance: float

    def accuracy(self, share: float | None) -> Accuracy | None:
        """Accuracy of a network that answered this share of the clips correctly."""
        if share is None:
            return None
        correct = min(self.clips, max(0, round(share * self.clips)))
        return Accuracy(share, correct, self.clips, *interval95(correct, self.clips), self.chance)

    @property
    def least_above_chance(self) -> float:
        """Bound of accuracies above chance; infinite where a single class leaves nothing to distinguish."""
        correct = _least_correct(self.clips, self.chance)
        return math.inf if correct is None else (correct - 0.5) / self.clips


def evaluation_split(dataset: Dataset) -> EvaluationSplit | None:
    """None before the dataset is prepared. No query."""
    counts = dataset.counts.get(EVALUATION_SPLIT, {}).values()
    clips = sum(counts)
    return EvaluationSplit(clips, max(counts) / clips) if clips else None


def above_chance(datasets: Iterable[Dataset], trial: str = "") -> Q:
    """Condition that a trial's int8 accuracy is above chance, for trials of studies on `datasets`. No query.

    `trial` is the prefix, such as "trial__", of a trial's columns.
    """
    least = {
        dataset.pk: split.least_above_chance if (split := evaluation_split(dataset)) else 0.0 for dataset in datasets
    }
    conditions = (
        Q((f"{trial}study__dataset", dataset_id), (f"{trial}int8_accuracy__gte", accuracy))
        for dataset_id, accuracy in least.items()
    )
    return reduce(or_, conditions, Q())


def recordings(dataset: str) -> Subquery:
    """Recordings of the evaluation split of the dataset in column `dataset` of the outer query, null if unknown."""
    clips = Clip.objects.filter(dataset=OuterRef(dataset), split=EVALUATION_SPLIT).exclude(group="").order_by()
    return Subquery(clips.values("dataset").annotate(found=Count("group", distinct=True)).values("found"))


@kept("accuracy intervals")
def interval95(correct: int, clips: int) -> tuple[float, float]:
    """Wilson's 95 % score interval (0..1) of a share of `clips`, taken as independent."""
    return wilson95(correct, clips)


@kept("least accuracies above chance")
def _least_correct(clips: int, chance: float) -> int | None:
    """Least number of correct answers whose interval lies above `chance`, by bisection; None if even all do not."""
    low, high = 0, clips + 1
    while low < high:
        middle = (low + high) // 2
        if middle == clips + 1 or interval95(middle, clips)[0] > chance:
            high = middle
        else:
            low = middle + 1
    return low if low <= clips else None
