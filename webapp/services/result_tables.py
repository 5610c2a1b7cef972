"""Results that were measured elsewhere, imported as a table: a run for each row, all of them or none.

The table is a file of its campaign like any other, so a data worker imports it: 10,000 networks given as JSON take 8 s.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models.functions import Left
from django.utils import timezone

from nas_engine.architecture import Architecture
from nas_engine.energy.readers.parsing import mixed_table
from nas_engine.errors import BadMeasurement, InfeasibleArchitecture
from webapp import translation
from webapp.models import MeasurementFile, Run, StoredArchitecture
from webapp.queries.pages.run import runs_of_table
from webapp.services import jobs, measurements, runs
from webapp.services.errors import Conflict
from webapp.services.requests import save_architectures
from webapp.services.structured_text import BadText, read_json

RESULTS = "results"
"""Key of `MeasurementFile.options`: the file is a table of results to import; of its `summary`: their number."""
FORMAT, TITLE = "results", "Table of results"
MOST_ROWS = 20_000  # with architectures as JSON they take 16 s of a worker
MOST_PROBLEMS = 50
LONGEST_ENERGY_MJ, LONGEST_LATENCY_MS = 1e7, 3.6e6
_NAMES: Mapping[str, tuple[str, ...]] = {
    "architecture": ("architecture", "hash", "architecture_hash", "network"),
    "energy_mj": ("energy_mj", "energy (mj)", "energy"),
    "latency_ms": ("latency_ms", "latency (ms)", "latency"),
    "label": ("label", "name"),
}
_SHORTEST_HASH = 12
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class ResultRow:
    """Line that can be imported. `architecture` is a hash, perhaps its beginning, or a network as JSON."""

    line: int
    architecture: str | Architecture
    energy_mj: float | None
    latency_ms: float | None
    label: str


class BadTable(Conflict):
    """Raised for lines that cannot be imported; `problems` names the first MOST_PROBLEMS."""

    def __init__(self, problems: Sequence[str]) -> None:
        more = f" The first {MOST_PROBLEMS} are shown." if len(problems) > MOST_PROBLEMS else ""
        lines = "1 line has" if len(problems) == 1 else f"{len(problems):,} lines have"
        super().__init__(f"{lines} something wrong: nothing was imported.{more}")
        self.problems = tuple(problems[:MOST_PROBLEMS])


def order_import(*, campaign_id: int, text: str, name: str) -> measurements.Added:
    """Store a table in its campaign and request its import; one that is there already is not imported again.

    One that is there as an unreadable measurement file is imported as a table.
    """
    table = ContentFile(text.encode(), name=name)
    return measurements.add_files(campaign_id=campaign_id, files=[table], options={RESULTS: True})


def import_table(*, file_id: int, worker: str, text: str) -> int | None:
    """Add a READY run for each row of a table that `worker` reads; returns their number, None if the lease is lost.

    CSV has a header with `architecture` (hash or JSON) and `energy_mj` or `latency_ms` or both, and perhaps `label`;
    JSON is a list of such objects. Raises Conflict, with nothing imported; BadTable where lines are wrong.
    """
    found = read_table(text)
    hashes, problems = _resolved(found)
    if problems:
        raise BadTable(problems)
    new = {row.hash: row for row in map(_new_row, found) if row is not None}
    with transaction.atomic():
        file = jobs.FILES.held(file_id, worker).select_for_update().first()
        if file is None:
            return None
        runs_of_table(file).delete()  # of an import before this one
        save_architectures(list(new.values()))
        made = (_run(file, row, digest) for row, digest in zip(found, hashes, strict=True))
        while some := list(islice(made, _AT_ONCE)):
            Run.objects.bulk_create(some)
        summary = {RESULTS: len(found)}
        ended = measurements.ReadFile(FORMAT, TITLE, MeasurementFile.Kind.TABLE, findings=(), summary=summary)
        measurements.complete(file_id=file_id, worker=worker, found=ended)
    return len(found)


def read_table(text: str) -> list[ResultRow]:
    """Rows of a table. Raises BadTable where one of them is wrong."""
    entries = _json_entries(text) if text.lstrip().startswith("[") else _csv_entries(text)
    rows: list[ResultRow] = []
    problems: list[str] = []
    for line, values in islice(entries, MOST_ROWS + 1):
        try:
            rows.append(_row(line, values))
        except ValueError as error:
            problems.append(f"Line {line}: {error}.")
    if len(rows) + len(problems) > MOST_ROWS:
        raise Conflict(f"More than {MOST_ROWS:,} rows: import them in several tables.")
    if problems:
        raise BadTable(problems)
    if not rows:
        raise Conflict("The table has a header but no row: nothing was imported.")
    return rows


def _json_entries(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Entries of a list, counted from 1 as lines are."""
    try:
        entries = read_json(text)
    except BadText as error:
        raise Conflict(f"This is no JSON ({error}): give a list of objects, or CSV with a header.") from error
    for number, entry in enumerate(entries, start=1):
        yield number, entry if isinstance(entry, dict) else {"architecture": entry}


