"""Choices for users among the completed trials of a study, each with the sentence that gives the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from django.template.defaultfilters import pluralize
from numpy.typing import NDArray

from nas_engine import pareto
from nas_engine.statistics.selection.choice import cheapest_at_least, cheapest_within, knee, most_accurate_under
from webapp.models import Study
from webapp.models.study import BYTES_PER_KB
from webapp.queries.pages.baselines import BaselineRow
from webapp.queries.pages.expected_rewards import expected_rewards
from webapp.queries.pages.results import Results

Method = Literal["within", "under", "knee"]
ChosenBy = Literal["energy", "flash"]


@dataclass(frozen=True, slots=True)
class WantedChoice:
    """What to choose: the cheapest in `by` within `points` (percentage points) of the best, the most accurate under
    both limits (None: no limit), or the knee of the front over `by`.
    """

    method: Method
    by: ChosenBy = "energy"
    points: float = 1.0
    energy_mj: float | None = None
    flash_kb: float | None = None


@dataclass(frozen=True, slots=True)
class NetworkChoice:
    """The chosen trial, None where there is none, and why; `sentence` goes on after the trial's name."""

    trial_id: int | None
    number: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class EqualAccuracy:
    """The trial that takes least energy of those at least as accurate as a baseline; None where none is.

    Accuracies are 0..1, the trial's the expected one where it is known. `times` is the baseline's energy as a multiple
    of the trial's.
    """

    name: str
    baseline_accuracy: float
    number: int | None
    accuracy: float | None
    times: float | None

    @property
    def dearer(self) -> float | None:
        """The trial's energy as a multiple of the baseline's, where it takes more."""
        return 1 / self.times if self.times and self.times < 1 else None


@dataclass(frozen=True, slots=True)
class _Judged:
    """Trials [n] as they are judged: `accuracy` is expected, where the study has enough trials for it."""

    found: Results
    accuracy: NDArray[np.float64]
    word: str

    def accuracy_of(self, place: int) -> str:
        return f"{100 * self.accuracy[place]:.1f} %"

    def cost(self, by: ChosenBy) -> NDArray[np.float64]:
        return self.found.energy_mj if by == "energy" else self.found.flash_bytes

    def cost_of(self, by: ChosenBy, place: int) -> str:
        found = self.found
        return (
            f"{found.energy_mj[place]:.2f} mJ"
            if by == "energy"
            else f"{found.flash_bytes[place] / BYTES_PER_KB:.1f} kB"
        )


def choice(study: Study, found: Results, wanted: WantedChoice) -> NetworkChoice:
    """The trial above chance that is wanted. No query where the expected rewards of `found` are known."""
    judged = _judged(study, found)
    place, sentence = {"within": _within, "under": _under, "knee": _knee}[wanted.method](judged, wanted)
    if place is None:
        return NetworkChoice(None, None, sentence)
    return NetworkChoice(int(found.trial_ids[place]), int(found.numbers[place]), sentence)


def at_equal_accuracy(study: Study, found: Results, rows: Sequence[BaselineRow]) -> tuple[EqualAccuracy, ...]:
    """For each completed baseline. No query where the expected rewards of `found` are known."""
    judged = _judged(study, found)
    return tuple(_equal(judged, row) for row in rows if row.is_completed)


def _judged(study: Study, found: Results) -> _Judged:
    expected = expected_rewards(study, found)
    if expected is None:
        return _Judged(found, found.accuracy, "measured accuracy")
    return _Judged(found, expected.accuracy, "expected accuracy")


def _equal(judged: _Judged, row: BaselineRow) -> EqualAccuracy:
    least, found = row.accuracy or 0.0, judged.found
    place = cheapest_at_least(judged.accuracy, found.energy_mj, least, found.above_chance)
    if place is None:
        return EqualAccuracy(row.name, least, None, None, None)
    energy = float(found.energy_mj[place])
    times = (row.energy_mj or 0.0) / energy if energy else None
    return EqualAccuracy(row.name, least, int(found.numbers[place]), float(judged.accuracy[place]), times)


def _within(judged: _Judged, wanted: WantedChoice) -> tuple[int | None, str]:
    found, accuracy = judged.found, judged.accuracy
    place = cheapest_within(accuracy, judged.cost(wanted.by), wanted.points / 100, found.above_chance)
    if place is None:
        return None, "No trial above chance has completed yet."
    best = int(np.argmax(np.where(found.above_chance, accuracy, -np.inf)))
    near = int((found.above_chance & (accuracy >= accuracy[best] - wanted.points / 100)).sum())
    return place, (
        f"has the least {wanted.by}, {judged.cost_of(wanted.by, place)}, of the {near:,} trial{pluralize(near)} whose "
        f"{judged.word} is at most {wanted.points:g} point{pluralize(wanted.points)} below the best, "
        f"{judged.accuracy_of(best)} of trial {found.numbers[best]}; its own is {judged.accuracy_of(place)}."
    )


def _under(judged: _Judged, wanted: WantedChoice) -> tuple[int | None, str]:
    found = judged.found
    flash_bytes = None if wanted.flash_kb is None else wanted.flash_kb * BYTES_PER_KB
    costs, limits = [found.energy_mj, found.flash_bytes], [wanted.energy_mj, flash_bytes]
    given = ((wanted.energy_mj, "mJ"), (wanted.flash_kb, "kB"))
    words = " and ".join(f"{limit:g} {unit}" for limit, unit in given if limit is not None)
    words = f"with at most {words}" if words else "of the study"
    place = most_accurate_under(judged.accuracy, costs, limits, found.above_chance)
    if place is None:
        return None, f"No completed trial above chance {words}."
    return place, (
        f"is the most accurate {words}: {judged.word} {judged.accuracy_of(place)}, "
        f"{judged.cost_of('energy', place)}, {judged.cost_of('flash', place)}."
    )


def _knee(judged: _Judged, wanted: WantedChoice) -> tuple[int | None, str]:
    found, cost = judged.found, judged.cost(wanted.by)
    place = knee(judged.accuracy, cost, found.above_chance)
    if place is None:
        return None, f"The front over {wanted.by} has no knee: no trial lies above the line between its ends."
    points = np.where(found.above_chance[:, np.newaxis], np.column_stack([judged.accuracy, cost]), np.nan)
    size = int(pareto.front(points, maximise=(True, False)).sum())
    return place, (
        f"is the knee of the front over {wanted.by}, of {size:,} trials the farthest above the line between the "
        f"front's ends: {judged.word} {judged.accuracy_of(place)} at {judged.cost_of(wanted.by, place)}; less costs "
        f"much accuracy, more brings little."
    )
