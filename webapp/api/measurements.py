"""Measurements as files and drawings: a trace's points, raw files, bench kits."""

import math
from collections.abc import Sequence

from django.http import FileResponse, Http404, HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from nas_engine.errors import BadMeasurement
from webapp.api.files import download, safe_name
from webapp.charts.traces import trace_figure, trace_info
from webapp.models import BenchKit, MeasurementFile
from webapp.queries.pages.run import shown_files, shown_runs, windows_of
from webapp.queries.traces import trace_part


@require_GET
def file_trace(request: HttpRequest, file_id: int) -> JsonResponse:
    """Power over time of a file, or the part `?start=&end=` in seconds."""
    return _trace(request, get_object_or_404(shown_files(), pk=file_id), ())


@require_GET
def run_trace(request: HttpRequest, run_id: int, file_id: int) -> JsonResponse:
    """The same with the windows that the run was computed with."""
    run = get_object_or_404(shown_runs(), pk=run_id)
    return _trace(request, get_object_or_404(shown_files(), pk=file_id), windows_of(run.result, file_id))


def _trace(request: HttpRequest, file: MeasurementFile, windows_s: Sequence[tuple[float, float]]) -> JsonResponse:
    if not file.plot:
        raise Http404(f"{file.original_name} has no trace to draw.")
    try:
        part, duration_s = trace_part(file, _seconds(request, "start"), _seconds(request, "end"))
    except BadMeasurement as error:
        return JsonResponse({"error": str(error)}, status=422)
    info = trace_info(
        part.time_s.tolist(),
        part.low_mw.tolist(),
        part.high_mw.tolist(),
        is_exact=part.is_exact,
        duration_s=duration_s,
        windows_s=windows_s,
    )
    return JsonResponse(trace_figure(info))


def _seconds(request: HttpRequest, name: str) -> float | None:
    """A number of the address; anything else means the end of the trace."""
    try:
        value = float(request.GET.get(name, ""))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


@require_GET
def measurement_raw(request: HttpRequest, file_id: int) -> FileResponse:
    """The file as it was uploaded, under its own name."""
    file = get_object_or_404(shown_files(), pk=file_id)
    return download(file.file.open("rb"), file.original_name, "application/octet-stream")


@require_GET
def kit_zip(request: HttpRequest, kit_id: int) -> FileResponse:
    """The packed kit."""
    packed = BenchKit.objects.select_related("campaign__device").exclude(file="")
    kit = get_object_or_404(packed, pk=kit_id)
    name = safe_name(kit.campaign.device.name, kit.campaign.name, "bench kit", kit.pk, suffix=".zip")
    return download(kit.file.open("rb"), name, "application/zip")
