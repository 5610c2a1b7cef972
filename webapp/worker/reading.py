"""Reading of uploaded measurement files in a data worker."""

import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage

from nas_engine.energy.readers import registry
from nas_engine.energy.readers.base import ReadOptions
from nas_engine.energy.traces.checks import check_trace
from nas_engine.energy.traces.decimation import pyramid
from nas_engine.energy.traces.integration import whole_mean_mw
from nas_engine.energy.traces.trace import (
    BenchmarkLog,
    Content,
    EnergySummary,
    EnergyTable,
    FileReading,
    Finding,
    Stamps,
    Trace,
)
from nas_engine.errors import BadMeasurement, EarshotError
from webapp.models import MeasurementFile
from webapp.services import jobs, measurements, result_tables
from webapp.services.failures import is_outage
from webapp.services.working import Write, never, reason, work
from webapp.storage import save_by_hash
from webapp.worker.importing import imported
from webapp.worker.table_columns import columns_of

MOST_SAMPLES_HELD = 10_000_000  # of traces read last: 160 MB
LONGEST_SERIES = 1_000
"""Windows of a run, or rows of a table, that a row of the database lists."""
_KINDS: tuple[tuple[type, str], ...] = (
    (Trace, "trace"),
    (Stamps, "stamps"),
    (BenchmarkLog, "log"),
    (EnergySummary, "summary"),
    (EnergyTable, "table"),
)


def read_file(file_id: int, worker: str, stopping: Callable[[], bool] = never) -> None:
    """Read one file, unless another worker does; what was found, or why it was refused, is in its row."""
    work(
        jobs.FILES,
        file_id,
        worker,
        claim=partial(measurements.claim, file_id=file_id, worker=worker),
        do=partial(_outcome, worker),
        reject=partial(_refuse, worker),
        stopping=stopping,
    )


def _outcome(worker: str, file: MeasurementFile) -> Write:
    if file.options.get(result_tables.RESULTS):
        return imported(file, worker)
    with on_disk(file) as path:
        try:
            found = _found(file, _read(file, path), path)
        except BadMeasurement as error:
            if is_outage(error):
                raise
            refused = _refused(error, path, file.original_name)
            return partial(measurements.refuse, file_id=file.pk, worker=worker, refused=refused)
    return partial(measurements.complete, file_id=file.pk, worker=worker, found=found)


def _refused(error: BadMeasurement, path: Path, name: str) -> measurements.RefusedFile:
    is_bystander = registry.holds_no_measurement(path, name)
    return measurements.RefusedFile(sentence(error), columns_of(path, name), is_bystander=is_bystander)


def _refuse(worker: str, file: MeasurementFile, error: Exception) -> bool:
    problems = getattr(error, "problems", ())
    findings = [{"code": "wrong_line", "severity": "error", "message": problem} for problem in problems]
    words = reason(error, f"{file.original_name} could not be read", "Report this file.")
    refused = measurements.RefusedFile(words, findings=findings)
    return measurements.refuse(file_id=file.pk, worker=worker, refused=refused)


@contextmanager
def on_disk(file: MeasurementFile) -> Iterator[Path]:
    """The raw file in a folder of its own, as readers want it."""
    settings.DATA_FOLDER.ensure()
    with tempfile.TemporaryDirectory(dir=settings.DATA_FOLDER.root, prefix="measurement-") as folder:
        path = Path(folder) / "measurement"
        with file.file.open("rb") as stored, path.open("wb") as copy:
            for chunk in stored.chunks(1 << 20):
                copy.write(chunk)
        yield path


def read_options(file: MeasurementFile) -> ReadOptions:
    """Options given by the user for the file; without a voltage among them, the device's supply."""
    known = {name: file.options.get(name) for name in ("voltage_v", "rate_hz", "channel", "mapping")}
    return ReadOptions(**known | {"voltage_v": known["voltage_v"] or file.campaign.device.supply_v})


class _Recent:
    """The files read last, so that another window of a run needs no second reading. Not for several threads."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[Any, ...], FileReading] = OrderedDict()

    def get(self, key: tuple[Any, ...]) -> FileReading | None:
        if key in self._held:
            self._held.move_to_end(key)
        return self._held.get(key)

    def put(self, key: tuple[Any, ...], reading: FileReading) -> None:
        self._held[key] = reading
        while sum(map(_samples, self._held.values())) > MOST_SAMPLES_HELD:
            self._held.popitem(last=False)


def _samples(reading: FileReading) -> int:
    return reading.content.samples if isinstance(reading.content, Trace) else 1_000


_recent = _Recent()


def _key(file: MeasurementFile) -> tuple[Any, ...]:
    """Inputs that a reading depends on."""
    options = read_options(file)
    return (file.sha256, file.original_name, options.voltage_v, options.rate_hz, options.channel, str(options.mapping))


def _read(file: MeasurementFile, path: Path) -> FileReading:
    reading = registry.read(path, read_options(file), file.original_name)
    _recent.put(_key(file), reading)
    return reading


def reading_of(file: MeasurementFile) -> FileReading:
    """Contents of the raw file: as it was read a moment ago, or read again. Raises BadMeasurement."""
    held = _recent.get(_key(file))
    if held is not None:
        return held
    with on_disk(file) as path:
        return _read(file, path)


def _found(file: MeasurementFile, reading: FileReading, path: Path) -> measurements.ReadFile:
    content = reading.content
    findings, plot = list(reading.all_findings), ""
    if isinstance(content, Trace):
        findings += check_trace(content)
        plot = save_by_hash(default_storage, "plots", pyramid(content).to_npz(), ".npz")
    return measurements.ReadFile(
        format=reading.format,
        title=_title(reading.format),
        kind=next(kind for type_, kind in _KINDS if isinstance(content, type_)),
        findings=as_json(findings),
        summary=_summary(content),
        plot=plot,
        columns=columns_of(path, file.original_name) if file.options.get("mapping") else None,
    )


def _title(format_name: str) -> str:
    readers = (*registry.READERS, registry.MAPPER)
    return next((reader.title for reader in readers if reader.format == format_name), format_name)


def _summary(content: Content) -> dict[str, Any]:
    """Figures of a file by itself, as its page lists them."""
    if isinstance(content, Trace):
        figures = {"samples": content.samples, "rate_hz": content.rate_hz, "duration_s": content.stamped_duration_s}
        return figures | {"mean_power_mw": whole_mean_mw(content), "inputs": list(content.triggers)}
    if isinstance(content, BenchmarkLog):
        return {"latency_ms": content.latency_ms, "graphs": graphs_in(content)}
    if isinstance(content, EnergySummary):
        return {"duration_s": content.duration_s, "mean_power_mw": content.mean_power_mw}
    if isinstance(content, EnergyTable):
        return {"energies_mj": [row.energy_per_inference_mj for row in content.rows[:LONGEST_SERIES]]}
    inference_ms = content.inference_ms
    return {"latency_ms": None if inference_ms is None or not len(inference_ms) else float(inference_ms.mean())}


def graphs_in(content: Content) -> list[str]:
    """Names of the graphs that a benchmark's log gives, in their order; none of any other content."""
    return [result.graph for result in content.results if result.graph] if isinstance(content, BenchmarkLog) else []


def as_json(findings: Sequence[Finding]) -> list[dict[str, str]]:
    """Each once, in their order."""
    return [asdict(finding) for finding in dict.fromkeys(findings)]


def sentence(error: EarshotError | str) -> str:
    """The error's text with a full stop."""
    text = str(error)
    return text if text.endswith((".", "!", "?")) else f"{text}."
