"""Charts of a report: Figures 2, 3, 4 and 6 of the paper, fronts, learning curves. Nothing is drawn without data."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse

from nas_engine.paper.figure2 import (
    PUBLISHED_ACCURACY_CORRELATION,
    PUBLISHED_MEMORY_CORRELATION,
    correlations,
)
from webapp.charts.curves import PlottedEpoch, curve_info, seeds_figure
from webapp.charts.energy_models import ProxyInfo, flops_info, latency_info, prediction_figure, proxy_figure
from webapp.charts.figure2 import accuracy_figure, figure2_info, memory_figure
from webapp.charts.finals import LATER_MARK, FinalsInfo, NetworkPoint, finals_figure, finals_info, finals_points
from webapp.charts.fronts import BaselinePoint, Resource, front_figure, front_info, shown_points
from webapp.charts.style import Figure, percent
from webapp.models import CurvePoint, EnergyModel, Study
from webapp.models.study import BYTES_PER_KB
from webapp.queries.accuracy import evaluation_split
from webapp.queries.detection import measure_words
from webapp.queries.energy_estimates import energy_tag
from webapp.queries.finals import FinalNetwork
from webapp.queries.opening_statistics import later_opening_words
from webapp.queries.pages.baselines import BaselineRow, baselines_shown_with
from webapp.queries.pages.energy_model import held_back_runs, measured_runs
from webapp.queries.pages.paper import study_points
from webapp.queries.pages.results import Results
from webapp.queries.pages.trial import CURVE_PHASES
from webapp.queries.table1 import SeedAccuracy, Table1Line
from webapp.worker.report.document import Chart, Charts, charts

_FIGURE_6 = (
    "Means over seeds; bars are one standard deviation. Filled marks: test split, open ones: evaluation split. Each "
    "mark leads to the network's first training."
)


def chance_of(study: Study) -> float | None:
    """Accuracy (0..1) of always answering the commonest class of the evaluation split."""
    split = evaluation_split(study.dataset)
    return split.chance if split else None


@dataclass(frozen=True, slots=True)
class OnDataset:
    """Networks that were evaluated on the same sounds, and their lines of Table 1 in the same order."""

    dataset: str
    networks: tuple[FinalNetwork, ...]
    lines: tuple[Table1Line, ...]


def figure6(groups: Iterable[OnDataset]) -> Charts | None:
    """Accuracy over energy of finalists and baselines with error bars: a chart for each data set."""
    return charts([_figure6(group) for group in groups])


def _figure6(group: OnDataset) -> Chart:
    """By measured energies where one device measured all networks with trained seeds, else by estimates."""
    device = _device(group.lines)
    named = [(one.finalist.label, one) for one in group.networks]
    info = _measured(group.lines, device) if device else finals_points(named)
    basis = f"Energies: measured on {device}." if device else "Energies: estimated, as not every network is measured."
    later = [(one.name, one.opening) for one in info.points["test"] if one.opening > 1]
    marks = [f"{LATER_MARK} {later_opening_words(number, name)}." for name, number in later]
    title = f"Figure 6: accuracy over energy, finalists and baselines on {group.dataset}"
    return Chart(title, _named(finals_figure(info)), " ".join([_FIGURE_6, basis, *marks]), is_wide=True)


def _named(figure: Figure) -> Figure:
    """Each network with its name at one mark, that of the test split if there is one: paper shows no text on hover."""
    seen: set[str] = set()
    for trace in reversed(figure["data"]):
        names = [name.removesuffix(LATER_MARK) for name in trace["text"]]
        trace["text"] = [text if name not in seen else "" for name, text in zip(names, trace["text"], strict=True)]
        trace["mode"] = "markers+text"
        seen |= set(names)
    return figure


def _device(lines: Sequence[Table1Line]) -> str:
    shown = [line.energy for line in lines if line.evaluation is not None]
    devices = {energy.source if energy and energy.basis == "measured" else "" for energy in shown}
    return devices.pop() if len(devices) == 1 else ""


def _measured(lines: Sequence[Table1Line], device: str) -> FinalsInfo:
    evaluation = [_point(line, line.evaluation) for line in lines]
    test = [_point(line, line.test) for line in lines]
    return finals_info([one for one in evaluation if one], [one for one in test if one], [f"measured on {device}"])


def _point(line: Table1Line, found: SeedAccuracy | None) -> NetworkPoint | None:
    if found is None or line.energy is None:
        return None
    is_baseline = line.origin == "baseline"
    return NetworkPoint(
        line.name, line.energy.mj, found.mean, found.sd, found.seeds, line.link, is_baseline, found.opening
    )


def fronts(study: Study, found: Results) -> Charts | None:
    """Pareto fronts of a search over energy and over flash, with the baselines of its data set."""
    published = baselines_shown_with(study)
    rows = published.comparable if published else ()
    return charts([_front(study, found, resource, rows) for resource in ("energy", "flash")])


def _front(study: Study, found: Results, resource: Resource, baselines: Sequence[BaselineRow]) -> Chart:
    is_energy = resource == "energy"
    on_front = found.on_energy_front if is_energy else found.on_flash_front
    cost = found.energy_mj if is_energy else found.flash_bytes / BYTES_PER_KB
    shown = shown_points(on_front)
    first = reverse("trial", args=[study.pk, 0])
    measure = measure_words(study)
    info = front_info(
        resource=resource,
        energy_tags=sorted({energy_tag(source) for source in found.energy_sources}),
        threshold=study.energy_threshold_mj if is_energy else study.flash_threshold_kb,
        x=cost[shown].tolist(),
        accuracy=found.accuracy[shown].tolist(),
        on_front=on_front[shown].tolist(),
        texts=[f"trial {number}" for number in found.numbers[shown].tolist()],
        links=[first.replace("/0/", f"/{number}/") for number in found.numbers[shown].tolist()],
        left_out=len(found) - len(shown),
        baselines=[_baseline(row, is_energy) for row in baselines],
        chance=None if study.is_on_streams else chance_of(study),
        accuracy_title=measure.axis,
    )
    left_out = f" {info.left_out:,} trials off the front are left out of the chart." if info.left_out else ""
    measured = f" {measure.sentence}" if study.is_on_streams else ""
    caption = f"{len(found):,} completed trials, evaluation split, one training each.{left_out}{measured}"
    return Chart(f"Front over {'energy' if is_energy else 'flash'}", front_figure(info), caption)


def _baseline(row: BaselineRow, is_energy: bool) -> BaselinePoint:
    cost = row.energy_mj or 0.0 if is_energy else (row.flash_bytes or 0) / BYTES_PER_KB
    link = reverse("trial", args=[row.study_id, row.number])
    return BaselinePoint(row.name, cost, percent(row.accuracy or 0.0), row.name, link)


def figure2(study: Study) -> Charts | None:
    """float against int8 accuracy, parameters against flash, of the completed trials."""
    points = study_points(study)
    info, found = figure2_info(points, chance_of(study)), correlations(points)
    accuracy, memory = _correlation(found.accuracy_pearson), _correlation(found.memory_pearson)
    return charts(
        [
            Chart(
                "Figure 2, left: int8 over float accuracy",
                accuracy_figure(info),
                f"{found.networks:,} networks, correlation {accuracy} (published {PUBLISHED_ACCURACY_CORRELATION}).",
            ),
            Chart(
                "Figure 2, right: flash over parameters",
                memory_figure(info),
                f"Correlation {memory} (published {PUBLISHED_MEMORY_CORRELATION}).",
            ),
        ]
    )


def figures3_and_4(study: Study) -> Charts | None:
    """What FLOPs and inference time tell of measured energy, and how well the study's energy model predicts it."""
    model = EnergyModel.objects.select_related("device").filter(pk=study.energy_model_id).first()
    if model is None or model.accelerator:
        return None
    runs = measured_runs(model)
    held_back, report = held_back_runs(model.report, runs.rows), model.report
    figure4 = f"{len(held_back):,} runs of networks that the model had not seen"
    if report.get("r2") is not None:
        figure4 += f"; R² {report['r2']:.2f}, RMSE {report['rmse_mj']:.3f} mJ"
    return charts(
        [
            _proxy("Figure 3, left: measured energy over FLOPs", flops_info(runs), model),
            _proxy("Figure 3, right: measured energy over inference time", latency_info(runs), model),
            Chart("Figure 4: predicted over measured energy", prediction_figure(held_back), f"{model}: {figure4}."),
        ]
    )


