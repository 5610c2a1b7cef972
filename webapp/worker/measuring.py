"""Reading uploaded measurements and computing runs, in a data worker."""

import logging
import tempfile
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage

from nas_engine.energy.readers import registry
from nas_engine.energy.readers.base import ReadOptions
from nas_engine.energy.runs import evaluation as engine
from nas_engine.energy.runs.settings import RunSettings
from nas_engine.energy.traces.checks import examine
from nas_engine.energy.traces.decimation import pyramid
from nas_engine.energy.traces.integration import whole_mean_mw
from nas_engine.energy.traces.trace import BenchmarkLog, EnergySummary, EnergyTable, FileReading, Finding, Stamps, Trace
from nas_engine.errors import BadMeasurement, EarshotError
from webapp.models import MeasurementFile, Run
from webapp.services import measurements, result_tables, runs
from webapp.storage import save_by_hash
from webapp.worker.host import measured_here
from webapp.worker.importing import import_file
from webapp.worker.table_columns import columns_of

MOST_SAMPLES_HELD = 10_000_000  # of traces read last: 160 MB
_LONGEST_SERIES = 1_000
_KINDS: tuple[tuple[type, str], ...] = (
    (Trace, "trace"),
    (Stamps, "stamps"),
    (BenchmarkLog, "log"),
    (EnergySummary, "summary"),
    (EnergyTable, "table"),
)

logger = logging.getLogger(__name__)


def read_file(file_id: int, worker: str) -> None:
    """Read one file, unless another worker does; what was found, or why it was refused, is in its row."""
    file = measurements.claim(file_id=file_id, worker=worker)
    if file is None:
        return
    if file.options.get(result_tables.RESULTS):
        import_file(file, worker)
        return
    try:
        with on_disk(file) as path:
            try:
                found = _found(file, _read(file, path), path)
            except BadMeasurement as error:
                name = file.original_name
                refused = measurements.RefusedFile(
                    _sentence(error), columns_of(path, name), is_bystander=registry.is_bystander(path, name)
                )
                measurements.refuse(file_id=file_id, worker=worker, refused=refused)
                return
        measurements.complete(file_id=file_id, worker=worker, found=found)
    except Exception as error:
        logger.exception("File %d cannot be read", file_id)
        refused = measurements.RefusedFile(f"{file.original_name} could not be read: {error!r}. Report this file.")
        measurements.refuse(file_id=file_id, worker=worker, refused=refused)


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
    """What a person said of the file; where they did not give a voltage, the device's supply."""
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
    """What a reading depends on."""
    options = read_options(file)
    return (file.sha256, file.original_name, options.voltage_v, options.rate_hz, options.channel, str(options.mapping))


def _read(file: MeasurementFile, path: Path) -> FileReading:
    reading = registry.read(path, read_options(file), file.original_name)
    _recent.put(_key(file), reading)
    return reading


def reading_of(file: MeasurementFile) -> FileReading:
    """What is in the raw file: as it was read a moment ago, or read again. Raises BadMeasurement."""
    held = _recent.get(_key(file))
    if held is not None:
        return held
    with on_disk(file) as path:
        return _read(file, path)


def _found(file: MeasurementFile, reading: FileReading, path: Path) -> measurements.ReadFile:
    content = reading.content
    findings, plot = list(reading.all_findings), ""
    if isinstance(content, Trace):
        findings += examine(content)
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


def _summary(content: Trace | Stamps | BenchmarkLog | EnergySummary | EnergyTable) -> dict[str, Any]:
    """Figures of a file by itself, as its page lists them."""
    if isinstance(content, Trace):
        figures = {"samples": content.samples, "rate_hz": content.rate_hz, "duration_s": content.stamped_duration_s}
        return figures | {"mean_power_mw": whole_mean_mw(content), "inputs": list(content.triggers)}
    if isinstance(content, BenchmarkLog):
        graphs = [result.graph for result in content.results if result.graph]
        return {"latency_ms": content.results[-1].latency_ms if content.results else None, "graphs": graphs}
    if isinstance(content, EnergySummary):
        return {"duration_s": content.duration_s, "mean_power_mw": content.mean_power_mw}
    if isinstance(content, EnergyTable):
        return {"energies_mj": [row.energy_per_inference_mj for row in content.rows[:_LONGEST_SERIES]]}
    inference_ms = content.inference_ms
    return {"latency_ms": None if inference_ms is None or not len(inference_ms) else float(inference_ms.mean())}


