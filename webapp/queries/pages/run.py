"""A run and its files as their pages show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from nas_engine.energy.runs.instruments import Instrument, instruments
from webapp.models import MappingProfile, MeasurementFile, Run, Trial
from webapp.queries.named_architectures import FOUND, search
from webapp.queries.pages.campaign import by_severity, file_row, nobody_reads
from webapp.queries.summaries import block_marks

MOST_TRIALS = 5


@dataclass(frozen=True, slots=True)
class WindowRow:
    """One window of a run with its energies: mJ an inference, mW, ms. None: not known.

    `within_mw` and `within_mj` are half of the 95 % interval of power and gross energy by what scatters within this
    window; `at_least` states that the true interval is wider.
    """

    number: int
    label: str
    start_s: float
    end_s: float
    inferences: int | None
    mean_power_mw: float
    latency_ms: float
    gross_mj: float
    net_mj: float | None
    window_mj_per_inference: float | None
    within_mw: float | None
    blocks: int | None
    block_s: float | None
    at_least: bool

    @property
    def within_mj(self) -> float | None:
        return None if self.within_mw is None else self.within_mw * self.latency_ms / 1e3

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s

    @property
    def check_difference(self) -> float | None:
        """Window energy / N less the paper's energy, as a share of it."""
        if self.window_mj_per_inference is None or not self.gross_mj:
            return None
        return self.window_mj_per_inference / self.gross_mj - 1.0


@dataclass(frozen=True, slots=True)
class RunFile:
    """A file of a run. `is_idle`: a user stated that it shows the device at rest."""

    id: int
    name: str
    kind: str
    kind_label: str
    state: str
    state_label: str
    title: str
    sha256: str
    error: str
    is_idle: bool
    has_plot: bool


def shown_runs() -> QuerySet[Run]:
    """Runs with their campaigns, devices and architectures."""
    return Run.objects.select_related("campaign__device", "architecture")


def run_context(run: Run, text: str) -> dict[str, Any]:
    """The page of a run from `shown_runs`, with the architectures that `text` finds."""
    return run_live_context(run) | {
        "others": other_files(run),
        "text": text,
        "found": search(text),
        "most_found": FOUND,
        "trials": trials_of(run),
        "blocks": block_marks(run.architecture.spec) if run.architecture else (),
    }


def run_live_context(run: Run) -> dict[str, Any]:
    """The polled part while the run is computed. At most two queries."""
    is_live, result = run.state == Run.State.COMPUTING, run.result
    return {
        "run": run,
        "campaign": run.campaign,
        "device": run.campaign.device,
        "files": run_files(run),
        "windows": window_rows(result),
        "gross": result.get("gross"),
        "net": result.get("net"),
        "instrument": instrument_note(run),
        "findings": by_severity(run.findings),
        "is_live": is_live,
        "nobody_reads": is_live and nobody_reads(),
    }


def shown_files() -> QuerySet[MeasurementFile]:
    """Files with their campaigns and devices."""
    return MeasurementFile.objects.select_related("campaign__device")


def file_context(file: MeasurementFile, *, has_mapper: bool) -> dict[str, Any]:
    """The page of a file from `shown_files`, with the mapping profiles if it has a mapper."""
    return file_live_context(file) | {
        "profiles": profiles() if has_mapper else (),
        "runs": file.runs.order_by("pk"),
    }


def file_live_context(file: MeasurementFile) -> dict[str, Any]:
    """The polled part while the file is read. At most one query."""
    is_live = file.state == MeasurementFile.State.READING
    return {
        "file": file,
        "row": file_row(file),
        "campaign": file.campaign,
        "device": file.campaign.device,
        "is_live": is_live,
        "nobody_reads": is_live and nobody_reads(),
    }


def runs_of_table(file: MeasurementFile) -> QuerySet[Run]:
    """The runs that were imported from a table of results."""
    return Run.objects.filter(campaign=file.campaign_id, settings__file=file.pk)


def run_files(run: Run) -> tuple[RunFile, ...]:
    """The files in the order in which the run was computed from them. One query."""
    idle = set(run.settings.get("idle_files", ()))
    return tuple(
        RunFile(
            id=file.pk,
            name=file.original_name,
            kind=file.kind,
            kind_label=file.get_kind_display(),
            state=file.state,
            state_label=file.get_state_display(),
            title=file.title,
            sha256=file.sha256,
            error=file.error,
            is_idle=file.pk in idle,
            has_plot=bool(file.plot),
        )
        for file in run.files.order_by("pk")
    )


def trials_of(run: Run) -> tuple[Trial, ...]:
    """Some of the trials that trained the run's network, the newest first; no repetitions. One query if it has one."""
    if run.architecture_id is None:
        return ()
    completed = Trial.objects.filter(architecture=run.architecture_id, state=Trial.State.COMPLETED)
    trained = completed.filter(reproduces=None)
    return tuple(trained.select_related("study").only("number", "label", "study__name").order_by("-pk")[:MOST_TRIALS])


def other_files(run: Run) -> tuple[MeasurementFile, ...]:
    """Files of the campaign that could be added to the run, the newest first. One query."""
    files = MeasurementFile.objects.filter(campaign=run.campaign_id).exclude(runs=run)
    return tuple(files.only("original_name", "kind", "state").order_by("-created_at", "-pk")[:50])


def window_rows(result: Mapping[str, Any]) -> tuple[WindowRow, ...]:
    """The windows of `Run.result` (`nas_engine.energy.runs.evaluation.RunResult.to_json`)."""
    return tuple(
        WindowRow(
            number=number,
            **{key: entry["window"][key] for key in ("label", "start_s", "end_s", "inferences")},
            **{
                key: entry["energy"][key]
                for key in ("mean_power_mw", "latency_ms", "gross_mj", "net_mj", "window_mj_per_inference")
            },
            **_scatter(entry.get("scatter")),
        )
        for number, entry in enumerate(result.get("windows", ()), start=1)
    )


def _scatter(stored: Mapping[str, Any] | None) -> dict[str, Any]:
    """Fields of `WindowRow` from `PowerScatter`; nothing of runs computed before there was one."""
    if stored is None:
        return {"within_mw": None, "blocks": None, "block_s": None, "at_least": False}
    reach_mw = (stored["high95_mw"] - stored["low95_mw"]) / 2
    return {"within_mw": reach_mw, "at_least": stored["wanders"], **{key: stored[key] for key in ("blocks", "block_s")}}


@dataclass(frozen=True, slots=True)
class InstrumentNote:
    """The instruments of a run, and their accuracy as a person gave it: in % of reading and, of its energy, in mJ."""

    known: tuple[Instrument, ...]
    percent: float | None
    within_mj: float | None


def instrument_note(run: Run) -> InstrumentNote | None:
    """What is known of a run's instruments; None where it has no energy from files."""
    if run.energy_mj is None or not run.result.get("files"):
        return None
    percent = run.result.get("choices", {}).get("instrument_percent")
    return InstrumentNote(
        known=instruments([file["format"] for file in run.result["files"]]),
        percent=percent,
        within_mj=None if percent is None else run.energy_mj * percent / 100,
    )


def windows_of(result: Mapping[str, Any], file_id: int) -> tuple[tuple[float, float], ...]:
    """Beginnings and ends of the windows in one file of a run, in seconds."""
    return tuple(
        (entry["window"]["start_s"], entry["window"]["end_s"])
        for entry in result.get("windows", ())
        if result["files"][entry["reading"]]["id"] == file_id
    )


def profiles() -> tuple[MappingProfile, ...]:
    return tuple(MappingProfile.objects.order_by("name"))
