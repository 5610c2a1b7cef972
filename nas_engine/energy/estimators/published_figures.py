"""Published figures of the paper (Speckhard et al., Tables 1 and 2)."""

from dataclasses import dataclass

from nas_engine.architecture import Architecture, BlockKind
from nas_engine.cost import cost


@dataclass(frozen=True, slots=True)
class PublishedNetwork:
    """Row of Table 1: means of five trainings and of five energy measurements on one Pixel 4 XL core.

    `accuracy` is int8 accuracy (0..1) on the test split of the paper's AudioSet task. Its standard deviation and that
    of the energy are the +- of the table. kB, M and k are 1000, 1e6 and 1000.
    """

    model: str
    energy_mj: float
    energy_sd_mj: float
    flash_bytes: int
    accuracy: float
    accuracy_sd: float
    latency_ms: float
    flops: int
    quantized_parameters: int


TABLE_1 = (
    PublishedNetwork("NAS-Bayesian", 1.30, 0.07, 51_220, 0.7078, 0.0078, 0.98, 12_520_000, 23_950),
    PublishedNetwork("NAS-HyperFirefly", 1.27, 0.07, 53_610, 0.7124, 0.0088, 0.94, 13_260_000, 24_940),
    PublishedNetwork("NAS-Bayesian-b'", 1.46, 0.08, 56_960, 0.7089, 0.0050, 1.07, 10_950_000, 27_130),
    PublishedNetwork("NAS-HyperFirefly-b'", 1.72, 0.07, 45_100, 0.7138, 0.0082, 1.27, 15_610_000, 19_700),
    PublishedNetwork("1D-NAS-Bayesian", 0.26, 0.01, 55_380, 0.6704, 0.0064, 0.22, 6_430_000, 37_230),
    # As printed; ten times the energy of a network with the same latency suggests a lost digit in 0.99 ms.
    PublishedNetwork("MobileNetV2", 13.90, 1.41, 2_717_830, 0.7030, 0.0040, 0.99, 430_350_000, 2_301_180),
    PublishedNetwork("MobileNetV1", 7.76, 0.71, 3_422_620, 0.7135, 0.0123, 5.47, 339_620_000, 3_206_400),
    PublishedNetwork("TCResNet8-1.0", 0.20, 0.01, 78_690, 0.6523, 0.0104, 0.15, 6_000_000, 66_370),
    PublishedNetwork("TCResNet14-1.5", 0.64, 0.06, 331_060, 0.6591, 0.0112, 0.43, 26_240_000, 306_050),
)


FLOPS_ROUNDING, PARAMETERS_ROUNDING = 5_000, 5
"""Half a unit of the last digit that Table 1 prints."""


@dataclass(frozen=True, slots=True)
class PublishedBlock:
    """Row of Table 2. `block` is the printed name; an identity has kernel_size = filters = 0 and no FLOPs."""

    row: int
    block: str
    kind: BlockKind
    kernel_size: int
    filters: int
    strides: tuple[int, int]
    flops: int | None


TABLE_2 = (
    PublishedBlock(1, "KxK", "kxk", 5, 8, (2, 1), 1_600_000),
    PublishedBlock(2, "1xK-Kx1-DW", "kx1_1xk_dw", 3, 24, (2, 1), 2_200_000),
    PublishedBlock(3, "1xK-Kx1-DW", "kx1_1xk_dw", 3, 32, (2, 2), 3_800_000),
    PublishedBlock(4, "MobileNetV1", "mobilenet_v1", 3, 32, (1, 1), 1_300_000),
    PublishedBlock(5, "MobileNetV2-Avg-Pool", "mobilenet_v2_avg_pool", 5, 24, (2, 2), 1_400_000),
    PublishedBlock(6, "MobileNetV2", "mobilenet_v2", 3, 24, (1, 1), 300_000),
    PublishedBlock(7, "Identity", "identity", 0, 0, (1, 1), None),
    PublishedBlock(8, "MobileNetV1", "mobilenet_v1", 3, 40, (1, 1), 200_000),
    PublishedBlock(9, "MobileNetV2", "mobilenet_v2", 3, 32, (1, 1), 900_000),
    PublishedBlock(10, "MobileNetV2", "mobilenet_v2", 3, 48, (2, 2), 400_000),
    PublishedBlock(11, "Identity", "identity", 0, 0, (1, 1), None),
    PublishedBlock(12, "MobileNetV1", "mobilenet_v1", 3, 64, (1, 1), 200_000),
)
BLOCK_FLOPS_ROUNDING = 50_000
"""Half a unit of the last digit that Table 2 prints."""


def table_1(model: str) -> PublishedNetwork:
    """Row of Table 1 with the name `model`. Raises KeyError for another name."""
    return {row.model: row for row in TABLE_1}[model]


def quantized_parameters(architecture: Architecture) -> int:
    """Number of "parameters" as counted in Table 1; see `nas_engine.cost`."""
    return cost(architecture).published_parameters
