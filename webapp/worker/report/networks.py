"""Table 1 of a report, the openings of the test split, and Table 2: the blocks of one network."""

from collections.abc import Iterable, Sequence

from django.urls import reverse

from nas_engine.statistics.values import ClipAccuracy
from webapp.models import SplitOpening, Study, Trial
from webapp.queries.pages.blocks import BlockRow, BlockTable, block_table
from webapp.queries.table1 import NetworkEnergy, SeedAccuracy, Table1Line
from webapp.templatetags.figures import DASH, kilobytes, millions, number, percent, thousands, times
from webapp.worker.report.document import Cell, ReportTable, Row, plain

_COLUMNS = (
    "Network", "Energy (mJ)", "Flash (kB)", "Accuracy, test", "Accuracy, evaluation", "Inference time (ms)",
    "FLOPs (M)", "Parameters (k)",
)  # fmt: skip
_CAPTION = (
    "Accuracy: int8, mean ± standard deviation over seeds; in small the 95 % interval over clips (bootstrap by "
    "recording), known once the test split was opened. Energy: measured where runs exist (mean ± standard "
    "deviation over runs), else estimated (*), with the 90 % interval of the prediction where the energy model gives "
    "one. Parameters are counted as in the paper. Rows marked “published” stand as printed in Table 1 of Speckhard et "
    "al.: the paper's nine AudioSet classes, measured on one core of a Pixel 4 XL; accuracies on other sounds do not "
    "compare with them, energies on other devices do not either."
)


def table1(lines: Sequence[Table1Line], *, with_studies: bool = False) -> ReportTable:
    """Table 1 of our networks and the published ones; with the study of each where there are several."""
    later = sorted({line.test.opening for line in lines if line.test and line.test.opening > 1})
    marks = [f"§ opening {number} of the test split: it was looked at before." for number in later]
    return ReportTable(
        key="table-1",
        title="Table 1: networks and baselines",
        columns=_COLUMNS,
        rows=tuple(_network(line, with_studies) for line in lines),
        caption=" ".join([_CAPTION, *marks]),
    )


def _network(line: Table1Line, with_studies: bool) -> Row:
    note = line.study if with_studies and line.origin == "finalist" else line.origin.removesuffix("finalist")
    cells = (
        Cell(line.name, note, line.link),
        _energy(line.energy, line.link),
        Cell(_kilo(line.flash_bytes), link=line.link),
        _accuracy(line.test, f"{line.finals_link}#openings" if line.origin != "published" else line.link),
        _accuracy(line.evaluation, f"{line.finals_link}#finalists"),
        Cell(number(line.latency_ms, 2), link=line.energy.link if line.energy and line.latency_ms else ""),
        Cell(millions(line.flops, 2), link=line.link),
        Cell(thousands(line.parameters, 2), link=line.link),
    )
    return Row(cells, line.to_json(), "published" if line.origin == "published" else "")


def _energy(energy: NetworkEnergy | None, link: str) -> Cell:
    if energy is None:
        return Cell(DASH)
    if energy.basis == "measured":
        spread = f" ± {number(energy.sd_mj, 2)}" if energy.sd_mj is not None else ""
        runs = f"{energy.runs} run{'' if energy.runs == 1 else 's'}"
        return Cell(f"{number(energy.mj, 2)}{spread}", f"measured, {energy.source}, {runs}", energy.link or link)
    within = f"{number(energy.low_mj, 2)}–{number(energy.high_mj, 2)}, " if energy.low_mj is not None else ""
    return Cell(f"{number(energy.mj, 2)}*", f"{within}{energy.source}", link)


def _accuracy(found: SeedAccuracy | None, link: str) -> Cell:
    if found is None:
        return Cell(DASH)
    mark = "§" if found.opening > 1 else ""
    shown = percent(found.mean, 1) if found.sd is None else f"{100 * found.mean:.1f} ± {percent(found.sd, 1)}"
    seeds = f"{found.seeds} seed{'' if found.seeds == 1 else 's'}"
    return Cell(f"{shown}{mark}", f"{seeds}{_over_clips(found.over_clips)}", link)