def _csv_entries(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Rows by the names of the header, read as tables of costs are."""
    try:
        table = mixed_table.parse(text)
    except BadMeasurement as error:
        raise Conflict(f"The table cannot be read, {error}") from error
    names = [_known_name(cell) for cell in table.names]
    if "architecture" not in names or not {"energy_mj", "latency_ms"} & set(names):
        raise Conflict(
            "The first line must name the columns: architecture (hash or JSON), energy_mj, latency_ms and perhaps "
            f"label, of which energy or latency may be missing. It is: {', '.join(table.names)[:120]}"
        )
    for line, cells in table.rows:
        yield line, _by_name(names, cells)


def _by_name(names: Sequence[str], cells: Sequence[str]) -> dict[str, Any]:
    if len(cells) != len(names):
        return {"problem": f"{len(cells)} cells under {len(names)} names"}
    return dict(zip(names, cells, strict=True))


def _known_name(cell: str) -> str:
    bare = cell.lower()
    return next((name for name, others in _NAMES.items() if bare in others), bare)


def _row(line: int, values: Mapping[str, Any]) -> ResultRow:
    """Parse a row. Raises ValueError with the problem, in words that continue "Line 7: "."""
    if "problem" in values:
        raise ValueError(values["problem"])
    energy_mj = _figure(values.get("energy_mj"), "energy", "mJ", LONGEST_ENERGY_MJ)
    latency_ms = _figure(values.get("latency_ms"), "latency", "ms", LONGEST_LATENCY_MS)
    if energy_mj is None and latency_ms is None:
        raise ValueError("neither an energy nor a latency")
    label = str(values.get("label") or "").replace("\0", "")[:200]
    return ResultRow(line, _architecture(values.get("architecture")), energy_mj, latency_ms, label)


def _figure(value: Any, what: str, unit: str, most: float) -> float | None:
    if value in (None, ""):
        return None
    try:
        number = mixed_table.number(value) if isinstance(value, str) else float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"the {what} {str(value)[:40]!r} is no number") from None
    if not (math.isfinite(number) and 0 < number <= most):
        raise ValueError(f"an {what} of {number:g} {unit} cannot be; see that the column is in {unit}")
    return number


def _architecture(value: Any) -> str | Architecture:
    if isinstance(value, str) and not value.startswith("{"):
        bare = value.strip().lower()
        if not _SHORTEST_HASH <= len(bare) <= 64 or set(bare) - set("0123456789abcdef"):
            raise ValueError(f"{value[:40]!r} is no hash of an architecture (12 to 64 hexadecimal digits), and no JSON")
        return bare
    try:
        return Architecture.from_json(read_json(value) if isinstance(value, str) else value)
    except ValueError as error:
        raise ValueError(f"the architecture's JSON is wrong: {error}") from error


def _resolved(rows: Sequence[ResultRow]) -> tuple[list[str], list[str]]:
    """(whole hash of each row's architecture, problems). A query for every thousand hashes of one length."""
    starts = sorted({row.architecture for row in rows if isinstance(row.architecture, str)})
    whole = _whole_hashes(starts)
    hashes, problems = [], []
    for row in rows:
        if isinstance(row.architecture, str):
            found = whole.get(row.architecture, [])
            if len(found) != 1:
                why = "several architectures have" if found else "no architecture that Earshot knows has"
                problems.append(f"Line {row.line}: {why} a hash that begins {row.architecture[:16]}; give its JSON.")
            hashes.append(found[0] if found else "")
        else:
            hashes.append(row.architecture.hash)
    return hashes, problems


def _whole_hashes(starts: Sequence[str]) -> dict[str, list[str]]:
    """Hashes that begin with these digits."""
    whole: dict[str, list[str]] = {}
    for length, alike in groupby(sorted(starts, key=len), key=len):
        beginning = StoredArchitecture.objects.annotate(start=Left("hash", length))
        while some := list(islice(alike, _AT_ONCE)):
            for start, digest in beginning.filter(start__in=some).values_list("start", "hash"):
                whole.setdefault(start, []).append(digest)
    return whole


def _new_row(row: ResultRow) -> StoredArchitecture | None:
    """Costs of a network given as JSON. Raises BadTable for one that cannot be built."""
    if isinstance(row.architecture, str):
        return None
    try:
        return translation.architecture_row(row.architecture)
    except InfeasibleArchitecture as error:
        raise BadTable([f"Line {row.line}: this network cannot be built: {error}."]) from error


def _run(file: MeasurementFile, row: ResultRow, digest: str) -> Run:
    kept = {"table": file.original_name, "file": file.pk, "line": row.line}
    return Run(
        campaign_id=file.campaign_id,
        architecture_id=digest,
        label=row.label or f"{file.original_name}, line {row.line}"[:200],
        settings={runs.SOURCE: runs.FROM_TABLE, runs.BY_HAND: True, **kept},
        state=Run.State.READY,
        computed_at=timezone.now(),
        result=kept,
        energy_mj=row.energy_mj,
        latency_ms=row.latency_ms,
        repeats=None if row.energy_mj is None else 1,
    )
