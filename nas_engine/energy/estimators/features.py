"""Features of a network for a device's energy model: the paper's inputs (section 2.4), as a row of a table.

Features of each block are kind, kernel size and filters; of the network FLOPs, bytes of the TFLite file (the plain one,
which is the paper's), parameters, bytes of activations, peak RAM in bytes and depth. `analytical_energy_mj` is the
estimate of the analytical cost model: FLOPs and memory traffic in one number, which helps models of few measurements.
"""

from nas_engine.cost import ArchitectureCost
from nas_engine.energy.estimators.analytical import predict_energy_mj
from nas_engine.energy.regression.schema import CellValue

ANALYTICAL = "analytical_energy_mj"
"""Column with the estimate (mJ) of the analytical cost model."""


def row(cost: ArchitectureCost) -> dict[str, CellValue]:
    """Features of a network by name; blocks are numbered from 1, identities have kernel size and filters 0."""
    values: dict[str, CellValue] = {}
    blocks = cost.blocks[:-1]  # the last is the head, which a search space shares
    for number, block in enumerate(blocks, start=1):
        values[f"block {number} kind"] = block.kind
        values[f"block {number} kernel size"] = float(block.kernel_size)
        values[f"block {number} filters"] = float(block.filters)
    return values | {
        "FLOPs": float(cost.flops),
        "TFLite bytes": float(cost.plain_flash_bytes_estimate),
        "parameters": float(cost.parameters),
        "activation bytes": float(cost.activation_bytes),
        "peak RAM bytes": float(cost.peak_activation_bytes),
        "depth": float(sum(block.kind != "identity" for block in blocks)),
        ANALYTICAL: predict_energy_mj(cost).energy_mj,
    }
