"""`manage.py read_measurement FILE...`: what power traces, benchmark logs and results say, without a database."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, get_args

from django.core.management.base import BaseCommand, CommandError

from nas_engine.energy.readers.base import ReadOptions
from nas_engine.energy.runs.file_report import FileReport, Readings, read_plain, report_each, report_together
from nas_engine.energy.runs.settings import RunSettings, WindowKind
from nas_engine.errors import BadMeasurement, EarshotError
from webapp.management.measurement_report import report_text

_HELP = """Read files of power monitors and benchmarks: samples, power, and the energy of an inference.
Each file is read by itself, or with --together all as the files of one run (trace and time stamps, trace and log).
The exit code is 1 only if nothing could be read."""


class Command(BaseCommand):
    help = _HELP
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="gzip and zip are taken as they are")
        parser.add_argument("--json", action="store_true", help="a list, one object a file, for programs")
        parser.add_argument("--together", action="store_true", help="the files are of one run")
        _add_reading(parser)
        _add_run(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            reports = _reports(options)
        except BadMeasurement as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps([report.to_json() for report in reports], indent=1, allow_nan=False))
        else:
            self.stdout.write(report_text(reports))
        if not any(report.ok for report in reports):
            raise SystemExit(1)


def _add_reading(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("what a file does not say")
    group.add_argument("--voltage", type=float, metavar="V", help="supply voltage, where only current was recorded")
    group.add_argument("--rate", type=float, metavar="HZ", help="samples a second, where there are no times")
    group.add_argument("--channel", help="of the monitor: main, usb, aux, or as the file names it")
    group.add_argument(
        "--mapping", metavar="JSON", help="columns of a table, as they are proposed: JSON, or a file that holds it"
    )


def _add_run(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("the run")
    group.add_argument("--window", choices=get_args(WindowKind), default="auto", help="default: %(default)s")
    group.add_argument("--span", type=float, nargs=2, action="append", metavar=("START", "END"), help="a window, in s")
    group.add_argument("--trigger", metavar="INPUT", help="the input that is high while inferences run, e.g. D0")
    group.add_argument("--offset", type=float, metavar="S", help="added to time stamps (default: clocks are aligned)")
    group.add_argument("--inferences", type=int, metavar="N", help="in each window")
    group.add_argument("--latency-ms", type=float, metavar="MS", help="average time of an inference")
    idle = group.add_mutually_exclusive_group()
    idle.add_argument("--idle", type=Path, action="append", metavar="FILE", help="a trace at rest (with --together)")
    idle.add_argument("--idle-span", type=float, nargs=2, metavar=("START", "END"), help="rest in the trace, in s")
    idle.add_argument("--idle-power", type=float, metavar="MW", help="power at rest")
    idle.add_argument("--no-idle", action="store_true", help="gross energy only")


def _reports(options: dict[str, Any]) -> tuple[FileReport, ...]:
    """Raises BadMeasurement for options that cannot be meant."""
    reading = ReadOptions(options["voltage"], options["rate"], options["channel"], _mapping(options))
    settings = _settings(options)
    idle = tuple(options["idle"] or ())
    files: list[Path] = options["files"]
    if options["together"]:
        return _guarded([*files, *idle], lambda: report_together(files, reading, settings, idle, read=_read))
    if idle:
        raise BadMeasurement("an idle trace belongs to a run: give --together as well")
    each = [_guarded([path], partial(report_each, [path], reading, settings, _read)) for path in files]
    return tuple(report for reports in each for report in reports)


def _settings(options: dict[str, Any]) -> RunSettings:
    chosen: dict[str, Any] = {
        "window": options["window"],
        "spans_s": options["span"] or (),
        "channel": options["trigger"],
        "offset_s": options["offset"],
        "inferences": options["inferences"],
        "latency_ms": options["latency_ms"],
    }
    if options["idle_span"]:
        chosen |= {"idle": "range", "idle_range_s": options["idle_span"]}
    elif options["idle_power"] is not None:
        chosen |= {"idle": "power", "idle_power_mw": options["idle_power"]}
    elif options["no_idle"]:
        chosen |= {"idle": "none"}
    return RunSettings.from_json(chosen)


def _mapping(options: dict[str, Any]) -> dict[str, Any] | None:
    """Mapping of columns with the voltage and the rate that were given with it. Raises BadMeasurement."""
    written: str | None = options["mapping"]
    if written is None:
        return None
    try:
        mapping = json.loads(
            written if written.lstrip().startswith("{") else Path(written).read_text(encoding="utf-8-sig")
        )
    except (OSError, ValueError, RecursionError) as error:
        raise BadMeasurement(
            f"{written[:80]}: neither a mapping of columns as JSON nor a file with one: {error}"
        ) from error
    if not isinstance(mapping, dict):
        raise BadMeasurement(
            f'{written[:80]}: a mapping is an object like {{"time": {{"column": "t", "unit": "s"}}, ...}}'
        )
    added = {"voltage_v": options["voltage"], "rate_hz": options["rate"]}
    return {name: value for name, value in added.items() if value is not None} | mapping


def _guarded(paths: Sequence[Path], report: Callable[[], tuple[FileReport, ...]]) -> tuple[FileReport, ...]:
    """The reports, or for each file that a defect of ours kept it from being worked out."""
    try:
        return report()
    except EarshotError:
        raise
    except Exception as error:
        return tuple(FileReport(path, error=_defect(path, error)) for path in paths)


def _read(path: Path, options: ReadOptions) -> Readings:
    """A defect of a reader costs the file it met and not the others of its run."""
    try:
        return read_plain(path, options)
    except EarshotError:
        raise
    except Exception as error:
        raise BadMeasurement(_defect(path, error)) from error


def _defect(path: Path, error: Exception) -> str:
    return f"{path.name}: Earshot failed on this file ({type(error).__name__}: {error}); please report it"
