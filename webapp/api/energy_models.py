"""Charts of an energy model as Plotly JSON, and its training runs as a table."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from webapp.api.drawings import drawable
from webapp.api.tables import table_file
from webapp.charts.energy_models import (
    flops_info,
    importance_figure,
    latency_info,
    learning_figure,
    prediction_figure,
    proxy_figure,
    residual_figure,
)
from webapp.charts.style import Figure
from webapp.models import EnergyModel
from webapp.queries.pages.energy_model import HeldBackRun, held_back_runs, measured_runs, ready_models_of

_COLUMNS = (
    "run", "architecture", "energy_mj", "latency_ms", "sd_mj",
    "predicted_mj", "predicted_low90_mj", "predicted_high90_mj", "outside_what_was_measured",
)  # fmt: skip


def _flops(model: EnergyModel) -> Figure:
    return proxy_figure(flops_info(measured_runs(model)))


def _latency(model: EnergyModel) -> Figure:
    info = latency_info(measured_runs(model))
    if info is None:
        raise Http404(f"No run that {model} was trained on has a latency.")
    return proxy_figure(info)


def _predictions(model: EnergyModel) -> Figure:
    return prediction_figure(_held_back(model))


def _residuals(model: EnergyModel) -> Figure:
    return residual_figure(_held_back(model), model.report.get("noise_mj"))


def _held_back(model: EnergyModel) -> tuple[HeldBackRun, ...]:
    return held_back_runs(model.report, measured_runs(model).rows)


def _learning(model: EnergyModel) -> Figure:
    points = model.report.get("learning_curve", ())
    networks, errors = [point["networks"] for point in points], [point["rmse_mj"] for point in points]
    return learning_figure(networks, errors, model.report.get("noise_mj"))


def _permutation(model: EnergyModel) -> Figure:
    return importance_figure(_importance(model, "permutation"), "RMSE grows by (mJ)")


def _impurity(model: EnergyModel) -> Figure:
    return importance_figure(_importance(model, "impurity"), "Share explained")


def _importance(model: EnergyModel, kind: str) -> list[tuple[str, float]]:
    return [(one["feature"], one["value"]) for one in model.report.get(kind, ())]


_FIGURES: Mapping[str, Callable[[EnergyModel], Figure]] = {
    "flops": _flops,
    "latency": _latency,
    "predictions": _predictions,
    "residuals": _residuals,
    "learning": _learning,
    "permutation": _permutation,
    "impurity": _impurity,
}


@require_GET
@drawable("Energy model: {part}")
def energy_model_chart(request: HttpRequest, device_id: int, version: int, part: str) -> JsonResponse:
    """One of the figures of a ready model's report."""
    if part not in _FIGURES:
        raise Http404(f"An energy model has no chart {part}.")
    return JsonResponse(_FIGURES[part](get_object_or_404(ready_models_of(device_id), version=version)))


@require_GET
def energy_model_runs(request: HttpRequest, device_id: int, version: int, kind: str) -> HttpResponseBase:
    """Runs that a ready model was trained on, with their predictions where they were held back."""
    model = get_object_or_404(ready_models_of(device_id), version=version)
    return table_file(kind, _COLUMNS, _runs(model), str(model), table="runs")


def _runs(model: EnergyModel) -> Iterator[dict[str, Any]]:
    held_back = {run.run_id: run for run in _held_back(model)}
    for row in measured_runs(model).rows:
        run = held_back.get(row.run_id)
        figures = (run.predicted_mj, run.low_mj, run.high_mj, run.outside) if run else (None,) * 4
        cells = (row.run_id, row.architecture_hash, row.energy_mj, row.latency_ms, row.sd_mj, *figures)
        yield dict(zip(_COLUMNS, cells, strict=True))