def _over_clips(found: ClipAccuracy | None) -> str:
    if found is None:
        return ""
    return f"; clips {100 * found.interval.low:.1f}–{100 * found.interval.high:.1f}"


def _kilo(size_bytes: float | None) -> str:
    return kilobytes(size_bytes).split("\N{NO-BREAK SPACE}")[0]


def openings_table(openings: Iterable[SplitOpening], key: str, link: str) -> ReportTable | None:
    """Who opened the test split for what, when, for which time; None where nobody did."""
    rows = tuple(_opening(one, link) for one in openings)
    columns = ("Network", "Opening", "State", "By", "When (UTC)", "Features (SHA-256)")
    title = "Openings of the test split"
    return ReportTable(f"{key}-openings", title, columns, rows, _opening_caption(rows), len(columns)) if rows else None


def _opening_caption(rows: Sequence[Row]) -> str:
    later = [row for row in rows if int(row.values["number"] or 0) > 1]
    first = "Each opening evaluates all trained seeds of one network and stays on record."
    return f"{first} § The figure of a later opening is no longer that of unseen clips." if later else first


def _opening(one: SplitOpening, link: str) -> Row:
    by, at = str(one.opened_by or "a command"), f"{one.opened_at:%Y-%m-%d %H:%M}"
    mark = "§" if one.number > 1 else ""
    cells = (
        Cell(one.label, link=f"{link}#openings"),
        Cell(f"number {one.number}{mark}"),
        Cell(str(one.get_state_display()), one.reason),
        *plain((by, at, one.data_hash[:16])),
    )
    values = {
        "network": one.label, "number": one.number, "state": one.state, "opened_by": by, "opened_at": at,
        "data_hash": one.data_hash, "reason": one.reason,
    }  # fmt: skip
    return Row(cells, values)


def table2(study: Study, trial: Trial, label: str, key: str) -> ReportTable | None:
    """Blocks of a trial's network, as in Table 2 of the paper; None where it cannot be built."""
    found = block_table(trial.architecture)
    if found is None:
        return None
    link = reverse("trial", args=[trial.study_id, trial.number])
    columns = (
        "Block", "Kind", "Kernel", "Filters", "Strides", "Output", "FLOPs (M)", "Share", "Parameters", "Energy, share*",
    )  # fmt: skip
    return ReportTable(
        key=f"{key}-table-2",
        title=f"Table 2: blocks of {label} of {study.name}",
        columns=columns,
        rows=(*(_block(block, link) for block in found.rows), _total(found, link)),
        caption="* Share of the energy that the analytical cost model estimates; instruments measure no single block.",
        texts=2,
    )


def _block(block: BlockRow, link: str) -> Row:
    shown = (
        block.name, block.kind_name, str(block.kernel_size or DASH), str(block.filters or DASH),
        times(block.strides), times(block.output_shape), millions(block.flops, 3), percent(block.flops_share),
        f"{block.parameters:,}", percent(block.energy_share),
    )  # fmt: skip
    values = {
        "block": block.name, "kind": block.kind, "kernel_size": block.kernel_size, "filters": block.filters,
        "strides": times(block.strides), "output": times(block.output_shape), "flops": block.flops,
        "flops_share": block.flops_share, "parameters": block.parameters, "energy_share": block.energy_share,
    }  # fmt: skip
    return Row((Cell(shown[0], link=link), *plain(shown[1:])), values)


def _total(found: BlockTable, link: str) -> Row:
    flops, parameters = millions(found.flops, 3), f"{found.parameters:,}"
    cells = (Cell("In all", link=link), *plain(("", "", "", "", "", flops, "", parameters, "")))
    names = ("kind", "kernel_size", "filters", "strides", "output")
    values = {"block": "total", **dict.fromkeys(names), "flops": found.flops, "flops_share": 1.0}
    return Row(cells, values | {"parameters": found.parameters, "energy_share": 1.0}, "total")
