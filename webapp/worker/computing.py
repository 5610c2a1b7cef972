"""Computing of runs from their measurement files in a data worker."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from nas_engine.energy.runs import evaluation as engine
from nas_engine.energy.runs.settings import RunSettings
from nas_engine.energy.traces.trace import Finding
from nas_engine.errors import BadMeasurement
from webapp.models import MeasurementFile, Run
from webapp.services import jobs, measurements, runs
from webapp.services.working import Write, never, reason, work
from webapp.worker.host import measured_here
from webapp.worker.reading import LONGEST_SERIES, as_json, graphs_in, reading_of, sentence


def compute_run(run_id: int, worker: str, stopping: Callable[[], bool] = never) -> None:
    """Compute one run from its files, unless another worker does or a file of it is still being read."""
    work(
        jobs.RUNS,
        run_id,
        worker,
        claim=partial(runs.claim, run_id=run_id, worker=worker),
        do=partial(_outcome, worker),
        reject=partial(_refuse, worker),
        stopping=stopping,
    )


def _outcome(worker: str, run: Run) -> Write:
    here = run.settings.get(runs.SOURCE) == runs.FROM_HOST
    figures, names, graphs = (measured_here(run), [], []) if here else _computed(run)
    held = {"run_id": run.pk, "worker": worker, "seen_version": run.settings_version}
    return partial(runs.complete, **held, figures=figures, names=names, graphs=graphs)


def _refuse(worker: str, run: Run, error: Exception) -> bool:
    words = sentence(reason(error, "It could not be computed", "Report this run with its files."))
    return runs.refuse(run_id=run.pk, worker=worker, seen_version=run.settings_version, error=words)


def _computed(run: Run) -> tuple[runs.Figures, list[str], list[str]]:
    """The figures, and the names of files and of graphs in logs, which may hold the architecture's hash."""
    files, others = _parted(run.files.select_related("campaign__device").order_by("pk"))
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
    graphs = [graph for reading in readings for graph in graphs_in(reading.content)]
    result = replace(result, findings=(*result.findings, *map(_left_out, others)))
    return _figures(result, files, choices), [file.original_name for file in files], graphs


def _parted(files: Iterable[MeasurementFile]) -> tuple[list[MeasurementFile], list[MeasurementFile]]:
    """The files to compute with, and those that hold no measurement; all of them to compute with if all are such."""
    refused = MeasurementFile.State.REFUSED
    every = list(files)
    others = [file for file in every if file.state == refused and file.summary.get(measurements.BYSTANDER)]
    return ([file for file in every if file not in others], others) if len(others) < len(every) else (every, [])


def _left_out(file: MeasurementFile) -> Finding:
    why = file.error.removeprefix(f"{file.original_name}: ")
    return Finding("file_left_out", "note", f"computed without {file.original_name}: {why}")


def _choices(run: Run, files: Sequence[MeasurementFile]) -> RunSettings:
    """Settings chosen by the user, with files named by their place in the run."""
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
        result={**values, "windows": values["windows"][:LONGEST_SERIES], "files": kept, "choices": choices.to_json()},
        findings=as_json(result.findings),
        energy_mj=gross.mean if gross else None,
        net_mj=result.net.mean if result.net else None,
        latency_ms=result.latency_ms,
        sd_mj=gross.sd if gross else None,
        repeats=gross.n if gross else None,
    )
