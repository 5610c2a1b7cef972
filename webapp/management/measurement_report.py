"""Text that `manage.py read_measurement` prints."""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from nas_engine.energy.readers.mapping import ColumnMapping
from nas_engine.energy.runs.evaluation import RunResult, WindowEnergy
from nas_engine.energy.runs.file_report import FileReport, finding_text
from nas_engine.energy.traces.statistics import RepeatStatistics
from nas_engine.errors import BadMeasurement


def report_text(reports: Sequence[FileReport]) -> str:
    """One paragraph per file; figures that several files share are printed with the first of them."""
    return "\n\n".join(
        _paragraph(report, is_repeated=any(_same_run(report, before) for before in reports[:number]))
        for number, report in enumerate(reports)
    )


def _same_run(report: FileReport, other: FileReport) -> bool:
    return bool(report.result.windows) and report.result.windows == other.result.windows


def _paragraph(report: FileReport, is_repeated: bool) -> str:
    head = f"{report.path} ({report.format})" if report.format else str(report.path)
    lines = [head]
    if report.error:
        lines.append(f"  error: {report.error}")
    if report.proposed_mapping is not None:
        lines += _proposal(report.proposed_mapping)
    lines += ["  part of the run above"] if is_repeated else _figures(report.result)
    lines += [
        f"  {_marked(finding_text(finding))}" for finding in report.result.findings if finding.severity != "error"
    ]
    return "\n".join(lines)


def _proposal(mapping: Mapping[str, Any]) -> list[str]:
    """Proposed mapping as the command takes it, and what it still lacks."""
    lines = [f"  proposed, check it: --mapping {shlex.quote(json.dumps(mapping, ensure_ascii=False))}"]
    try:
        ColumnMapping.from_json(mapping)
    except BadMeasurement as error:
        lines.append(f"  incomplete: {error}")
    return lines


def _marked(line: str) -> str:
    return line if line.startswith("note: ") else f"warning: {line}"


def _figures(result: RunResult) -> list[str]:
    lines = []
    if result.samples is not None and result.rate_hz is not None and result.duration_s is not None:
        lines.append(f"  {result.samples:,} samples, {result.rate_hz:,.1f} a second, {result.duration_s:,.3f} s")
    if result.mean_power_mw is not None:
        over = "windows" if result.windows else "whole file"
        lines.append(f"  mean power          {result.mean_power_mw:.6g} mW ({over})")
    if result.idle_power_mw is not None:
        lines.append(f"  idle power          {result.idle_power_mw:.6g} mW")
    if result.latency_ms is not None:
        lines.append(f"  inference           {result.latency_ms:.6g} ms")
    for number, entry in enumerate(result.windows, start=1):
        window, energy = entry.window, entry.energy
        check = energy.window_mj_per_inference
        lines.append(
            f"  window {number}: {window.start_s:.3f} s to {window.end_s:.3f} s, {energy.gross_mj:.6g} mJ an inference"
            + ("" if energy.net_mj is None else f", net {energy.net_mj:.6g} mJ")
            + ("" if check is None else f", window / {window.inferences} {check:.6g} mJ")
            + _within(entry)
        )
    if result.gross:
        lines.append(f"  energy, gross       {_spread(result.gross)}")
    if result.net:
        lines.append(f"  energy, net         {_spread(result.net)}")
    return lines


def _within(entry: WindowEnergy) -> str:
    """Scatter of the power inside one window; empty where it cannot be determined."""
    scatter, reach_mj = entry.scatter, entry.gross_reach_mj
    if scatter is None or reach_mj is None:
        return ""
    least = "at least " if scatter.wanders else ""
    return f", {least}+-{reach_mj:.2g} mJ within it (95 %, {scatter.blocks} block means of power)"


def _spread(summary: RepeatStatistics) -> str:
    if summary.sd is None or summary.low95 is None or summary.high95 is None:
        return f"{summary.mean:.6g} mJ (one measurement)"
    return (
        f"{summary.mean:.6g} mJ mean, {summary.median:.6g} median, sd {summary.sd:.2g}, "
        f"95 % {summary.low95:.6g} to {summary.high95:.6g} (n = {summary.n})"
    )
