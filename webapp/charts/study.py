"""Charts of a study's page: what they show of its results, their JSON, and the drawings that stand there first.

JSON and drawings are made once for all readers, until anything has changed: they are kept under the `Results` that they
show, which are another object then.
"""

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple, Protocol

import numpy as np
from django.urls import reverse
from django.utils.safestring import SafeString
from numpy.typing import NDArray

from webapp.caches import kept
from webapp.charts.drawing.svg import figure_svg
from webapp.charts.fronts import BaselinePoint, FrontPoint, Resource, front_figure, front_info, shown_points
from webapp.charts.rewards import rewards_figure, rewards_info, shown_rewards
from webapp.charts.style import Figure, Mark, fitting, percent
from webapp.models import Dataset, Study
from webapp.models.study import BYTES_PER_KB
from webapp.queries.accuracy import evaluation_split
from webapp.queries.charted import Unfinished, unfinished_trials
from webapp.queries.detection import ON_CLIPS, MeasureWords, measure_words
from webapp.queries.energy_estimates import energy_tag
from webapp.queries.pages.baselines import BaselineRow, Baselines
from webapp.queries.pages.results import Results, exceeds_limits
from webapp.queries.pages.trials import summaries

LABELS: Mapping[str, str] = {
    "energy": "{accuracy} of each trial over its energy per inference, with the Pareto front",
    "flash": "{accuracy} of each trial over the size of its file, with the Pareto front",
    "rewards": "Reward of each trial and the best reward so far",
}
"""Charts by name, and their text for screen readers, where `accuracy` is what the study's accuracy is called."""
HALF, WHOLE, HALF_PHONE, LOW_PHONE = (604, 340), (1252, 250), (338, 300), (338, 250)
"""Sizes in pixels of the places of charts: half and whole row of a wide window, and a phone."""


class ChartFile(NamedTuple):
    """A chart's Plotly JSON, and the mark of its content for conditional requests."""

    content: bytes
    etag: str


class Drawn(NamedTuple):
    """A chart drawn for wide places and for phones; both empty where there is nothing to show."""

    wide: SafeString | str
    narrow: SafeString | str


@kept("charts of studies")
def chart_file(study: Study, found: Results, published: Baselines | None, name: str) -> ChartFile:
    """The chart of this name in `LABELS`, with hover texts. Up to four queries where `found` is new."""
    content = json.dumps(_figure(study, found, published, name, _hover_texts), separators=(",", ":")).encode()
    return ChartFile(content, f'"{blake2b(content, digest_size=12).hexdigest()}"')


@kept("drawings of studies")
def drawings(study: Study, found: Results, published: Baselines | None) -> Mapping[str, Drawn]:
    """Every chart of the page, drawn. At most three queries where `found` is new.

    As in the chart that replaces it, the front is whole, and of the other trials evenly spread ones are shown.
    """
    figures = {name: _figure(study, found, published, name, _numbers) for name in LABELS}
    accuracy = measure_words(study).name
    return {name: _drawn(figure, name, LABELS[name].format(accuracy=accuracy)) for name, figure in figures.items()}


def _drawn(figure: Figure, name: str, label: str) -> Drawn:
    wide, narrow = (WHOLE, LOW_PHONE) if name == "rewards" else (HALF, HALF_PHONE)
    return Drawn(figure_svg(figure, label, *wide), figure_svg(figure, label, *narrow))


class _Texts(Protocol):
    """Texts of the `shown` trials of `found`, the results of `study`."""

    def __call__(self, found: Results, shown: list[int], study: Study) -> list[str]: ...


def _figure(study: Study, found: Results, published: Baselines | None, name: str, texts: _Texts) -> Figure:
    if name == "rewards":
        return _rewards(study, found)
    return _front(study, found, published, "energy" if name == "energy" else "flash", texts)


def _front(study: Study, found: Results, published: Baselines | None, resource: Resource, texts: _Texts) -> Figure:
    """The reward's accuracy over energy or flash: the Pareto front of a search, and the baselines of its dataset."""
    is_search, is_energy = study.kind == Study.Kind.SEARCH, resource == "energy"
    on_front = found.on_energy_front if is_energy else found.on_flash_front
    cost = found.energy_mj if is_energy else found.flash_bytes / BYTES_PER_KB
    shown = shown_points(on_front) if is_search else np.zeros(0, np.int64)
    baselines, measure = published.comparable if published else (), measure_words(study)
    threshold = study.energy_threshold_mj if is_energy else study.flash_threshold_kb
    tags = {energy_tag(source) for source in found.energy_sources} | {row.estimate.tag for row in baselines}
    info = front_info(
        resource=resource,
        energy_tags=sorted(tags),
        threshold=threshold if is_search else None,
        x=cost[shown].tolist(),
        accuracy=found.accuracy[shown].tolist(),
        on_front=on_front[shown].tolist(),
        texts=texts(found, shown.tolist(), study),
        links=trial_links(study, found.numbers[shown].tolist()),
        left_out=len(found) - len(shown),
        baselines=[baseline_point(row, is_energy, study.dataset, measure) for row in baselines],
        chance=None if study.is_on_streams else chance_of(study.dataset),
        marks=marks_of(study, found, shown),
        accuracy_title=measure.axis,
        unfinished=unfinished_points(study, found, resource) if is_search else (),
    )
    return front_figure(info)


