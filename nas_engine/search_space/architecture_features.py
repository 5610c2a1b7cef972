"""Architecture as a fixed-length vector: of the whole network, for TSGP and the Gaussian process designer; and of its
blocks one by one, for the marginal value of trainings."""

import math
from collections.abc import Sequence

from nas_engine.architecture import BLOCK_KINDS, Architecture, Block
from nas_engine.cost import cost

NAMES = (
    "log_flops",
    "log_parameters",
    "log_activation_bytes",
    "depth",
    "log_width_early",
    "log_width_late",
    "mean_kernel_size",
    *(f"share_{kind}" for kind in BLOCK_KINDS if kind != "identity"),
)


def feature_vector(architecture: Architecture) -> tuple[float, ...]:
    """One value for each of `NAMES`, not standardised. Raises InfeasibleArchitecture where it cannot be built.

    Logarithms are natural. Widths are means of log filters over the first and the second half of the blocks, without
    identities; depth counts blocks without identities; shares are 0..1 of these.
    """
    counted = cost(architecture)
    blocks = [block for block in architecture.blocks if block.kind != "identity"]
    middle = (len(blocks) + 1) // 2
    return (
        math.log(counted.flops),
        math.log(counted.parameters),
        math.log(counted.activation_bytes),
        float(len(blocks)),
        _log_width(blocks[:middle]),
        _log_width(blocks[middle:]),
        _mean([block.kernel_size for block in blocks]),
        *(_mean([block.kind == kind for block in blocks]) for kind in BLOCK_KINDS if kind != "identity"),
    )


def block_vector(architecture: Architecture) -> tuple[float, ...]:
    """Block at each position: one value for each kind, of which its own is 1 and the others are 0, the natural
    logarithm of its filters and its kernel size. An identity has neither filters nor a kernel: 0.
    """
    found: list[float] = []
    for block in architecture.blocks:
        found.extend(float(block.kind == kind) for kind in BLOCK_KINDS)
        is_real = block.kind != "identity"
        found.extend((math.log(block.filters), float(block.kernel_size)) if is_real else (0.0, 0.0))
    return tuple(found)


def _log_width(blocks: Sequence[Block]) -> float:
    return _mean([math.log(block.filters) for block in blocks])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
