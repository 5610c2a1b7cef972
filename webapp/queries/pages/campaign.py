"""A campaign as its page shows it: files, runs, bench kits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from webapp.models import BenchKit, Campaign, MeasurementFile, Run, Worker
from webapp.queries.budget import live_workers
from webapp.queries.paging import PageOf, page_of
from webapp.queries.summaries import BlockMark, block_marks

RUNS_A_PAGE = 50
MOST_FILES = 200
_SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file in the list. `findings` are what doctor and reader say, the gravest first."""

    id: int
    name: str
    state: str
    state_label: str
    kind: str
    kind_label: str
    title: str
    size_bytes: int
    duration_s: float | None
    rate_hz: float | None
    mean_power_mw: float | None
    error: str
    can_be_mapped: bool
    findings: tuple[Mapping[str, str], ...]
    created_at: datetime

    @property
    def gravest(self) -> Mapping[str, str] | None:
        """The first finding that is more than a note."""
        return next(iter(self._problems), None)

    @property
    def further_problems(self) -> int:
        """How many findings that are more than notes come after the gravest."""
        return max(0, len(self._problems) - 1)

    @property
    def _problems(self) -> tuple[Mapping[str, str], ...]:
        return tuple(finding for finding in self.findings if finding["severity"] != "note")


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in the list; figures are None until they are computed, or where its files do not give them."""

    id: int
    label: str
    state: str
    state_label: str
    source: str
    error: str
    energy_mj: float | None
    net_mj: float | None
    latency_ms: float | None
    repeats: int | None
    warnings: int
    architecture_hash: str
    blocks: tuple[BlockMark, ...]


@dataclass(frozen=True, slots=True)
class KitRow:
    """A bench kit in the list."""

    id: int
    state: str
    state_label: str
    networks: int
    reason: str
    created_at: datetime


def shown_campaigns() -> QuerySet[Campaign]:
    """Campaigns with their devices."""
    return Campaign.objects.select_related("device")


def campaign_context(campaign: Campaign, run_page_number: int) -> dict[str, Any]:
    """The page of a campaign from `shown_campaigns`: files, a page of runs, bench kits. Up to eight queries."""
    live = is_live(campaign)
    return {
        "campaign": campaign,
        "device": campaign.device,
        "files": file_rows(campaign),
        "most_files": MOST_FILES,
        "page": run_page(campaign, run_page_number),
        "kits": kit_rows(campaign),
        "is_live": live,
        "nobody_reads": live and nobody_reads(),
    }


def file_rows(campaign: Campaign) -> tuple[FileRow, ...]:
    """The files, the newest first. One query."""
    files = MeasurementFile.objects.filter(campaign=campaign).order_by("-created_at", "-pk")[:MOST_FILES]
    return tuple(file_row(file) for file in files)


def file_row(file: MeasurementFile) -> FileRow:
    summary: Mapping[str, Any] = file.summary
    return FileRow(
        id=file.pk,
        name=file.original_name,
        state=file.state,
        state_label=file.get_state_display(),
        kind=file.kind,
        kind_label=file.get_kind_display(),
        title=file.title,
        size_bytes=file.size_bytes,
        duration_s=summary.get("duration_s"),
        rate_hz=summary.get("rate_hz"),
        mean_power_mw=summary.get("mean_power_mw"),
        error=file.error,
        can_be_mapped=file.columns is not None,
        findings=by_severity(file.findings),
        created_at=file.created_at,
    )


def by_severity(findings: Sequence[Mapping[str, str]]) -> tuple[Mapping[str, str], ...]:
    """The gravest first; otherwise in their order."""
    return tuple(sorted(findings, key=lambda finding: _SEVERITIES.index(finding["severity"])))


def run_page(campaign: Campaign, number: int) -> PageOf[RunRow]:
    """One page of the runs, the newest first. Two queries."""
    runs = Run.objects.filter(campaign=campaign).select_related("architecture").defer("result")
    return page_of(runs.order_by("-created_at", "-pk"), number=number, size=RUNS_A_PAGE, rows=_run_rows)


def _run_rows(runs: Sequence[Run]) -> list[RunRow]:
    return [run_row(run) for run in runs]


def run_row(run: Run) -> RunRow:
    return RunRow(
        id=run.pk,
        label=str(run),
        state=run.state,
        state_label=run.get_state_display(),
        source=run.settings.get("source", ""),
        error=run.error,
        energy_mj=run.energy_mj,
        net_mj=run.net_mj,
        latency_ms=run.latency_ms,
        repeats=run.repeats,
        warnings=sum(finding["severity"] != "note" for finding in run.findings),
        architecture_hash=run.architecture_id or "",
        blocks=block_marks(run.architecture.spec) if run.architecture else (),
    )


def kit_rows(campaign: Campaign) -> tuple[KitRow, ...]:
    """The bench kits, the newest first. One query."""
    return tuple(
        KitRow(kit.pk, kit.state, kit.get_state_display(), len(kit.architectures), kit.reason, kit.created_at)
        for kit in BenchKit.objects.filter(campaign=campaign).order_by("-created_at", "-pk")
    )


def is_live(campaign: Campaign) -> bool:
    """Whether anything of the campaign can change by itself. Up to three queries."""
    return (
        MeasurementFile.objects.filter(campaign=campaign, state=MeasurementFile.State.READING).exists()
        or Run.objects.filter(campaign=campaign, state=Run.State.COMPUTING).exists()
        or BenchKit.objects.filter(campaign=campaign, state=BenchKit.State.PACKING).exists()
    )


def nobody_reads() -> bool:
    """Whether no data worker is alive, who would read and compute. One query."""
    return live_workers(Worker.Role.DATA) == 0