def unfinished_points(study: Study, found: Results, resource: Resource) -> list[FrontPoint]:
    """Trials without a result, at their estimated cost; without training at the lowest accuracy of all trials."""
    drawn = unfinished_trials(study, found).drawn
    known = [*found.accuracy.tolist(), *(one.accuracy for one in drawn if one.accuracy is not None)]
    lowest = percent(min(known, default=0.0))
    links = trial_links(study, [one.number for one in drawn])
    return [
        FrontPoint(
            x=round(cost, 4),
            accuracy_percent=lowest if one.accuracy is None else percent(one.accuracy),
            text=fitting(_ending_in_words(one)),
            link=link,
            mark=one.ending,
        )
        for one, link in zip(drawn, links, strict=True)
        if (cost := one.energy_mj if resource == "energy" else one.flash_bytes / BYTES_PER_KB) is not None
        and (one.accuracy is not None or one.ending == "untrained")
    ]


def _ending_in_words(one: Unfinished) -> str:
    """Hover text of a trial without a result."""
    energy = "" if one.energy_mj is None else f"{one.energy_mj:.2f} mJ, "
    costs = f"{energy}{one.flash_bytes / BYTES_PER_KB:.1f} kB by estimate"
    if one.accuracy is None:
        return f"<b>Trial {one.number}</b>  violates a constraint, not trained<br>{costs}"
    reached = f"float accuracy {100 * one.accuracy:.1f} % after epoch {one.epoch}"
    return f"<b>Trial {one.number}</b>  stopped early<br>{reached}<br>{costs}"


def _rewards(study: Study, found: Results) -> Figure:
    """The best reward so far over the trials."""
    shown, unfinished = shown_rewards(len(found)), unfinished_trials(study, found)
    info = rewards_info(
        numbers=found.numbers,
        rewards=found.reward,
        above_chance=found.above_chance,
        shown=shown,
        links=trial_links(study, found.numbers[shown].tolist()),
        marks=marks_of(study, found, shown),
        untrained=unfinished.untrained,
        stopped=unfinished.stopped,
        first_link=trial_links(study, [0])[0],
    )
    return rewards_figure(info)


def chance_of(dataset: Dataset) -> float | None:
    """Accuracy (0..1) of always answering the commonest class, None before the dataset is prepared."""
    split = evaluation_split(dataset)
    return split.chance if split else None


def trial_in_words(found: Results, i: int, dataset: Dataset, measure: MeasureWords) -> str:
    """Hover text of the trial at place `i`: reward, accuracy, energy, flash."""
    rate = float(found.accuracy[i]) if measure != ON_CLIPS else None
    return (
        f"<b>Trial {found.numbers[i]}</b>  reward {found.reward[i]:.3f}<br>"
        f"{_accuracy_in_words(float(found.int8_accuracy[i]), dataset, rate)}"
        f"{found.energy_mj[i]:.2f} mJ, {found.flash_bytes[i] / BYTES_PER_KB:.1f} kB"
    )


def baseline_point(row: BaselineRow, is_energy: bool, dataset: Dataset, measure: MeasureWords) -> BaselinePoint:
    """A baseline with a result in `measure` over its energy in mJ or its size in kB."""
    accuracy, energy_mj, flash_kb = row.accuracy or 0.0, row.energy_mj or 0.0, (row.flash_bytes or 0) / 1000
    words = _accuracy_in_words(row.int8_accuracy or 0.0, dataset, accuracy if measure != ON_CLIPS else None)
    text = f"<b>{row.name}</b><br>{words}{energy_mj:.2f} mJ, {flash_kb:,.1f} kB"
    if row.estimate.outside:
        text += "<br>extrapolated by the energy model"
    link = reverse("trial", args=[row.study_id, row.number])
    return BaselinePoint(row.name, energy_mj if is_energy else flash_kb, percent(accuracy), text, link)


def trial_links(study: Study, numbers: list[int]) -> list[str]:
    """Addresses of trial pages; `reverse` is called once, because it takes 20 µs and there are up to 1,000 of them."""
    first = reverse("trial", args=[study.pk, 0])
    return [first.replace("/0/", f"/{number}/") for number in numbers]


def marks_of(study: Study, found: Results, shown: NDArray[np.int64]) -> Sequence[Mark]:
    """Why each shown trial is marked, if it is."""
    violating = exceeds_limits(study, found)
    return ["violating" if violating[i] else "" if found.above_chance[i] else "chance" for i in shown.tolist()]


def _hover_texts(found: Results, shown: list[int], study: Study) -> list[str]:
    """With the networks in short. One query."""
    short, measure = summaries(found.trial_ids[shown].tolist()), measure_words(study)
    words = (trial_in_words(found, i, study.dataset, measure) for i in shown)
    return [f"{text}<br>{short.get(int(found.trial_ids[i]), '')}" for i, text in zip(shown, words, strict=True)]


def _numbers(found: Results, shown: list[int], study: Study) -> list[str]:
    return [f"trial {found.numbers[i]}" for i in shown]


def _accuracy_in_words(share: float, dataset: Dataset, rate: float | None) -> str:
    """int8 accuracy on clips, after the detection `rate` on streams where that is the accuracy of the chart."""
    if rate is not None:
        return f"detection rate on streams {100 * rate:.1f} %<br>int8 accuracy on clips {100 * share:.1f} %<br>"
    split = evaluation_split(dataset)
    found = split.accuracy(share) if split else None
    words = f"int8 accuracy {100 * share:.1f} %<br>"
    return f"{words}{found.in_words.replace('; ', '<br>')}<br>" if found else words
