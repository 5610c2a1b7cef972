"""Pictures of a run of results, as SVG files of their own that follow the reader's light or dark scheme."""

from collections.abc import Sequence

from webapp.charts.comparison import ComparedFront, comparison_figure, comparison_info, front_points
from webapp.charts.drawing.standalone import rules_of, standalone
from webapp.charts.drawing.svg import WIDE, figure_svg
from webapp.charts.finals import finals_figure, finals_points
from webapp.charts.fronts import FrontPoint
from webapp.charts.style import Figure
from webapp.management.results.plan import COMPARISON
from webapp.management.results.run import ResultsRun
from webapp.models import Study
from webapp.queries.detection import shared_measure
from webapp.queries.energy_estimates import energy_tag
from webapp.queries.pages.finals import named_networks
from webapp.queries.pages.results import Results, on_clips, results_of

FRONTS, FIGURE_6 = "results-fronts.svg", "results-figure-6.svg"
ALTERNATIVES = {
    FRONTS: "int8 accuracy over energy: the Pareto fronts of the five searches",
    FIGURE_6: "int8 accuracy over energy of finalists and baselines, means over seeds with standard deviations",
}
"""What each picture shows, by its file's name."""


def pictures_of(run: ResultsRun) -> dict[str, str]:
    """SVG text by file name, of what there is to show so far."""
    drawn = {name: _alone(figure, ALTERNATIVES[name]) for name, figure in _figures(run.searches).items()}
    return {name: svg for name, svg in drawn.items() if svg}


def _figures(searches: Sequence[Study]) -> dict[str, Figure]:
    studies = [(study, study.name.removeprefix(f"{COMPARISON}: ")) for study in searches]
    finals = [(one.name, one.network) for one in named_networks(studies)]
    return {FRONTS: _fronts(studies), FIGURE_6: finals_figure(finals_points(finals))}


def _fronts(studies: Sequence[tuple[Study, str]]) -> Figure:
    found = results_of([study for study, _ in studies])
    measure, plan = shared_measure([study for study, _ in studies])
    if not plan:
        found = {pk: on_clips(one) for pk, one in found.items()}
    info = comparison_info(
        energy_tags=sorted({energy_tag(source) for one in found.values() for source in one.energy_sources}),
        thresholds_mj=[study.energy_threshold_mj for study, _ in studies],
        fronts=[ComparedFront(name, _front(found[study.pk])) for study, name in studies],
        baselines={},
        accuracy_title=measure.axis,
    )
    return comparison_figure(info)


def _front(found: Results) -> tuple[FrontPoint, ...]:
    front = found.on_energy_front
    names = [f"trial {number}" for number in found.numbers[front].tolist()]
    return front_points(
        energy_mj=found.energy_mj[front].tolist(),
        accuracy=found.accuracy[front].tolist(),
        texts=names,
        links=[""] * len(names),
    )


def _alone(figure: Figure, label: str) -> str:
    """The drawing as a file of its own, by the rules of drawings in reports."""
    return standalone(str(figure_svg(figure, label, WIDE)), rules_of("drawing.css", ".drawing"))