def compute_run(run_id: int, worker: str) -> None:
    """Compute one run from its files, unless another worker does or a file of it is still being read."""
    run = runs.claim(run_id=run_id, worker=worker)
    if run is None:
        return
    held = {"run_id": run_id, "worker": worker, "seen_version": run.settings_version}
    try:
        here = run.settings.get(runs.SOURCE) == runs.FROM_HOST
        figures, names, graphs = (measured_here(run), [], []) if here else _computed(run)
        runs.complete(**held, figures=figures, names=names, graphs=graphs)
    except EarshotError as error:
        runs.refuse(**held, error=_sentence(error))
    except Exception as error:
        logger.exception("Run %d cannot be computed", run_id)
        runs.refuse(**held, error=f"It could not be computed: {error!r}. Report this run with its files.")


def _computed(run: Run) -> tuple[runs.Figures, list[str], list[str]]:
    """The figures, and the names of files and of graphs in logs, which may hold the architecture's hash."""
    files, bystanders = _parted(run.files.select_related("campaign__device").order_by("pk"))
    for file in files:
        if file.state == MeasurementFile.State.REFUSED:
            raise BadMeasurement(f"{file.error} Mend or leave out this file, and the run is computed from the others")
    readings = [reading_of(file) for file in files]
    choices = _choices(run, files)
    result = engine.evaluate(readings, choices)
    idle_power_mw = run.campaign.device.idle_power_mw
    if result.net is None and result.gross is not None and choices.idle == "auto" and idle_power_mw is not None:
        known = RunSettings.from_json(choices.to_json() | {"idle": "power", "idle_power_mw": idle_power_mw})
        result = engine.evaluate(readings, known)
    if result.errors:
        raise BadMeasurement("; ".join(finding.message for finding in result.errors))
    graphs = [graph for reading in readings for graph in _summary(reading.content).get("graphs", ())]
    result = replace(result, findings=(*result.findings, *map(_left_out, bystanders)))
    return _figures(result, files, choices), [file.original_name for file in files], graphs


def _parted(files: Iterable[MeasurementFile]) -> tuple[list[MeasurementFile], list[MeasurementFile]]:
    """The files to compute with, and those that hold no measurement; all of them to compute with if all are such."""
    refused = MeasurementFile.State.REFUSED
    every = list(files)
    beside = [file for file in every if file.state == refused and file.summary.get(measurements.BYSTANDER)]
    return ([file for file in every if file not in beside], beside) if len(beside) < len(every) else (every, [])


def _left_out(file: MeasurementFile) -> Finding:
    why = file.error.removeprefix(f"{file.original_name}: ")
    return Finding("file_left_out", "note", f"computed without {file.original_name}: {why}")


def _choices(run: Run, files: Sequence[MeasurementFile]) -> RunSettings:
    """What a person chose, with files named by their place in the run."""
    idle = set(run.settings.get(runs.IDLE_FILES, ()))
    numbers = [number for number, file in enumerate(files) if file.pk in idle]
    return RunSettings.from_json(run.settings.get(runs.CHOICES, {}) | {"idle_readings": numbers})


def _figures(result: engine.RunResult, files: Sequence[MeasurementFile], choices: RunSettings) -> runs.Figures:
    gross = result.gross
    if gross is not None and gross.mean <= 0:
        raise BadMeasurement(f"an energy of {gross.mean:.4g} mJ an inference cannot be: choose another window")
    kept = [
        {
            "id": file.pk,
            "name": file.original_name,
            "sha256": file.sha256,
            "options": file.options,
            "format": file.format,
        }
        for file in files
    ]
    values: Mapping[str, Any] = result.to_json()
    return runs.Figures(
        result={**values, "windows": values["windows"][:_LONGEST_SERIES], "files": kept, "choices": choices.to_json()},
        findings=as_json(result.findings),
        energy_mj=gross.mean if gross else None,
        net_mj=result.net.mean if result.net else None,
        latency_ms=result.latency_ms,
        sd_mj=gross.sd if gross else None,
        repeats=gross.n if gross else None,
    )


def as_json(findings: Sequence[Finding]) -> list[dict[str, str]]:
    """Each once, in their order."""
    return [asdict(finding) for finding in dict.fromkeys(findings)]


def _sentence(error: EarshotError) -> str:
    text = str(error)
    return text if text.endswith((".", "!", "?")) else f"{text}."
