"""Reports on measurement files, one per file, for `manage.py read_measurement`.

A file that cannot be read has a report, too: with a sentence as its error and without numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nas_engine.energy.readers.base import ReadOptions
from nas_engine.energy.readers.registry import proposed_mapping, read_all
from nas_engine.energy.runs.companions import ReadFile, Readings, companions
from nas_engine.energy.runs.evaluation import RunResult, evaluate
from nas_engine.energy.runs.settings import RunSettings
from nas_engine.energy.traces.trace import Finding, Trace
from nas_engine.errors import BadMeasurement


@dataclass(frozen=True, slots=True)
class FileReport:
    """Report on one file; figures are None where the file does not state them or must not be used (see `error`).

    The mean power is that of the windows where there are energies, else of the whole file.
    """

    path: Path
    format: str | None = None
    error: str | None = None
    result: RunResult = field(default_factory=RunResult)
    proposed_mapping: dict[str, Any] | None = None  # of the columns of a table that no reader knows, to be checked

    @property
    def ok(self) -> bool:
        """Whether the file was read and its figures may be used."""
        return self.error is None

    def to_json(self) -> dict[str, Any]:
        """JSON values under the keys that `read_measurement --json` documents; energies of an inference are gross."""
        result = self.result
        return {
            "file": str(self.path),
            "format": self.format,
            "ok": self.ok,
            "samples": result.samples,
            "rate_hz": result.rate_hz,
            "duration_s": result.duration_s,
            "mean_power_mw": result.mean_power_mw,
            "latency_ms": result.latency_ms,
            "energy_per_inference_mj": list(result.energies_mj) or None,
            "median_energy_per_inference_mj": result.gross.median if result.gross else None,
            "warnings": [finding_text(finding) for finding in result.findings if finding.severity != "error"],
            "error": self.error,
            "mean_power_95_mw": _intervals(result) or None,
            "proposed_mapping": self.proposed_mapping,
        }


def finding_text(finding: Finding) -> str:
    """Message of a finding, with "note: " in front of notes so that warnings stand out."""
    return f"note: {finding.message}" if finding.severity == "note" else finding.message


def _intervals(result: RunResult) -> list[tuple[float, float] | None]:
    """95 % interval (mW) of each window's mean power from its own scatter; None where it cannot be estimated."""
    scatters = (entry.scatter for entry in result.windows)
    return [None if scatter is None else (scatter.low95_mw, scatter.high95_mw) for scatter in scatters]


def read_plain(path: Path, options: ReadOptions) -> Readings:
    """Readings of one file; several for a zip of several files. Raises BadMeasurement where one cannot be read."""
    return tuple(reading for _, reading in read_all(path, options))


def report_each(
    paths: Sequence[Path], options: ReadOptions, settings: RunSettings, read: ReadFile = read_plain
) -> tuple[FileReport, ...]:
    """Reports on files as runs of their own; a zip of several files is one run. Content of files never raises."""
    return tuple(_report_one(path, options, settings, read) for path in paths)


def report_together(
    paths: Sequence[Path],
    options: ReadOptions,
    settings: RunSettings,
    idle_paths: Sequence[Path] = (),
    read: ReadFile = read_plain,
) -> tuple[FileReport, ...]:
    """Reports on the files of one run: each with its own samples and rate, all with the run's power and energies.

    Idle traces (`idle_paths`, at the end of the result) keep their own power. A file that cannot be read is left out
    of the run with a finding; if the rest makes no run, every report has the reason as its error.
    """
    every = (*paths, *idle_paths)
    contents = [_read_or_error(path, options, read) for path in every]
    alone = [_described(path, content, RunSettings(), options) for path, content in zip(every, contents, strict=True)]
    readable = [
        (n, reading) for n, content in enumerate(contents) if not isinstance(content, str) for reading in content
    ]
    if not readable:
        return tuple(alone)
    idle = tuple(place for place, (number, _) in enumerate(readable) if number >= len(paths))
    readings = (*(reading for _, reading in readable), *companions(every, contents, options, read))
    try:
        run = evaluate(readings, replace(settings, idle_readings=idle))
    except BadMeasurement as error:
        return tuple(report if report.error else _failed(report, str(error)) for report in alone)
    of_files = {finding for _, reading in readable for finding in reading.all_findings}
    about = (*(finding for finding in run.findings if finding not in of_files), *_left_out(alone))
    measured = {readable[entry.reading][0] for entry in run.windows}
    return tuple(
        report
        if isinstance(content, str) or _is_idle_trace(content, number, measured)
        else _joined(report, content, replace(run, findings=about))
        for number, (report, content) in enumerate(zip(alone, contents, strict=True))
    )


def _report_one(path: Path, options: ReadOptions, settings: RunSettings, read: ReadFile) -> FileReport:
    return _described(path, _read_or_error(path, options, read), settings, options)


def _read_or_error(path: Path, options: ReadOptions, read: ReadFile) -> Readings | str:
    try:
        return read(path, options)
    except BadMeasurement as error:
        return str(error)


def _described(path: Path, content: Readings | str, settings: RunSettings, options: ReadOptions) -> FileReport:
    if isinstance(content, str):
        mapping = proposed_mapping(path, path.name) if options.mapping is None else None
        return FileReport(path, error=content, proposed_mapping=mapping or None)
    format_name = " + ".join(dict.fromkeys(reading.format for reading in content))
    try:
        result = evaluate(content, settings)
    except BadMeasurement as error:
        return FileReport(path, format_name, _named(path.name, str(error)))
    return _with_errors(FileReport(path, format_name, result=result))


def _with_errors(report: FileReport) -> FileReport:
    """An error among the findings is the report's error."""
    errors = [finding.message for finding in report.result.errors]
    return replace(report, error=_named(report.path.name, "; ".join(errors))) if errors else report


def _is_idle_trace(content: Readings, number: int, measured: set[int]) -> bool:
    """A trace in which no window was measured while there are some in others."""
    return _is_trace(content) and bool(measured) and number not in measured


def _is_trace(content: Readings) -> bool:
    return any(isinstance(reading.content, Trace) for reading in content)


def _joined(report: FileReport, content: Readings, run: RunResult) -> FileReport:
    """Report with a file's own samples, rate, duration and findings and the run's figures (for traces its findings)."""
    own = report.result
    findings = tuple(finding for reading in content for finding in reading.all_findings)
    joined = replace(
        run,
        samples=own.samples,
        rate_hz=own.rate_hz,
        duration_s=own.duration_s,
        findings=(*findings, *(run.findings if _is_trace(content) else run.errors)),
    )
    return _with_errors(replace(report, error=None, result=joined))


def _failed(report: FileReport, error: str) -> FileReport:
    own = report.result
    described = RunResult(own.samples, own.rate_hz, own.duration_s, findings=own.findings)
    return replace(report, error=error, result=described)


def _left_out(reports: Sequence[FileReport]) -> tuple[Finding, ...]:
    """One finding for each file that could not be read."""
    message = "could not be read and is no part of this result"
    unread = [report.path.name for report in reports if report.format is None]
    return tuple(Finding("file_left_out", "warning", f"{file} {message}") for file in unread)


def _named(name: str, message: str) -> str:
    return message if message.startswith(name) else f"{name}: {message}"
