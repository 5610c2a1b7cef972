"""Contents of measurement files of every format: traces of power, time stamps, benchmark results, energies.

Readers make these values; windows, integration, checks and pages work on them alone. Units are in the names: power is
in mW and time in seconds from the first sample, whatever unit the file has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nas_engine.errors import BadMeasurement

Values = NDArray[np.float64]
Severity = Literal["note", "warning", "error"]
LATENCIES_APART = 0.05
"""Share by which repeated benchmarks of one network may differ; further apart they contradict each other."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Remark on a measurement: a code for programs, a sentence for the user.

    `note`: nothing to do; `warning`: the figure may be off for the stated reason; `error`: the figure must not be used.
    Codes in use, among others: repeated_stamps, backward_stamps, lost_samples, clipping, short_window, charging,
    usb_fed, stale_gauge, no_idle, unfinished_benchmark, unfinished_row, guessed_unit, guessed_rate, guessed_channel,
    retimed, clock_offset, nan_cells, low_power, high_power, averaged, op_profiling, several_models, indicative.
    """

    code: str
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open interval of time [start_s, end_s) in seconds from the first sample of the trace it belongs to.

    In `Stamps` with `epoch`, seconds since 1970 by the clock that wrote the stamps. `inferences` is the number of
    inferences within, None if unknown. Raises BadMeasurement for an interval without length.
    """

    start_s: float
    end_s: float
    label: str = ""
    inferences: int | None = None

    def __post_init__(self) -> None:
        if not (np.isfinite(self.start_s) and np.isfinite(self.end_s) and self.start_s < self.end_s):
            raise BadMeasurement(f"the window {self.label} from {self.start_s} s to {self.end_s} s has no length")

    @property
    def duration_s(self) -> float:
        """Length of the window in seconds, above 0."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Power over time on one channel of a monitor: at least two samples, all finite, time strictly increasing.

    spacing "point": values are samples at their time (integrate by trapezoid); "interval": value i is the mean from
    time_s[i] on for 1 / rate_hz (integrate by rectangle).
    """

    power_mw: Values  # [n]
    time_s: Values  # [n], from 0; by sample index where stamps were re-timed
    spacing: Literal["point", "interval"]
    rate_hz: float  # nominal: (n - 1) / span
    started_at_s: float | None = None  # seconds since 1970 of time 0 by the recording computer, if the file states it
    triggers: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)  # digital inputs by name ("D0"), [n] each
    windows: tuple[Window, ...] = ()  # windows that the file itself names
    findings: tuple[Finding, ...] = ()
    stamped_s: float | None = None  # last stamp of the file minus its first, where samples were re-timed by index

    def __post_init__(self) -> None:
        """Raise BadMeasurement where arithmetic on the samples would give a number without meaning."""
        samples = len(self.power_mw)
        if samples < 2:
            raise BadMeasurement(f"{samples} sample(s) of power: a trace needs two or more")
        if any(len(values) != samples for values in (self.time_s, *self.triggers.values())):
            raise BadMeasurement("columns of unequal length")
        if not np.isfinite(self.power_mw).all() or not np.isfinite(self.time_s).all():
            raise BadMeasurement("samples that are not numbers")
        if self.time_s[0] != 0.0 or not (self.time_s[1:] > self.time_s[:-1]).all():
            raise BadMeasurement("times that do not increase from 0")
        if not (np.isfinite(self.rate_hz) and self.rate_hz > 0.0):
            raise BadMeasurement(f"a rate of {self.rate_hz} samples per second")

    @property
    def samples(self) -> int:
        """Number of samples, n."""
        return len(self.power_mw)

    @property
    def duration_s(self) -> float:
        """Time (s) that the samples cover: from the first to the last, and for intervals to the end of the last."""
        span_s = float(self.time_s[-1])
        return span_s if self.spacing == "point" else span_s + 1.0 / self.rate_hz

    @property
    def stamped_duration_s(self) -> float:
        """Length (s) of the recording by the file's own stamps, for display; windows refer to `duration_s`."""
        return self.duration_s if self.stamped_s is None else self.stamped_s


@dataclass(frozen=True, slots=True, eq=False)
class Stamps:
    """Times of inferences, or of a benchmark's begin and end, that belong to a trace in another file."""

    windows: tuple[Window, ...]  # one per inference or block of inferences, in the clock of the file
    epoch: bool  # True: seconds since 1970; False: seconds from the first sample of the trace
    inference_ms: Values | None = None  # [m] durations of the measured inferences, without warm-up
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class BenchmarkResult:
    """Result of a benchmark on the device for one network; None for what the log does not state."""

    latency_ms: float  # mean of the measured runs
    runs: int | None = None
    graph: str | None = None
    threads: int | None = None
    warmup_ms: float | None = None
    first_ms: float | None = None
    init_ms: float | None = None
    sd_ms: float | None = None
    min_ms: float | None = None
    max_ms: float | None = None
    median_ms: float | None = None
    p95_ms: float | None = None
    model_bytes: float | None = None
    peak_memory_mb: float | None = None
    front_end_ms: float | None = None  # mean time of computing features, where the device reports it apart


@dataclass(frozen=True, slots=True)
class BenchmarkLog:
    """Complete results of one log, in the order of the log."""

    results: tuple[BenchmarkResult, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def latency_ms(self) -> float | None:
        """Mean time of one inference, that of the last result; None without results or where two are over 5 % apart."""
        latencies_ms = [result.latency_ms for result in self.results]
        if not latencies_ms or max(latencies_ms) > (1 + LATENCIES_APART) * min(latencies_ms):
            return None
        return latencies_ms[-1]


@dataclass(frozen=True, slots=True)
class EnergySummary:
    """Total energy of a measurement without its trace: it cannot be checked, and no window can be chosen in it.

    `parts` are the windows of which it is the sum, where a file has several; each is a repeat.
    """

    energy_mj: float
    duration_s: float
    findings: tuple[Finding, ...] = ()
    parts: tuple["EnergySummary", ...] = ()

    @classmethod
    def of(cls, parts: Sequence["EnergySummary"], findings: tuple[Finding, ...] = ()) -> "EnergySummary":
        """Sum of one or more windows."""
        energy_mj, duration_s = sum(part.energy_mj for part in parts), sum(part.duration_s for part in parts)
        return cls(energy_mj, duration_s, findings, tuple(parts) if len(parts) > 1 else ())

    @property
    def mean_power_mw(self) -> float:
        """Mean power over the whole measurement, mW."""
        return self.energy_mj / self.duration_s


@dataclass(frozen=True, slots=True)
class EnergyRow:
    """Measured window of a results file: energy per inference and, where the file states them, its components."""

    energy_per_inference_mj: float
    label: str = ""
    inferences: int | None = None
    latency_ms: float | None = None
    energy_mj: float | None = None
    duration_s: float | None = None
    mean_power_mw: float | None = None


@dataclass(frozen=True, slots=True)
class EnergyTable:
    """Energies per inference as computed by a benchmark runner, one row per window or repeat."""

    rows: tuple[EnergyRow, ...]
    findings: tuple[Finding, ...] = ()


Content = Trace | Stamps | BenchmarkLog | EnergySummary | EnergyTable


@dataclass(frozen=True, slots=True, eq=False)
class FileReading:
    """Content of one file, its format, and the reader's findings in addition to those of the content."""

    format: str
    content: Content
    findings: tuple[Finding, ...] = ()

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """Findings of the reader and of the content, without duplicates."""
        return tuple(dict.fromkeys((*self.findings, *self.content.findings)))
