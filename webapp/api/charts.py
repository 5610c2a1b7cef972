"""Charts as Plotly JSON. The pages fetch them apart, so that a page with 2,000 trials stays light."""

from typing import get_args

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from nas_engine.audio.decode import decode
from nas_engine.audio.frontends.features import compute_features
from webapp.api.drawings import drawable
from webapp.charts.compared import fronts_figure
from webapp.charts.curves import PlottedEpoch, curve_figure, curve_info
from webapp.charts.figure2 import accuracy_figure, figure2_info, memory_figure
from webapp.charts.finals import finals_figure, finals_points
from webapp.charts.fronts import Resource
from webapp.charts.race import race_figure, race_info
from webapp.charts.spectrograms import spectrogram_figure, spectrogram_info
from webapp.charts.study import chance_of, chart_file
from webapp.charts.views.page import study_view
from webapp.forms.filters import chosen_trials
from webapp.models import Comparison, Study
from webapp.queries.charted import VIEWS
from webapp.queries.detection import measure_words
from webapp.queries.finals import final_networks
from webapp.queries.pages.baselines import baselines_shown_with
from webapp.queries.pages.comparison import compared_studies, short_name
from webapp.queries.pages.datasets import shown_clips
from webapp.queries.pages.finals import named_networks
from webapp.queries.pages.paper import study_points
from webapp.queries.pages.race import BY_EPOCHS, BY_TRIALS, race
from webapp.queries.pages.results import results, results_of
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
    """The fronts over energy of all studies of a comparison, and the baselines of their datasets."""
    comparison = get_object_or_404(Comparison, pk=comparison_id)
    studies = compared_studies(comparison)
    return JsonResponse(fronts_figure(comparison, studies, results_of(studies)))


@require_GET
def race_chart(request: HttpRequest, comparison_id: int, part: str) -> JsonResponse:
    """The race of designers over "trials" or "epochs"."""
    if part not in (BY_TRIALS, BY_EPOCHS):
        raise Http404(f"A race has no chart over {part}.")
    found = race(get_object_or_404(Comparison, pk=comparison_id))
    return JsonResponse(race_figure(race_info(part, [(racer.name, racer.by(part)) for racer in found.racers])))


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


def _chart(request: HttpRequest, study_id: int, name: str) -> HttpResponse:
    """A chart of a study's page; 304 without content for a browser that has it as it is."""
    study = get_object_or_404(shown_studies(), pk=study_id)
    file = chart_file(study, results(study), baselines_shown_with(study), name)
    unchanged = get_conditional_response(request, etag=file.etag)
    response = unchanged or HttpResponse(file.content, content_type="application/json")
    response.headers["ETag"] = file.etag
    response.headers["Cache-Control"] = "private, no-cache"  # kept by the browser, and checked before each use
    return response
