"""Charts as Plotly JSON. The pages fetch them apart, so that a page with 2,000 trials stays light."""

from typing import get_args

import numpy as np
from django.http import Http404, HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET
from numpy.typing import NDArray

from nas_engine.audio.decode import decode
from nas_engine.audio.frontends.features import compute_features
from webapp.charts.comparison import ComparedFront, comparison_figure, comparison_info, front_points
from webapp.charts.curves import PlottedEpoch, curve_figure, curve_info
from webapp.charts.figure2 import accuracy_figure, figure2_info, memory_figure
from webapp.charts.finals import finals_figure, finals_points
from webapp.charts.fronts import BaselinePoint, FrontPoint, Resource, front_figure, front_info, shown_points
from webapp.charts.rewards import rewards_figure, rewards_info, shown_rewards
from webapp.charts.spectrograms import spectrogram_figure, spectrogram_info
from webapp.charts.style import Mark, percent
from webapp.models import Comparison, Dataset, Study
from webapp.queries.accuracy import evaluation_split
from webapp.queries.detection import ON_CLIPS, MeasureWords, measure_words, shared_measure
from webapp.queries.energy_estimates import energy_tag
from webapp.queries.finals import final_networks
from webapp.queries.pages.baselines import BaselineRow, baselines_by_dataset, baselines_shown_with
from webapp.queries.pages.comparison import compared_studies, short_name
from webapp.queries.pages.datasets import shown_clips
from webapp.queries.pages.finals import named_networks
from webapp.queries.pages.paper import study_points
from webapp.queries.pages.results import Results, exceeds_limits, on_clips, results, results_of
from webapp.queries.pages.study import shown_studies
from webapp.queries.pages.trial import curve, shown_trials
from webapp.queries.pages.trials import summaries, violating_numbers
from webapp.templatetags.accuracy import accuracy_line
from webapp.translation import frontend


@require_GET
def front_chart(request: HttpRequest, study_id: int, resource: str) -> JsonResponse:
    """The reward's accuracy over energy or flash: the Pareto front of a search, and the baselines of its dataset."""
    if resource not in get_args(Resource):
        raise Http404(f"There is no front over {resource}.")
    study = get_object_or_404(shown_studies(), pk=study_id)
    is_search = study.kind == Study.Kind.SEARCH
    found, published = results(study), baselines_shown_with(study)
    is_energy = resource == "energy"
    on_front = found.on_energy_front if is_energy else found.on_flash_front
    cost = found.energy_mj if is_energy else found.flash_bytes / 1000
    shown = shown_points(on_front) if is_search else np.zeros(0, np.int64)
    baselines = published.comparable if published else ()
    measure = measure_words(study)
    threshold = study.energy_threshold_mj if is_energy else study.flash_threshold_kb
    tags = {energy_tag(source) for source in found.energy_sources} | {row.estimate.tag for row in baselines}
    info = front_info(
        resource="energy" if is_energy else "flash",
        energy_tags=sorted(tags),
        threshold=threshold if is_search else None,
        x=cost[shown].tolist(),
        accuracy=found.accuracy[shown].tolist(),
        on_front=on_front[shown].tolist(),
        texts=_hover_texts(found, shown.tolist(), study, measure),
        links=_links(study, found.numbers[shown].tolist()),
        left_out=len(found) - len(shown),
        baselines=[_baseline_point(row, is_energy, study.dataset, measure) for row in baselines],
        chance=None if study.is_on_streams else _chance(study.dataset),
        marks=_marks(study, found, shown),
        accuracy_title=measure.axis,
    )
    return JsonResponse(front_figure(info))


@require_GET
def finalists_chart(request: HttpRequest, study_id: int) -> JsonResponse:
    """Figure 6: mean accuracy over energy of the finalists of a study and its baselines, on both splits."""
    study = get_object_or_404(shown_studies(), pk=study_id)
    return JsonResponse(finals_figure(finals_points([(one.finalist.label, one) for one in final_networks(study)])))


@require_GET
def comparison_chart(request: HttpRequest, comparison_id: int) -> JsonResponse:
    """The fronts over energy of all studies of a comparison, and the baselines of their datasets.

    Baselines are estimated by the energy model that all studies share, by the published figures where they differ. The
    accuracy is the one that the rewards of all studies take, on clips where these differ.
    """
    comparison = get_object_or_404(Comparison, pk=comparison_id)
    studies = compared_studies(comparison)
    found, datasets = results_of(studies), {study.dataset_id: study.dataset for study in studies}
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
            str(one): [_baseline_point(row, True, one, measure) for row in rows] for one, rows in completed.items()
        },
        accuracy_title=measure.axis,
    )
    return JsonResponse(comparison_figure(info))


@require_GET
def compared_finalists_chart(request: HttpRequest, comparison_id: int) -> JsonResponse:
    """Figure 6: finalists of all studies of a comparison and their baselines."""
    comparison = get_object_or_404(Comparison, pk=comparison_id)
    named = named_networks([(study, short_name(study, comparison)) for study in compared_studies(comparison)])
    return JsonResponse(finals_figure(finals_points([(one.name, one.network) for one in named])))


