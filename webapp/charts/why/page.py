"""Sections of the page that explains a study, gathered from its rows; each can be had by itself."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

import numpy as np
from django.urls import reverse

from nas_engine.statistics.explanation.importance import ChoiceImportance
from webapp.charts.why.coordinates import coordinates_section
from webapp.charts.why.importance import importance_section
from webapp.charts.why.learning import (
    MOST_CURVES,
    MOST_RANKED,
    MOST_STOPPED,
    DrawnCurve,
    learning_info,
    learning_section,
    ranks_info,
    ranks_section,
)
from webapp.charts.why.levels import levels_section
from webapp.charts.why.quantisation import quantisation_section
from webapp.charts.why.section import WhySection, evenly
from webapp.charts.why.slices import pair_section, slices_section
from webapp.charts.why.timeline import timeline_section
from webapp.models import Study
from webapp.queries.explained import (
    Goal,
    TrainedNetworks,
    WorkedTrial,
    importances_of,
    learned_curves,
    stopped_trials,
    trained_networks,
    worked_trials,
)


class StudyExplanation:
    """What the sections are made of, each part read when the first section needs it. At most eight queries in all."""

    def __init__(self, study: Study) -> None:
        self.study = study

    @cached_property
    def networks(self) -> TrainedNetworks:
        """Completed trials, a network once."""
        return trained_networks(self.study)

    @cached_property
    def importances(self) -> Mapping[Goal, ChoiceImportance | None]:
        """Importance of each choice for each goal."""
        return importances_of(self.networks)

    @cached_property
    def links(self) -> list[str]:
        """Addresses of the networks' trials [n]; `reverse` is called once, because it takes 20 µs."""
        return [self._link(number) for number in self.networks.numbers.tolist()]

    @cached_property
    def worked(self) -> tuple[WorkedTrial, ...]:
        """Trials that workers had."""
        return worked_trials(self.study)

    @cached_property
    def drawn(self) -> list[int]:
        """Indices of the networks whose curves are drawn: the best, the front, and others evenly."""
        networks = self.networks
        chosen = {networks.best} if networks.best is not None else set()
        front = np.flatnonzero(networks.on_front).tolist()
        chosen |= {front[i] for i in evenly(len(front), MOST_CURVES // 2)}
        rest = sorted(set(range(len(networks))) - chosen)
        return sorted(chosen | {rest[i] for i in evenly(len(rest), MOST_CURVES - len(chosen))})

    @cached_property
    def stopped(self) -> list[tuple[int, int]]:
        """Ids and numbers of trials that were stopped early and whose curves are drawn."""
        found = stopped_trials(self.study)
        return [found[i] for i in evenly(len(found), MOST_STOPPED)]

    @cached_property
    def ranked(self) -> list[int]:
        """Indices of the networks whose order is compared, evenly spread."""
        return evenly(len(self.networks), MOST_RANKED)

    def _link(self, number: int) -> str:
        return self._first_link.replace("/0/", f"/{number}/")

    @cached_property
    def _first_link(self) -> str:
        return reverse("trial", args=[self.study.pk, 0])

    def learning(self) -> WhySection:
        """Learning curves."""
        networks = self.networks
        ids, numbers = networks.trial_ids.tolist(), networks.numbers.tolist()
        curves = learned_curves([*(ids[i] for i in self.drawn), *(pk for pk, _ in self.stopped)])
        completed = [DrawnCurve(numbers[i], curves[ids[i]], self.links[i]) for i in self.drawn if ids[i] in curves]
        stopped = [DrawnCurve(number, curves[pk], self._link(number)) for pk, number in self.stopped if pk in curves]
        best = numbers[networks.best] if networks.best is not None else None
        info = learning_info(completed, stopped, best=best, finished=len(networks), stopped=networks.stopped)
        return learning_section(info)

    def ranks(self) -> WhySection:
        """Early and final accuracy."""
        ids = self.networks.trial_ids.tolist()
        finals = {ids[i]: float(self.networks.int8_accuracy[i]) for i in self.ranked}
        return ranks_section(ranks_info(learned_curves(list(finals)), finals, len(self.networks)))


Builder = Callable[[StudyExplanation, Goal], WhySection]
SECTIONS: Mapping[str, Builder] = {
    "importance": lambda of, goal: importance_section(of.networks, of.importances),
    "levels": lambda of, goal: levels_section(of.networks, goal),
    "slices": lambda of, goal: slices_section(of.networks, goal, of.importances[goal]),
    "pair": lambda of, goal: pair_section(of.networks, goal, of.importances[goal]),
    "coordinates": lambda of, goal: coordinates_section(of.networks, of.links),
    "curves": lambda of, goal: of.learning(),
    "ranks": lambda of, goal: of.ranks(),
    "quantisation": lambda of, goal: quantisation_section(of.networks, of.links),
    "timeline": lambda of, goal: timeline_section(of.worked),
}
"""Sections by part, in the order of the page."""


def sections(explanation: StudyExplanation, goal: Goal, parts: Iterable[str] = SECTIONS) -> tuple[WhySection, ...]:
    """The sections of these parts for a goal."""
    return tuple(SECTIONS[part](explanation, goal) for part in parts)
