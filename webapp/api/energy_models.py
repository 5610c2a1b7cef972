"""Charts of an energy model as Plotly JSON."""

from collections.abc import Callable, Mapping

from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from webapp.charts.energy_models import (
    PredictionPoint,
    importance_figure,
    learning_figure,
    prediction_figure,
    proxy_figure,
    proxy_info,
    residual_figure,
)
from webapp.charts.style import Figure
from webapp.models import EnergyModel
from webapp.queries.pages_energy_model import measured_runs, model_or_none


def _flops(model: EnergyModel) -> Figure:
    runs = measured_runs(model)
    return proxy_figure(proxy_info("flops", runs.flops_millions, runs.energies_mj))


def _latency(model: EnergyModel) -> Figure:
    timed = [row for row in measured_runs(model).rows if row.latency_ms is not None]
    return proxy_figure(
        proxy_info("latency", [row.latency_ms or 0.0 for row in timed], [row.energy_mj for row in timed])
    )


def _points(model: EnergyModel) -> list[PredictionPoint]:
    energies = measured_runs(model).energies_mj
    return [
        PredictionPoint(energies[p["index"]], p["predicted_mj"], p["low_mj"], p["high_mj"], p["outside"])
        for p in model.report.get("held_back", ())
    ]


def _predictions(model: EnergyModel) -> Figure:
    return prediction_figure(_points(model))


def _residuals(model: EnergyModel) -> Figure:
    return residual_figure(_points(model), model.report.get("noise_mj"))


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
def energy_model_chart(request: HttpRequest, device_id: int, version: int, part: str) -> JsonResponse:
    """One of the figures of a ready model's report."""
    model = model_or_none(device_id, version)
    if model is None or model.state != EnergyModel.State.READY or part not in _FIGURES:
        raise Http404(f"Device {device_id} has no chart {part} of an energy model {version}.")
    return JsonResponse(_FIGURES[part](model))
