"""Charts as Plotly JSON. The pages fetch them apart, so that a page with 2,000 trials stays light."""

from typing import get_args

import numpy as np
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from nas_engine.audio.decode import decode
from nas_engine.audio.frontends.features import compute_features
from webapp.api.drawings import drawable
from webapp.charts.comparison import ComparedFront, comparison_figure, comparison_info, front_points
from webapp.charts.curves import PlottedEpoch, curve_figure, curve_info
from webapp.charts.figure2 import accuracy_figure, figure2_info, memory_figure
from webapp.charts.finals import finals_figure, finals_points
from webapp.charts.fronts import FrontPoint, Resource
from webapp.charts.spectrograms import spectrogram_figure, spectrogram_info
from webapp.charts.study import baseline_point, chance_of, chart_file, trial_in_words, trial_links
from webapp.charts.views.page import study_view
from webapp.forms.filters import chosen_trials
from webapp.models import Comparison, Study
from webapp.queries.charted import VIEWS
from webapp.queries.detection import MeasureWords, measure_words, shared_measure
from webapp.queries.energy_estimates import energy_tag
from webapp.queries.finals import final_networks
from webapp.queries.pages.baselines import baselines_by_dataset, baselines_shown_with
from webapp.queries.pages.comparison import compared_studies, short_name
from webapp.queries.pages.datasets import shown_clips
from webapp.queries.pages.finals import named_networks
from webapp.queries.pages.paper import study_points
from webapp.queries.pages.results import Results, on_clips, results, results_of
from webapp.queries.pages.study import shown_studies
from webapp.queries.pages.trial import curve, shown_trials
from webapp.translation import frontend


@require_GET
@drawable("Accuracy over {resource} of each trial, with the Pareto front")
def front_chart(request: HttpRequest, study_id: int, resource: str) -> HttpResponse:
    """The reward's accuracy over energy or flash: the Pareto front of a search, and the baselines of its dataset."""
    if resource not in get_args(Resource):
        raise Http404(f"There is no front over {resource}.")
    return _chart(request, study_id, resource)


@require_GET
@drawable("Mean accuracy over energy of the finalists and the baselines")
def finalists_chart(request: HttpRequest, study_id: int) -> JsonResponse:
    """Figure 6: mean accuracy over energy of the finalists of a study and its baselines, on both splits."""
    study = get_object_or_404(shown_studies(), pk=study_id)
    return JsonResponse(finals_figure(finals_points([(one.finalist.label, one) for one in final_networks(study)])))


@require_GET
@drawable("Pareto fronts of the compared studies over energy")
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
            str(one): [baseline_point(row, True, one, measure) for row in rows] for one, rows in completed.items()
        },
        accuracy_title=measure.axis,
    )
    return JsonResponse(comparison_figure(info))


@require_GET
@drawable("Mean accuracy over energy of the finalists of the compared studies")
def compared_finalists_chart(request: HttpRequest, comparison_id: int) -> JsonResponse:
    """Figure 6: finalists of all studies of a comparison and their baselines."""
    comparison = get_object_or_404(Comparison, pk=comparison_id)
    named = named_networks([(study, short_name(study, comparison)) for study in compared_studies(comparison)])
    return JsonResponse(finals_figure(finals_points([(one.name, one.network) for one in named])))


@require_GET
@drawable("Reward of each trial and the best reward so far")
def rewards_chart(request: HttpRequest, study_id: int) -> HttpResponse:
    """The best reward so far over the trials."""
    return _chart(request, study_id, "rewards")


@require_GET
@drawable("{chart} of a study")
def view_chart(request: HttpRequest, study_id: int, chart: str) -> JsonResponse:
    """The chart of a further view; of those that draw chosen trials with these, ?number=7&number=9."""
    if chart not in VIEWS:
        raise Http404(f"There is no view {chart} of a study.")
    study = get_object_or_404(shown_studies().filter(kind=Study.Kind.SEARCH), pk=study_id)
    chosen = chosen_trials(request.GET)
    return JsonResponse(study_view(study, results(study), baselines_shown_with(study), chart, chosen).section.figure)


@require_GET
@drawable("Learning curve of trial {number}")
def curve_chart(request: HttpRequest, study_id: int, number: int) -> JsonResponse:
    """The learning curve of one trial."""
    trial = get_object_or_404(shown_trials(study_id), number=number)
    epochs = (
        PlottedEpoch(point.phase, point.loss, point.train_accuracy, point.eval_accuracy) for point in curve(trial)
    )
    info = curve_info(epochs, trial.stopping, chance_of(trial.study.dataset), measure_words(trial.study).name)
    return JsonResponse(curve_figure(info))


@require_GET
@drawable("Figure 2 of the paper over the trials of a study: {part}")
def figure2_chart(request: HttpRequest, study_id: int, part: str) -> JsonResponse:
    """Figure 2 over the completed trials of a study: its left half, "accuracy", or its right, "memory"."""
    halves = {"accuracy": accuracy_figure, "memory": memory_figure}
    if part not in halves:
        raise Http404(f"Figure 2 has no part {part}.")
    study = get_object_or_404(shown_studies(), pk=study_id)
    return JsonResponse(halves[part](figure2_info(study_points(study), chance_of(study.dataset))))


@require_GET
@cache_control(private=True, max_age=3600)
def spectrogram_chart(request: HttpRequest, dataset_id: int, clip_id: int) -> JsonResponse:
    """The log-mel spectrogram of a clip, computed by the front end that feeds the networks."""
    clip = get_object_or_404(shown_clips(dataset_id), pk=clip_id)
    config = frontend(clip.dataset)
    with clip.audio.open("rb") as file:
        samples = decode(file.read(), config.sample_rate_hz)
    return JsonResponse(spectrogram_figure(spectrogram_info(compute_features(samples, config), config)))


def _front(study: Study, found: Results, measure: MeasureWords) -> tuple[FrontPoint, ...]:
    on_front = np.flatnonzero(found.on_energy_front)
    return front_points(
        energy_mj=found.energy_mj[on_front].tolist(),
        accuracy=found.accuracy[on_front].tolist(),
        texts=[f"<b>{study.name}</b><br>{trial_in_words(found, i, study.dataset, measure)}" for i in on_front.tolist()],
        links=trial_links(study, found.numbers[on_front].tolist()),
    )


def _chart(request: HttpRequest, study_id: int, name: str) -> HttpResponse:
    """A chart of a study's page; 304 without content for a browser that has it as it is."""
    study = get_object_or_404(shown_studies(), pk=study_id)
    file = chart_file(study, results(study), baselines_shown_with(study), name)
    unchanged = get_conditional_response(request, etag=file.etag)
    response = unchanged or HttpResponse(file.content, content_type="application/json")
    response.headers["ETag"] = file.etag
    response.headers["Cache-Control"] = "private, no-cache"  # kept by the browser, and checked before each use
    return response
