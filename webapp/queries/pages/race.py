"""A race of designers: studies of a comparison that differ in designer and seed alone, by the best reward so far."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Case, Count, IntegerField, Value, When
from numpy.typing import NDArray

from nas_engine.statistics.explanation.races import RewardBand, RewardCourse, band, course
from webapp.models import Comparison, Study, Trial
from webapp.queries.budget import COUNTED
from webapp.queries.pages.comparison import compared_studies, short_name
from webapp.queries.pages.results import Results, results_of
from webapp.queries.setting_differences import alike, differences_of

OF_DESIGNERS = ("designer", "seed", "switch_at")
"""Settings in which the studies of a race may differ."""
COLUMNS = ("designer", "axis", "at", "lower_quartile", "median", "upper_quartile", "searches")
BY_TRIALS, BY_EPOCHS = "trials", "epochs"


@dataclass(frozen=True, slots=True)
class RacedStudy:
    """One search of a race: trials that ended and count to the budget, epochs that all its trials took."""

    study: Study
    short_name: str
    trials: int
    epochs: int
    by_trials: RewardCourse | None
    by_epochs: RewardCourse | None


@dataclass(frozen=True, slots=True)
class Racer:
    """A designer with its searches, one a seed as a rule. Bands are None before all of them have a reward.

    The hybrid's settings of its switch are part of its name where the race has several.
    """

    name: str
    searches: tuple[RacedStudy, ...]
    by_trials: RewardBand | None
    by_epochs: RewardBand | None

    def by(self, axis: str) -> RewardBand | None:
        return self.by_trials if axis == BY_TRIALS else self.by_epochs


@dataclass(frozen=True, slots=True)
class DesignerRace:
    """Designers by name. `left_out` are the comparison's other studies, which differ in the settings `differs` too."""

    racers: tuple[Racer, ...]
    left_out: tuple[str, ...]
    differs: str

    @property
    def is_possible(self) -> bool:
        return len(self.racers) > 1


def may_race(studies: Sequence[Study]) -> bool:
    """Whether two of the studies differ in designer, and in what goes with it, alone. No query."""
    return len({_name(study, several_switches=True) for study in _chosen(studies)}) > 1


def race(comparison: Comparison) -> DesignerRace:
    """The race of the largest group of studies that may be raced. Four queries, however many studies and trials."""
    studies = compared_studies(comparison)
    chosen = _chosen(studies)
    left_out = [study for study in studies if study not in chosen]
    differing = [one.label for one in differences_of(studies).settings if one.name not in OF_DESIGNERS]
    several = len({study.switch_at for study in chosen if study.designer == Study.Designer.HYBRID}) > 1
    groups: dict[str, list[RacedStudy]] = {}
    for one in _raced(chosen, comparison):
        groups.setdefault(_name(one.study, several_switches=several), []).append(one)
    return DesignerRace(
        racers=tuple(_racer(name, groups[name]) for name in sorted(groups)),
        left_out=tuple(short_name(study, comparison) for study in left_out),
        differs=", ".join(differing) if left_out else "",
    )


def race_rows(found: DesignerRace) -> Iterator[dict[str, Any]]:
    """The bands as rows of COLUMNS."""
    for racer in found.racers:
        for axis in (BY_TRIALS, BY_EPOCHS):
            own = racer.by(axis)
            if own is not None:
                for at, low, median, high in zip(own.at, own.low, own.median, own.high, strict=True):
                    values = (racer.name, axis, int(at), float(low), float(median), float(high), own.searches)
                    yield dict(zip(COLUMNS, values, strict=True))


def _chosen(studies: Sequence[Study]) -> list[Study]:
    """Studies of the group with most designers, of equals the largest."""
    searches = [study for study in studies if study.kind == Study.Kind.SEARCH]
    groups = alike(searches, OF_DESIGNERS)
    return max(groups, key=lambda group: len({study.designer for study in group}), default=[])


def _name(study: Study, *, several_switches: bool) -> str:
    name = str(study.get_designer_display())
    if several_switches and study.designer == Study.Designer.HYBRID:
        return f"{name}, switches at {study.switch_at:,}"
    return name


def _racer(name: str, searches: Sequence[RacedStudy]) -> Racer:
    by_trials = band([one.by_trials for one in searches])
    return Racer(name, tuple(searches), by_trials, band([one.by_epochs for one in searches]))


def _raced(studies: Sequence[Study], comparison: Comparison) -> Iterator[RacedStudy]:
    found, ended = results_of(studies), _ended(studies)
    for study in studies:
        numbers, counts, epochs = ended.get(study.pk, np.zeros((0, 3), np.int64)).T
        rewards = _rewards(numbers, found[study.pk])
        yield RacedStudy(
            study=study,
            short_name=short_name(study, comparison),
            trials=int(counts.sum()),
            epochs=int(epochs.sum()),
            by_trials=course(np.cumsum(counts).astype(np.float64), rewards),
            by_epochs=course(np.cumsum(epochs).astype(np.float64), rewards),
        )


def _rewards(numbers: NDArray[np.int64], found: Results) -> NDArray[np.float64]:
    """Reward of each trial above chance, NaN for the others: [n]."""
    known = dict(zip(found.numbers.tolist(), np.where(found.above_chance, found.reward, np.nan), strict=True))
    return np.array([known.get(number, np.nan) for number in numbers.tolist()], np.float64)


def _ended(studies: Sequence[Study]) -> Mapping[int, NDArray[np.int64]]:
    """(number, 1 if it counts to the budget else 0, epochs trained) [n, 3] of trials that ended, by study. One query.

    Epochs with simulated quantisation count as the others; those of trials that failed and were retried were paid, too.
    """
    counts = Case(When(COUNTED, then=Value(1)), default=Value(0), output_field=IntegerField())
    trials = Trial.objects.filter(study__in=studies).exclude(state__in=Trial.OPEN).order_by("study_id", "number")
    rows = trials.annotate(counts=counts, trained=Count("curve")).values_list("study_id", "number", "counts", "trained")
    found: dict[int, list[tuple[int, int, int]]] = {}
    for study_id, *values in rows:
        found.setdefault(study_id, []).append((values[0], values[1], values[2]))
    return {study_id: np.array(own, np.int64) for study_id, own in found.items()}