@require_GET
def rewards_chart(request: HttpRequest, study_id: int) -> JsonResponse:
    """The best reward so far over the trials."""
    study = get_object_or_404(shown_studies(), pk=study_id)
    found = results(study)
    shown = shown_rewards(len(found))
    links = _links(study, found.numbers[shown].tolist())
    info = rewards_info(
        numbers=found.numbers,
        rewards=found.reward,
        above_chance=found.above_chance,
        shown=shown,
        links=links,
        marks=_marks(study, found, shown),
        untrained=violating_numbers(study),
    )
    return JsonResponse(rewards_figure(info))


@require_GET
def curve_chart(request: HttpRequest, study_id: int, number: int) -> JsonResponse:
    """The learning curve of one trial."""
    trial = get_object_or_404(shown_trials(study_id), number=number)
    epochs = (
        PlottedEpoch(point.phase, point.loss, point.train_accuracy, point.eval_accuracy) for point in curve(trial)
    )
    return JsonResponse(
        curve_figure(curve_info(epochs, trial.stopping, _chance(trial.study.dataset), measure_words(trial.study).name))
    )


@require_GET
def figure2_chart(request: HttpRequest, study_id: int, part: str) -> JsonResponse:
    """Figure 2 over the completed trials of a study: its left half, "accuracy", or its right, "memory"."""
    halves = {"accuracy": accuracy_figure, "memory": memory_figure}
    if part not in halves:
        raise Http404(f"Figure 2 has no part {part}.")
    study = get_object_or_404(shown_studies(), pk=study_id)
    return JsonResponse(halves[part](figure2_info(study_points(study), _chance(study.dataset))))


@require_GET
@cache_control(private=True, max_age=3600)
def spectrogram_chart(request: HttpRequest, dataset_id: int, clip_id: int) -> JsonResponse:
    """The log-mel spectrogram of a clip, computed by the front end that feeds the networks."""
    clip = get_object_or_404(shown_clips(dataset_id), pk=clip_id)
    config = frontend(clip.dataset)
    with clip.audio.open("rb") as file:
        samples = decode(file.read(), config.sample_rate_hz)
    return JsonResponse(spectrogram_figure(spectrogram_info(compute_features(samples, config), config)))


def _chance(dataset: Dataset) -> float | None:
    split = evaluation_split(dataset)
    return split.chance if split else None


def _accuracy_in_words(share: float, dataset: Dataset, rate: float | None = None) -> str:
    """int8 accuracy on clips, after the detection `rate` on streams where that is the accuracy of the chart."""
    if rate is not None:
        return f"detection rate on streams {100 * rate:.1f} %<br>int8 accuracy on clips {100 * share:.1f} %<br>"
    line = accuracy_line(share, dataset).replace("; ", "<br>")
    return f"int8 accuracy {100 * share:.1f} %<br>{line}<br>" if line else f"int8 accuracy {100 * share:.1f} %<br>"


def _marks(study: Study, found: Results, shown: NDArray[np.int64]) -> list[Mark]:
    """Why each shown trial is marked, if it is."""
    violating = exceeds_limits(study, found)
    return ["violating" if violating[i] else "" if found.above_chance[i] else "chance" for i in shown.tolist()]


def _hover_texts(found: Results, shown: list[int], study: Study, measure: MeasureWords) -> list[str]:
    short = summaries(found.trial_ids[shown].tolist())
    return [f"{_trial_in_words(found, i, study, measure)}<br>{short[int(found.trial_ids[i])]}" for i in shown]


def _trial_in_words(found: Results, i: int, study: Study, measure: MeasureWords) -> str:
    rate = float(found.accuracy[i]) if measure != ON_CLIPS else None
    return (
        f"<b>Trial {found.numbers[i]}</b>  reward {found.reward[i]:.3f}<br>"
        f"{_accuracy_in_words(float(found.int8_accuracy[i]), study.dataset, rate)}"
        f"{found.energy_mj[i]:.2f} mJ, {found.flash_bytes[i] / 1000:.1f} kB"
    )


def _front(study: Study, found: Results, measure: MeasureWords) -> tuple[FrontPoint, ...]:
    on_front = np.flatnonzero(found.on_energy_front)
    return front_points(
        energy_mj=found.energy_mj[on_front].tolist(),
        accuracy=found.accuracy[on_front].tolist(),
        texts=[f"<b>{study.name}</b><br>{_trial_in_words(found, i, study, measure)}" for i in on_front.tolist()],
        links=_links(study, found.numbers[on_front].tolist()),
    )


def _baseline_point(row: BaselineRow, is_energy: bool, dataset: Dataset, measure: MeasureWords) -> BaselinePoint:
    accuracy, energy_mj, flash_kb = row.accuracy or 0.0, row.energy_mj or 0.0, (row.flash_bytes or 0) / 1000
    words = _accuracy_in_words(row.int8_accuracy or 0.0, dataset, accuracy if measure != ON_CLIPS else None)
    text = f"<b>{row.name}</b><br>{words}{energy_mj:.2f} mJ, {flash_kb:,.1f} kB"
    if row.estimate.outside:
        text += "<br>extrapolated by the energy model"
    link = reverse("trial", args=[row.study_id, row.number])
    return BaselinePoint(row.name, energy_mj if is_energy else flash_kb, percent(accuracy), text, link)


def _links(study: Study, numbers: list[int]) -> list[str]:
    """Addresses of trial pages; `reverse` is called once, because it takes 20 µs and there are up to 1,000 of them."""
    first = reverse("trial", args=[study.pk, 0])
    return [first.replace("/0/", f"/{number}/") for number in numbers]
