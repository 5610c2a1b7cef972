"""The further views of a study's results by name, each made when it is requested."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from webapp.caches import kept
from webapp.charts.drawing.svg import figure_svg
from webapp.charts.fronts import FrontPoint, shown_points
from webapp.charts.study import (
    HALF_PHONE,
    WHOLE,
    Drawn,
    baseline_point,
    chance_of,
    marks_of,
    trial_in_words,
    trial_links,
    unfinished_points,
)
from webapp.charts.style import percent
from webapp.charts.views.fronts import Networks, Published, energy_flash_section, latency_section, space_section
from webapp.charts.views.hypervolume import hypervolume_info, hypervolume_section
from webapp.charts.why.coordinates import coordinates_section
from webapp.charts.why.section import NO_ROWS, NOTHING, WhySection
from webapp.models import Study
from webapp.models.study import BYTES_PER_KB
from webapp.queries.charted import VIEWS, Latencies, hours_of, latencies
from webapp.queries.detection import MeasureWords, measure_words
from webapp.queries.energy_estimates import energy_tag
from webapp.queries.explained import trained_networks
from webapp.queries.pages.baselines import Baselines
from webapp.queries.pages.results import Results

MOST_CHOSEN = 100
"""Trials that a chart draws as chosen, the first that are given."""
_TALL = 460
_UNDRAWN = frozenset({"space"})
"""Views that only the browser draws."""
FOLLOWING = frozenset({"space", "blocks"})
"""Views whose charts draw the chosen trials themselves, and are fetched again for others."""


@dataclass(frozen=True, slots=True)
class StudyView:
    """One view: its section, and its chart as drawn on the server, None where only the browser draws it."""

    name: str
    section: WhySection
    drawn: Drawn | None
    follows_choice: bool


@dataclass(frozen=True)
class _Shown:
    """What views are made of, each part read when a view needs it."""

    study: Study
    found: Results
    published: Baselines | None
    chosen: Sequence[int] = ()

    @cached_property
    def latency(self) -> Latencies | None:
        return latencies(self.study, [self.published.study_id] if self.published else [])

    @cached_property
    def measure(self) -> MeasureWords:
        return measure_words(self.study)

    @property
    def chance(self) -> float | None:
        """Accuracy (0..1) of always answering the commonest class, where the chart's accuracy is on clips."""
        return None if self.study.is_on_streams else chance_of(self.study.dataset)

    @property
    def energy_tags(self) -> Sequence[str]:
        rows = self.published.comparable if self.published else ()
        return sorted({energy_tag(one) for one in self.found.energy_sources} | {row.estimate.tag for row in rows})

    @property
    def shown(self) -> NDArray[np.int64]:
        """Places of the trials that every view draws, besides its front."""
        return shown_points(self.found.on_energy_front | self.found.on_flash_front)

    def networks(self, latency: Latencies | None = None) -> Networks:
        study, found = self.study, self.found
        every = np.arange(len(found))
        return Networks(
            numbers=found.numbers,
            accuracy=100 * found.accuracy,
            energy_mj=found.energy_mj,
            flash_kb=found.flash_bytes / BYTES_PER_KB,
            latency_ms=latency.of(found.trial_ids.tolist()) if latency else np.full(len(found), np.nan),
            text=lambda place: trial_in_words(found, place, study.dataset, self.measure),
            links=trial_links(study, found.numbers.tolist()),
            marks=marks_of(study, found, every),
        )

    def baselines(self, latency: Latencies | None = None) -> list[Published]:
        rows = self.published.comparable if self.published else ()
        known = latency.by_trial if latency else {}
        return [
            Published(
                name=row.name,
                accuracy=percent(row.accuracy or 0.0),
                energy_mj=row.energy_mj or 0.0,
                flash_kb=(row.flash_bytes or 0) / BYTES_PER_KB,
                latency_ms=known.get(row.trial_id),
                text=point.text,
                link=point.link,
            )
            for row in rows
            if row.energy_mj and (point := baseline_point(row, True, self.study.dataset, self.measure))
        ]

    def unfinished(self) -> list[FrontPoint]:
        """Trials without a result, by size over energy."""
        energies = unfinished_points(self.study, self.found, "energy")
        sizes = {point.link: point.x for point in unfinished_points(self.study, self.found, "flash")}
        return [point._replace(accuracy_percent=sizes[point.link]) for point in energies]


def _energy_flash(of: _Shown) -> WhySection:
    return energy_flash_section(of.networks(), of.baselines(), of.shown, of.energy_tags, of.unfinished())


def _latency(of: _Shown) -> WhySection:
    known = of.latency
    if known is None or not len(of.found):
        nothing = (
            "No latency of these networks is known. It is once a network has been measured on a device in a campaign, "
            "or compiled for an Ethos-U accelerator."
        )
        return WhySection("latency", VIEWS["latency"], "", (nothing,), NOTHING, NO_ROWS)
    networks, baselines = of.networks(known), of.baselines(known)
    return latency_section(networks, baselines, of.shown, known.source, of.measure.axis, of.chance)


def _hypervolume(of: _Shown, *, by_hours: bool) -> WhySection:
    found = of.found
    info = hypervolume_info(
        x=hours_of(of.study, found) if by_hours else found.numbers.astype(np.float64),
        numbers=found.numbers,
        accuracy=found.accuracy,
        energy_mj=found.energy_mj,
        flash_kb=found.flash_bytes / BYTES_PER_KB,
        above_chance=found.above_chance,
        chance=of.chance or 0.0,
        by_hours=by_hours,
    )
    return hypervolume_section(info)


def _space(of: _Shown) -> WhySection:
    return space_section(of.networks(), of.baselines(), of.shown, of.measure.axis, of.chosen)


def _blocks(of: _Shown) -> WhySection:
    networks = trained_networks(of.study)
    return coordinates_section(networks, trial_links(of.study, networks.numbers.tolist()), of.chosen)


_SECTIONS: Mapping[str, Callable[[_Shown], WhySection]] = {
    "energy-flash": _energy_flash,
    "latency": _latency,
    "hypervolume-trials": lambda of: _hypervolume(of, by_hours=False),
    "hypervolume-hours": lambda of: _hypervolume(of, by_hours=True),
    "space": _space,
    "blocks": _blocks,
}


def study_view(
    study: Study, found: Results, published: Baselines | None, name: str, chosen: Sequence[int] = ()
) -> StudyView:
    """The view of this name in `VIEWS`; `chosen` are numbers of trials.

    Made once while nothing changes, with at most four queries; that of latencies, which change without the study, and
    those with chosen trials are made each time.
    """
    if name == "latency" or chosen:
        return _view(_Shown(study, found, published, chosen[:MOST_CHOSEN]), name)
    return _kept_view(study, found, published, name)


@kept("views of studies")
def _kept_view(study: Study, found: Results, published: Baselines | None, name: str) -> StudyView:
    return _view(_Shown(study, found, published), name)


def _view(of: _Shown, name: str) -> StudyView:
    section = _SECTIONS[name](of)
    drawn = None
    if name not in _UNDRAWN:
        wide, height = WHOLE[0], _TALL if section.size == "tall" else HALF_PHONE[1] + 40
        label = section.label
        drawn = Drawn(figure_svg(section.figure, label, wide, height), figure_svg(section.figure, label, *HALF_PHONE))
    return StudyView(name, section, drawn, name in FOLLOWING)