def _proxy(title: str, info: ProxyInfo | None, model: EnergyModel) -> Chart | None:
    if info is None:
        return None
    caption = f"Runs on {model.device.name}; correlation {_correlation(info.correlation)}."
    return Chart(title, proxy_figure(info), caption)


def _correlation(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"


def learning_curves(study: Study, networks: Iterable[FinalNetwork]) -> Charts | None:
    """A chart for each network with a line for each of its completed seeds. One query."""
    shown = [one for one in networks if one.completed]
    ids = [seed.trial.pk for one in shown for seed in one.completed]
    points = _curves(ids)
    return charts([_curve(study, one, points) for one in shown])


def _curve(study: Study, network: FinalNetwork, points: Mapping[int, Sequence[PlottedEpoch]]) -> Chart:
    chance = chance_of(study)
    curves = [
        (f"seed {place}", curve_info(points.get(seed.trial.pk, ()), None, chance))
        for place, seed in enumerate(network.completed, start=1)
    ]
    caption = "Evaluation split after each epoch, a line for each seed."
    known = [(name, info) for name, info in curves if info.epochs]
    return Chart(f"Learning curves of {network.finalist.label}", seeds_figure(known), caption)


def _curves(trial_ids: Sequence[int]) -> Mapping[int, Sequence[PlottedEpoch]]:
    names = ("trial", "phase", "epoch", "loss", "train_accuracy", "eval_accuracy")
    rows = list(CurvePoint.objects.filter(trial__in=trial_ids).values_list(*names))
    found: dict[int, list[PlottedEpoch]] = defaultdict(list)
    for trial, phase, _, loss, train, evaluation in sorted(rows, key=lambda row: (CURVE_PHASES.index(row[1]), row[2])):
        found[trial].append(PlottedEpoch(phase, loss, train, evaluation))
    return found
