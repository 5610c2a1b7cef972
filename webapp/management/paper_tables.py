"""The paper's tables on a terminal or as JSON, and the real files that go into them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from django.core.management.base import CommandError

from nas_engine.paper.figure2 import Correlations, Figure2Point
from nas_engine.paper.tables import NETWORKS, TABLE_2_MODEL, FileSizes, Table1Row, Table2Row, table1, table2
from webapp.management.progress import Line
from webapp.models import Comparison, Study
from webapp.queries.energy_models import large_fields
from webapp.queries.opening_statistics import later_opening_words
from webapp.queries.table1 import Table1Line, table1_of


class _Writable(Protocol):
    def write(self, text: str, /) -> object: ...


Objects = Sequence[Mapping[str, Any]]
_DASH = "-"


def write_json(objects: Objects, out: str, stdout: _Writable) -> None:
    """A list of objects, to standard output if `out` is "-", else to the file of that name."""
    text = json.dumps(list(objects), indent=1) + "\n"
    if out == "-":
        stdout.write(text)
    else:
        Path(out).write_text(text, encoding="utf-8")


def built_files(models: Iterable[str], line: Line) -> dict[str, FileSizes]:
    """Build, quantise and convert each network, untrained and on one thread; takes some seconds a network."""
    from nas_engine.network.keras import configure
    from nas_engine.network.untrained import untrained_files

    configure(1)
    files = {}
    for model in models:
        line.show(f"building the files of {model}")
        plain, packed = untrained_files(NETWORKS[model])
        files[model] = FileSizes(len(plain), len(packed))
    line.end(f"built the files of {', '.join(files)}")
    return files


def table1_objects(files: Mapping[str, FileSizes] | None) -> tuple[list[Table1Row], Objects]:
    rows = table1(files)
    return rows, [asdict(row) for row in rows]


def table2_objects(files: Mapping[str, FileSizes] | None) -> tuple[list[Table2Row], Objects]:
    rows = table2((files or {}).get(TABLE_2_MODEL))
    return rows, [asdict(row) for row in rows]


def table1_text(rows: Sequence[Table1Row]) -> str:
    """Each quantity as ours, published, difference; units in the heading."""
    heading = (
        "model", "MFLOPs", "published", "diff %", "k params", "published", "diff %", "k trained",
        "kB flash", "published", "diff %", "kB packed", "",
    )  # fmt: skip
    cells = [
        (
            row.model,
            *_three(row.flops, row.flops_published, row.flops_difference_percent, 1e6, 3),
            *_three(row.parameters, row.parameters_published, row.parameters_difference_percent, 1e3, 3),
            _scaled(row.parameters_trainable, 1e3, 3),
            *_three(row.flash_bytes, row.flash_bytes_published, row.flash_difference_percent, 1e3, 2),
            _scaled(row.flash_bytes_packed, 1e3, 2) + (" est." if row.flash_is_estimate else ""),
            "unexplained" if row.unexplained else "",
        )
        for row in rows
    ]
    return aligned(heading, cells) + _notes((row.model, row.note) for row in rows)


def table2_text(rows: Sequence[Table2Row]) -> str:
    heading = (
        "row", "block", "kernel", "filters", "strides", "MFLOPs", "published", "diff %", "params", "published",
        "trained", "B packed", "B plain", "published", "",
    )  # fmt: skip
    cells = [
        (
            str(row.row),
            row.block,
            str(row.kernel_size or _DASH),
            str(row.filters or _DASH),
            f"({row.strides[0]}, {row.strides[1]})" if row.strides else _DASH,
            *_three(row.flops, row.flops_published, row.flops_difference_percent, 1e6, 3),
            f"{row.parameters:,}",
            _DASH if row.parameters_published is None else f"{row.parameters_published:,}",
            f"{row.parameters_trainable:,}",
            f"{row.flash_bytes:,}" + (" est." if row.flash_is_estimate else ""),
            f"{row.flash_bytes_plain:,}",
            _DASH if row.flash_bytes_published is None else f"{row.flash_bytes_published:,}",
            "unexplained" if row.unexplained else "",
        )
        for row in rows
    ]
    return aligned(heading, cells) + _notes((str(row.row), row.note) for row in rows)


def studies_of(study_id: int | None, comparison_id: int | None) -> list[Study]:
    """The study, or those of the comparison in the order of their creation. Raises CommandError if there is none."""
    found = Study.objects.select_related("dataset", "energy_model__device").defer(*large_fields("energy_model"))
    if comparison_id is None:
        studies, missing = list(found.filter(pk=study_id, kind=Study.Kind.SEARCH)), f"search {study_id}"
    else:
        if not Comparison.objects.filter(pk=comparison_id).exists():
            raise CommandError(f"There is no comparison {comparison_id}.")
        studies, missing = list(found.filter(comparisons=comparison_id).order_by("pk")), "study in this comparison"
    if not studies:
        raise CommandError(f"There is no {missing}.")
    return studies


def measured_table1(studies: Sequence[Study]) -> tuple[str, Objects]:
    """Table 1 of finalists and baselines of the studies, next to the published rows: as text and as objects."""
    lines = table1_of(studies)
    return _measured_text(lines), [line.to_json() for line in lines]


def _measured_text(lines: Sequence[Table1Line]) -> str:
    heading = ("network", "", "split", "accuracy %", "sd", "mJ", "basis", "kB flash", "MFLOPs", "k params", "ms")
    cells = [
        (
            line.name,
            line.origin,
            line.split,
            _number(row["accuracy_mean"], 2, 100) + ("§" if row["test_opening"] > 1 else ""),
            _number(row["accuracy_sd"], 2, 100),
            _number(row["energy_mj"], 3),
            row["energy_basis"] or _DASH,
            _number(line.flash_bytes, 2, 1e-3),
            _number(line.flops, 3, 1e-6),
            _number(line.parameters, 3, 1e-3),
            _number(line.latency_ms, 2),
        )
        for line in lines
        for row in [line.to_json()]
    ]
    later = [(line.name, line.test.opening) for line in lines if line.test and line.test.opening > 1]
    return aligned(heading, cells) + _notes(("§", later_opening_words(number, name)) for name, number in later)


def _number(value: float | None, digits: int, times: float = 1) -> str:
    return _DASH if value is None else f"{times * value:,.{digits}f}"


def figure2_objects(points: Sequence[Figure2Point], found: Correlations, **facts: Any) -> Objects:
    """An object for each network, the correlations last."""
    return [*(asdict(point) for point in points), {"row": "correlations", **asdict(found), **facts}]


def figure2_text(points: Sequence[Figure2Point], found: Correlations) -> str:
    heading = ("network", "float %", "int8 %", "k params", "k trained", "kB flash")
    cells = [
        (
            point.name,
            f"{100 * point.float_accuracy:.2f}",
            f"{100 * point.int8_accuracy:.2f}",
            _scaled(point.parameters, 1e3, 3),
            _scaled(point.parameters_trainable, 1e3, 3),
            _scaled(point.flash_bytes, 1e3, 2),
        )
        for point in points
    ]
    lines = (
        ("float with int8 accuracy", found.accuracy_pearson, found.accuracy_spearman, "0.955"),
        ("parameters with flash", found.memory_pearson, found.memory_spearman, "0.942"),
    )
    table = aligned(("correlation", "Pearson", "Spearman", "published"), [_correlation(*line) for line in lines])
    return f"{aligned(heading, cells)}\n{table}"


def aligned(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in plain text: first column to the left, the others to the right."""
    widths = [max(len(row[column]) for row in (heading, *rows)) for column in range(len(heading))]
    return "".join(
        "  ".join(cell.ljust(width) if column == 0 else cell.rjust(width) for column, (cell, width) in pairs).rstrip()
        + "\n"
        for row in (heading, *rows)
        for pairs in [list(enumerate(zip(row, widths, strict=True)))]
    )


def _correlation(name: str, pearson: float | None, spearman: float | None, published: str) -> tuple[str, ...]:
    return name, *(_DASH if value is None else f"{value:.3f}" for value in (pearson, spearman)), published


def _three(ours: int | None, published: int | None, percent: float | None, unit: float, digits: int) -> tuple[str, ...]:
    return (
        _scaled(ours, unit, digits),
        _scaled(published, unit, 2),
        _DASH if percent is None else f"{percent:+.3f}",
    )


def _scaled(value: int | None, unit: float, digits: int) -> str:
    return _DASH if value is None else f"{value / unit:,.{digits}f}"


def _notes(notes: Iterable[tuple[str, str]]) -> str:
    written = [f"{name}: {note}" for name, note in notes if note]
    return "\n" + "\n".join(written) + "\n" if written else ""
