"""What Vela estimates of a trial's network on Ethos-U, block by block."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nas_engine.cost import cost
from nas_engine.deployment.npu.blocks import BlockOnNpu, by_block
from nas_engine.errors import InfeasibleArchitecture
from webapp.models import DeployBundle, StoredNpuEstimate, Trial
from webapp.translation import MS_PER_S, architecture

HAS_ESTIMATES = "has_npu_estimates"
"""Annotation of a trial: whether its architecture was compiled."""


@dataclass(frozen=True, slots=True)
class NpuCell:
    """A block on one accelerator: cycles, their time in ms and share 0..1 of the network's; names of fallbacks."""

    cycles: int
    milliseconds: float
    share: float
    fallbacks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NpuBlockRow:
    """A block with multiply-accumulates and trainable weights as we count them, and a cell for each accelerator."""

    name: str
    macs: int
    parameters: int
    cells: tuple[NpuCell, ...]


@dataclass(frozen=True, slots=True)
class NpuBlocks:
    """Blocks of a network on `accelerators`; `totals` are a cell for each, `fallbacks` those of all blocks."""

    accelerators: tuple[str, ...]
    rows: tuple[NpuBlockRow, ...]
    macs: int
    parameters: int
    totals: tuple[NpuCell, ...]

    @property
    def has_fallbacks(self) -> bool:
        return any(cell.fallbacks for cell in self.totals)


def npu_blocks(trial: Trial, bundle: DeployBundle | None) -> NpuBlocks | None:
    """Of the estimates kept of the network of a trial from `shown_trials`, and those of its `bundle`; None without any.
    At most one query.
    """
    stored = StoredNpuEstimate.objects.none()
    if getattr(trial, HAS_ESTIMATES):
        stored = StoredNpuEstimate.objects.filter(architecture=trial.architecture_id, estimate__isnull=False)
    found = {str(row["accelerator"]): row for row in (bundle.npu if bundle else ()) if "operators" in row}
    found |= {row.accelerator: row.estimate for row in stored}
    try:
        network = architecture(trial.architecture)
        blocks = {name: by_block(network, found[name]["operators"]) for name in sorted(found)}
    except (InfeasibleArchitecture, KeyError):  # a bundle of an earlier version may lack what is needed
        return None
    known = {name: rows for name, rows in blocks.items() if rows is not None}
    return _table(found, known, [block.parameters for block in cost(network).blocks]) if known else None


def _table(
    found: Mapping[str, Mapping[str, Any]], blocks: Mapping[str, Sequence[BlockOnNpu]], parameters: Sequence[int]
) -> NpuBlocks:
    by_place = [_cells(blocks[name], found[name]["clock_hz"]) for name in blocks]
    first = next(iter(blocks.values()))
    cells = zip(*by_place, strict=True)
    return NpuBlocks(
        accelerators=tuple(blocks),
        rows=tuple(
            NpuBlockRow(block.name, block.macs, count, of_block)
            for block, count, of_block in zip(first, parameters, cells, strict=True)
        ),
        macs=sum(block.macs for block in first),
        parameters=sum(parameters),
        totals=tuple(_total(of_one) for of_one in by_place),
    )


def _cells(blocks: Sequence[BlockOnNpu], clock_hz: float) -> tuple[NpuCell, ...]:
    total = sum(block.cycles for block in blocks) or 1
    return tuple(
        NpuCell(block.cycles, MS_PER_S * block.cycles / clock_hz, block.cycles / total, block.fallbacks)
        for block in blocks
    )


def _total(cells: Iterable[NpuCell]) -> NpuCell:
    cells = tuple(cells)
    return NpuCell(
        sum(cell.cycles for cell in cells),
        sum(cell.milliseconds for cell in cells),
        1.0,
        tuple(name for cell in cells for name in cell.fallbacks),
    )
