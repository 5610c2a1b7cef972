"""Points of a trace to plot, from the arrays that a worker stored with the raw file, which is not read again."""

from django.core.files.storage import default_storage

from nas_engine.energy.traces.decimation import PlotSlice, Pyramid, from_npz
from webapp.caches import kept
from webapp.models import MeasurementFile


def trace_part(file: MeasurementFile, start_s: float | None, end_s: float | None) -> tuple[PlotSlice, float]:
    """At most some thousand points of [start_s, end_s), None meaning the trace's end, and the trace's length in s.

    Raises BadMeasurement for a part without length.
    """
    held = _pyramid(str(file.plot.name))
    start = 0.0 if start_s is None else start_s
    return held.part(start, held.duration_s if end_s is None else end_s), held.duration_s


@kept("traces")
def _pyramid(name: str) -> Pyramid:
    """Names are made from the content's hash: what is held is never stale."""
    with default_storage.open(name) as file:
        return from_npz(file.read())
