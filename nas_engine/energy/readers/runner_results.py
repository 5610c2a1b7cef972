"""results.txt of EEMBC's EnergyRunner and of MLCommons' Tiny runner: energies per inference worked out by the runner.

Sources: eembc/energyrunner benchmarks/ulp-mlperf, mlcommons/tiny benchmark/runner/power_manager.py and main.py; real
results of v1.1 and v1.3.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.traces.trace import EnergyRow, EnergyTable, FileReading, Finding
from nas_engine.errors import BadMeasurement

_NUMBER = r"(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
_STAMP = re.compile(r"^\d+\.\d+ [\w-]+: ")  # seconds since the runner was started, padded to five digits
_BLOCK = re.compile(
    rf"^(Energy data|Performance results) for (window|trial) (\d+)(?: at time {_NUMBER} for {_NUMBER} sec\.)?:?$"
)
_VALUES = {
    "energy_uj": re.compile(rf"^(?:Total )?Energy\s*: +{_NUMBER} uJ$"),
    "power_uw": re.compile(rf"^Power\s*: +{_NUMBER} uW\.?$"),
    "power_mw": re.compile(rf"^Power\s*: +{_NUMBER} mW\.?$"),
    "per_inference_uj": re.compile(rf"^Energy/Inf\.?\s*: +{_NUMBER} uJ/inf\.?$"),
    "inferences": re.compile(rf"^(?:# )?Inferences\s*: +{_NUMBER}$"),
    "runtime_s": re.compile(rf"^(?:Runtime|Elapsed time)\s*: +{_NUMBER}(?: sec\.)?$"),
    "throughput": re.compile(rf"^Throughput\s*: +{_NUMBER} inf\./sec\.$"),
}
_MEDIAN = re.compile(rf"^Median energy cost is {_NUMBER} uJ/inf\.$")
_MAX_BYTES = 5_000_000
_TOLERANCE = 0.002  # between figures that the runner rounds to 3 to 5 digits


@dataclass(frozen=True, slots=True)
class _Results:
    blocks: dict[str, dict[str, float]]  # "window 2" -> values by name
    median_uj: float | None


def _gather(text: str) -> _Results:
    blocks: dict[str, dict[str, float]] = {}
    current: dict[str, float] | None = None
    median_uj = None
    for number, raw in enumerate(text.split("\n"), start=1):
        line = _STAMP.sub("", raw.strip()).strip()
        if match := _BLOCK.match(line):
            current = blocks.setdefault(f"{match.group(2)} {match.group(3)}", {})
            if match.group(5):
                current["duration_s"] = float(match.group(5))
            continue
        if match := _MEDIAN.match(line):
            if median_uj not in (None, float(match.group(1))):
                raise BadMeasurement(
                    f"line {number}: a second median, {match.group(1)} uJ after {median_uj:g} uJ: results of two "
                    "sessions in one file; give the results.txt of each session alone"
                )
            median_uj = float(match.group(1))
        found = {key: float(match.group(1)) for key, expression in _VALUES.items() if (match := expression.match(line))}
        for key, value in found.items():
            if current is None or current.get(key, value) != value:
                raise BadMeasurement(f"line {number}: {line!r} has no window or trial of its own; give the whole file")
            current[key] = value
    return _Results(blocks, median_uj)


def _row(label: str, values: dict[str, float]) -> EnergyRow:
    """Row of one window. Raises BadMeasurement where a figure is missing or two of them contradict each other."""
    if "per_inference_uj" not in values or "energy_uj" not in values:
        raise BadMeasurement(f"{label} has no energy per inference; give the whole results.txt of an energy run")
    inferences = round(values.get("inferences", values["energy_uj"] / max(values["per_inference_uj"], 1e-9)))
    duration_s = values.get("runtime_s", values.get("duration_s"))
    power_mw = values.get("power_mw", values["power_uw"] / 1e3 if "power_uw" in values else None)
    sums = [(values["per_inference_uj"] * inferences, values["energy_uj"])]
    if duration_s is not None and power_mw is not None:
        sums.append((power_mw * 1e3 * duration_s, values["energy_uj"]))
    if not inferences or any(abs(one - other) > _TOLERANCE * other for one, other in sums):
        raise BadMeasurement(
            f"the energy, power, time and number of inferences of {label} contradict each other; "
            "the file is damaged: copy it again"
        )
    return EnergyRow(
        energy_per_inference_mj=values["per_inference_uj"] / 1e3,
        label=label,
        inferences=inferences,
        latency_ms=None if duration_s is None else duration_s / inferences * 1e3,
        energy_mj=values["energy_uj"] / 1e3,
        duration_s=duration_s,
        mean_power_mw=power_mw,
    )


def parse(text: str) -> EnergyTable:
    """Energies of the windows in the text of a results.txt. Raises BadMeasurement where it has none."""
    gathered = _gather(text)
    energies = {label: values for label, values in gathered.blocks.items() if not _performance_only(values)}
    if not energies:
        raise BadMeasurement(
            "results of a performance run, without energies; give the results.txt of an energy run (mode e) or its "
            "trace"
        )
    rows = tuple(_row(label, values) for label, values in energies.items())
    return EnergyTable(rows, tuple(_median_findings(rows, gathered.median_uj)))


def _performance_only(values: dict[str, float]) -> bool:
    return "throughput" in values and not {"energy_uj", "per_inference_uj", "power_uw", "duration_s"} & values.keys()


def _median_findings(rows: tuple[EnergyRow, ...], median_uj: float | None) -> Iterable[Finding]:
    """Check of the runner's median, which follows the energies: without it the file was cut."""
    if median_uj is None:
        yield Finding(
            "unfinished_row", "warning", "the file ends before the runner's median: windows at its end may be missing"
        )
        return
    ordered = sorted(row.energy_per_inference_mj * 1e3 for row in rows)
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    if abs((low + high) / 2 - median_uj) > _TOLERANCE * median_uj:
        raise BadMeasurement(
            f"the runner's median is {median_uj:g} uJ, that of the windows here {(low + high) / 2:g} uJ; "
            "windows are missing or damaged: copy the file again"
        )


class RunnerResults:
    """Reader of `results.txt` of EnergyRunner and the MLCommons Tiny runner."""

    format = "runner_results"
    title = "results.txt of EnergyRunner or the MLCommons Tiny runner"
    accepts = "Energies per inference of an energy run, checked against energy, power, time and number of inferences"

    def recognises(self, head: FileHead) -> bool:
        """Whether it is the log of a runner with results and without a session log."""
        text = head.text
        runner = " ulp-ml: " in text or text.lstrip("\ufeff \r\n").startswith("Power Edition Output")
        return (
            runner and ("Energy data for " in text or "Performance results for " in text) and " sequencer: " not in text
        )

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Energies of the measured windows, mJ. Raises BadMeasurement where figures contradict each other."""
        return FileReading(self.format, parse(source.text(_MAX_BYTES)))
