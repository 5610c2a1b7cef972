"""Vela's estimates block by block: which operators of the file are which block's, with multiply-accumulates of ours.

A block's output is the next block's only input, so that every order of execution has all operators of a block before
those of the next; which branch of a block comes first does not matter.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nas_engine.architecture import Architecture
from nas_engine.deployment.vela import layer_macs
from nas_engine.layers import Add, AveragePool, BlockLayers, Conv, Dense, Depthwise, GlobalAverage, Layer, expand

_OPERATORS: Mapping[type[Layer], str] = {
    Conv: "Conv2D",
    Depthwise: "DepthwiseConv2D",
    AveragePool: "AvgPool",
    Add: "Add",
    GlobalAverage: "Mean",
    Dense: "FullyConnected",
}
"""Vela's name of the operator that each kind of layer becomes."""
_SOFTMAX = "Softmax"


@dataclass(frozen=True, slots=True)
class BlockOnNpu:
    """Estimate for one block or, last, the head; an identity has no operators.

    `macs` are ours. `cycles` leave out `fallbacks`, the operators that the CPU computes, by Vela's names.
    """

    name: str
    macs: int
    cycles: int
    fallbacks: tuple[str, ...]


def by_block(architecture: Architecture, operators: Sequence[Mapping[str, Any]]) -> tuple[BlockOnNpu, ...] | None:
    """Blocks of a network whose `operators` Vela estimated, in its order, as `NpuEstimate.to_json` has them.

    None where they are not those of the architecture. Raises InfeasibleArchitecture as `layers.expand` does.
    """
    blocks, start, found = expand(architecture), 0, []
    for block in blocks:
        names = tuple(operator_names(block))
        own = operators[start : start + len(names)]
        if Counter(names) != Counter(operator["operator"] for operator in own):
            return None
        found.append(_block(block, own))
        start += len(names)
    return tuple(found) if start == len(operators) else None


def operator_names(block: BlockLayers) -> Iterator[str]:
    """Vela's names of the operators of a block, in the order of its layers."""
    for layer in block.layers:
        yield _OPERATORS[type(layer)]
        if isinstance(layer, Dense) and layer.activation == "softmax":
            yield _SOFTMAX


def _block(block: BlockLayers, operators: Iterable[Mapping[str, Any]]) -> BlockOnNpu:
    operators = tuple(operators)
    return BlockOnNpu(
        name=block.name,
        macs=sum(layer_macs(layer) for layer in block.layers),
        cycles=sum(operator["cycles"] for operator in operators),
        fallbacks=tuple(operator["operator"] for operator in operators if operator["on_cpu"]),
    )
