"""What a study would favour with other thresholds and slopes of Equation 1, or by another energy model.

All completed trials are ranked again at once from their accuracies, energies and sizes; nothing is trained or stored.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass

import numpy as np
from django.db.models import Count
from numpy.typing import NDArray

from nas_engine.reward import rewards, within_thresholds
from webapp.models import Study, TrialEnergyEstimate
from webapp.queries.energy_models import ready_models, title_of
from webapp.queries.pages.results import Results, results
from webapp.translation import reward_parameters

SHOWN = 10
PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class RewardChange:
    """Settings to try: E0 (mJ), M0 (kB), b (points of accuracy per mJ above E0), c (points per kB above M0), and the id
    of an energy model or None for the published figures.
    """

    energy_threshold_mj: float
    flash_threshold_kb: float
    points_per_mj: float
    points_per_kb: float
    energy_model_id: int | None

    @classmethod
    def present(cls, study: Study) -> "RewardChange":
        """The settings that the study has."""
        return cls(
            study.energy_threshold_mj,
            study.flash_threshold_kb,
            study.energy_step_points / study.energy_step_mj,
            study.flash_step_points / study.flash_step_kb,
            study.energy_model_id,
        )

    def settings(self, study: Study) -> Mapping[str, float | int | None]:
        """The same as fields of a study; its steps stay, the points that they must bring follow from the slopes."""
        return {
            "energy_threshold_mj": self.energy_threshold_mj,
            "energy_step_points": self.points_per_mj * study.energy_step_mj,
            "flash_threshold_kb": self.flash_threshold_kb,
            "flash_step_points": self.points_per_kb * study.flash_step_kb,
            "energy_model_id": self.energy_model_id,
        }


@dataclass(frozen=True, slots=True)
class RankedTrial:
    """A trial among the best with the changed settings. Ranks begin with 1 among trials above chance."""

    number: int
    rank: int
    former_rank: int
    reward: float
    former_reward: float
    int8_accuracy: float
    energy_mj: float
    flash_bytes: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Favourite before and after, the best afterwards, and how the front over energy changes.

    `trials` are those above chance; `moved` is how many of the ten best were not among the ten best before. `joined`
    and `left` count trials of the front, `within` and `former_within` those of it that both thresholds cost nothing.
    """

    trials: int
    best: tuple[RankedTrial, ...]
    former: RankedTrial
    moved: int
    front: int
    joined: int
    left: int
    within: int
    former_within: int

    @property
    def favourite(self) -> RankedTrial:
        return self.best[0]

    @property
    def is_same(self) -> bool:
        return self.favourite.number == self.former.number


def energy_choices(study: Study, found: Results) -> tuple[tuple[str, str], ...]:
    """The published figures, and models by which every completed trial has an estimate already. Two queries."""
    estimates = TrialEnergyEstimate.objects.filter(trial__study=study, trial__in=found.trial_ids.tolist())
    counts = dict(estimates.values_list("energy_model").annotate(Count("pk")).order_by())
    known = [model for model in ready_models() if counts.get(model.pk) == len(found)]
    return (PUBLISHED, "published figures"), *((str(model.pk), title_of(model)) for model in known)


def what_if(study: Study, change: RewardChange) -> WhatIf | None:
    """All trials of the study above chance, ranked again; None where there is none. Up to four queries."""
    before, other = results(study), _changed(study, change)
    after = before if other.energy_model_id == study.energy_model_id else results(other)
    eligible = np.flatnonzero(before.above_chance)
    if not len(eligible) or len(before) != len(after):
        return None
    former, now = _rewards(study, before), _rewards(other, after)
    former_rank, rank = _ranks(former, eligible), _ranks(now, eligible)
    order = np.argsort(rank[eligible], kind="stable")
    best = eligible[order[:SHOWN]]

    def ranked(place: int) -> RankedTrial:
        return RankedTrial(
            number=int(after.numbers[place]),
            rank=int(rank[place]),
            former_rank=int(former_rank[place]),
            reward=float(now[place]),
            former_reward=float(former[place]),
            int8_accuracy=float(after.int8_accuracy[place]),
            energy_mj=float(after.energy_mj[place]),
            flash_bytes=int(after.flash_bytes[place]),
        )

    is_on, was_on = after.on_energy_front, before.on_energy_front
    return WhatIf(
        trials=len(eligible),
        best=tuple(ranked(place) for place in best.tolist()),
        former=ranked(int(eligible[np.argmin(former_rank[eligible])])),
        moved=int((former_rank[best] > SHOWN).sum()),
        front=int(is_on.sum()),
        joined=int((is_on & ~was_on).sum()),
        left=int((was_on & ~is_on).sum()),
        within=int((is_on & _within(other, after)).sum()),
        former_within=int((was_on & _within(study, before)).sum()),
    )


def _changed(study: Study, change: RewardChange) -> Study:
    """The study as it would be; never saved."""
    other = copy(study)
    for name, value in change.settings(study).items():
        setattr(other, name, value)
    return other


def _rewards(study: Study, found: Results) -> NDArray[np.float64]:
    return rewards(found.accuracy, found.energy_mj, found.flash_bytes, reward_parameters(study))


def _within(study: Study, found: Results) -> NDArray[np.bool_]:
    return within_thresholds(found.energy_mj, found.flash_bytes, reward_parameters(study))


def _ranks(values: NDArray[np.float64], eligible: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ranks [n] from 1 of the eligible places by value, the greatest first, the earlier of equals; 0 for the others."""
    ranks = np.zeros(len(values), np.int64)
    ranks[eligible[np.argsort(-values[eligible], kind="stable")]] = np.arange(1, len(eligible) + 1)
    return ranks
