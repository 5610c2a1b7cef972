"""The blocks of a network and what they cost, one by one and stage by stage."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from nas_engine.cost import ArchitectureCost, BlockCost, cost
from nas_engine.energy.estimators.analytical import block_shares
from nas_engine.errors import InfeasibleArchitecture
from webapp.models import StoredArchitecture
from webapp.queries.summaries import KIND_NAMES, BlockMark, block_mark
from webapp.translation import architecture

HEAD = 0
"""The stage of the head, which has no time steps left."""


@dataclass(frozen=True, slots=True)
class BlockRow:
    """One block of the network. Shares are 0..1 of the network's FLOPs and of its estimated energy."""

    name: str
    kind: str
    kind_name: str
    kernel_size: int
    filters: int
    strides: tuple[int, int]
    output_shape: tuple[int, ...]
    flops: int
    parameters: int
    activation_bytes: int
    flops_share: float
    energy_share: float
    is_bottleneck: bool

    @property
    def mark(self) -> BlockMark:
        return block_mark(self.kind, self.kernel_size, self.filters)

    @property
    def time_steps(self) -> int:
        """Height of the output; `HEAD` for the head."""
        return self.output_shape[0] if self.kind != "head" else HEAD


@dataclass(frozen=True, slots=True)
class Stage:
    """Neighbouring blocks whose outputs have equally many time steps; None in place of a block is an empty row."""

    time_steps: int
    rows: tuple[BlockRow | None, ...]
    energy_share: float


@dataclass(frozen=True, slots=True)
class BlockTable:
    """The blocks in order, the head last, by stages, and the network's totals; `input_shape` is (time, frequency, 1).

    With the layout "1d" it is (time, 1, frequency).
    """

    input_shape: tuple[int, int, int]
    stages: tuple[Stage, ...]
    flops: int
    parameters: int
    activation_bytes: int
    peak_activation_bytes: int

    @property
    def rows(self) -> tuple[BlockRow, ...]:
        return tuple(row for stage in self.stages for row in stage.rows if row is not None)

    @property
    def heights(self) -> Mapping[int, int]:
        """Rows of each stage, by its time steps."""
        return {stage.time_steps: len(stage.rows) for stage in self.stages}

    def padded(self, heights: Mapping[int, int]) -> tuple[Stage, ...]:
        """The stages of `heights` in its order, each with so many rows, empty where this network has none."""
        own = {stage.time_steps: stage for stage in self.stages}
        stages = (own.get(steps, Stage(steps, (), 0.0)) for steps in heights)
        return tuple(
            Stage(stage.time_steps, stage.rows + (None,) * (height - len(stage.rows)), stage.energy_share)
            for stage, height in zip(stages, heights.values(), strict=True)
        )


def block_table(row: StoredArchitecture) -> BlockTable | None:
    """The blocks of an architecture, from the same pure walk that the cost of every trial comes from.

    None where the network cannot be built, so that there is nothing to count.
    """
    network = architecture(row)
    try:
        total = cost(network)
    except InfeasibleArchitecture:
        return None
    shares = [block.flops / total.flops for block in total.blocks]
    energy_shares = block_shares(total)
    dearest = max(energy_shares)
    rows = (
        _block_row(block, share, energy_share, energy_share == dearest)
        for block, share, energy_share in zip(total.blocks, shares, energy_shares, strict=True)
    )
    stages = ((steps, tuple(group)) for steps, group in groupby(rows, key=lambda row: row.time_steps))
    return BlockTable(
        input_shape=network.stem.input_shape,
        stages=tuple(Stage(steps, blocks, sum(block.energy_share for block in blocks)) for steps, blocks in stages),
        **_totals(total),
    )


def _totals(total: ArchitectureCost) -> dict[str, int]:
    names = ("flops", "parameters", "activation_bytes", "peak_activation_bytes")
    return {name: getattr(total, name) for name in names}


def _block_row(block: BlockCost, flops_share: float, energy_share: float, is_bottleneck: bool) -> BlockRow:
    return BlockRow(
        name=block.name,
        kind=block.kind,
        kind_name=KIND_NAMES.get(block.kind, block.kind),
        kernel_size=block.kernel_size,
        filters=block.filters,
        strides=block.strides,
        output_shape=block.output_shape,
        flops=block.flops,
        parameters=block.parameters,
        activation_bytes=block.activation_bytes,
        flops_share=flops_share,
        energy_share=energy_share,
        is_bottleneck=is_bottleneck,
    )
