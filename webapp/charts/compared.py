"""The fronts of the studies of a comparison with the baselines of their datasets: its JSON, and the same drawn."""

from collections.abc import Mapping, Sequence

import numpy as np
from django.utils.safestring import SafeString

from webapp.charts.comparison import ComparedFront, comparison_figure, comparison_info, front_points
from webapp.charts.drawing.svg import figure_svg
from webapp.charts.fronts import FrontPoint
from webapp.charts.study import Drawn, baseline_point, trial_in_words, trial_links
from webapp.charts.style import Figure
from webapp.models import Comparison, Study
from webapp.queries.detection import MeasureWords, shared_measure
from webapp.queries.energy_estimates import energy_tag
from webapp.queries.pages.baselines import baselines_by_dataset
from webapp.queries.pages.comparison import short_name
from webapp.queries.pages.results import Results, on_clips

_WIDE, _NARROW = (1252, 440), (338, 400)
"""Sizes in pixels of the place of a tall chart in a wide window and on a phone."""


def fronts_figure(comparison: Comparison, studies: Sequence[Study], found: Mapping[int, Results]) -> Figure:
    """The fronts over energy of `studies`, those of `comparison`, whose results are `found` by their ids.

    Baselines are estimated by the energy model that all studies share, by the published figures where they differ. The
    accuracy is the one that the rewards of all studies take, on clips where these differ. Two queries at most.
    """
    datasets = {study.dataset_id: study.dataset for study in studies}
    measure, plan = shared_measure(studies)
    if not plan:
        found = {pk: on_clips(one) for pk, one in found.items()}
    models = {study.energy_model_id for study in studies}
    published = baselines_by_dataset(datasets, models.pop() if len(models) == 1 else None, plan)
    completed = {datasets[pk]: baselines.comparable for pk, baselines in published.items()}
    tags = {energy_tag(source) for one in found.values() for source in one.energy_sources}
    info = comparison_info(
        energy_tags=sorted(tags | {row.estimate.tag for rows in completed.values() for row in rows}),
        thresholds_mj=[study.energy_threshold_mj for study in studies],
        fronts=[
            ComparedFront(short_name(study, comparison), _front(study, found[study.pk], measure)) for study in studies
        ],
        baselines={
            str(one): [baseline_point(row, True, one, measure) for row in rows] for one, rows in completed.items()
        },
        accuracy_title=measure.axis,
    )
    return comparison_figure(info)


def drawn_twice(figure: Figure, label: str) -> Drawn:
    """A tall chart drawn for wide windows and for phones; empty where there is nothing to show."""
    wide: SafeString | str = figure_svg(figure, label, *_WIDE)
    return Drawn(wide, figure_svg(figure, label, *_NARROW))


def _front(study: Study, found: Results, measure: MeasureWords) -> tuple[FrontPoint, ...]:
    on_front = np.flatnonzero(found.on_energy_front)
    return front_points(
        energy_mj=found.energy_mj[on_front].tolist(),
        accuracy=found.accuracy[on_front].tolist(),
        texts=[f"<b>{study.name}</b><br>{trial_in_words(found, i, study.dataset, measure)}" for i in on_front.tolist()],
        links=trial_links(study, found.numbers[on_front].tolist()),
    )
