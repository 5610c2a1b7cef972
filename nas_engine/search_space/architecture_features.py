"""Architecture as a fixed-length feature vector: input of TSGP's features and of the Gaussian process designer."""

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


def _log_width(blocks: Sequence[Block]) -> float:
    return _mean([math.log(block.filters) for block in blocks])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
