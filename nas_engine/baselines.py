"""Published networks as architectures, built and counted by the same code as those of a search space.

The paper modified the MobileNets and TC-ResNets "slightly" for its 196x40 input without saying how. These definitions
are the ones whose counted FLOPs equal Table 1's to the last printed digit (tests/nas_engine/test_baselines.py).

Each takes a width multiplier, which scales the filters of every layer, rounded as in its authors' code. A baseline's
name is its family and its width: "MobileNetV2-0.5"; the family alone means the width of Table 1.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nas_engine.architecture import Architecture, Block, Head, Stem

SMALLEST_WIDTH, LARGEST_WIDTH = 0.1, 2.0
_WIDTH = re.compile(r"(?P<family>.*?[^-])(?:-(?P<width>\d+(?:\.\d{1,3})?))?")


def nas_bayesian(classes: int = 9) -> Architecture:
    """Best network found by NAS-Bayesian (Speckhard et al., Table 2); an architecture of the space paper_2d."""
    blocks = (
        Block("kxk", 5, 8, (2, 1)),
        Block("kx1_1xk_dw", 3, 24, (2, 1)),
        Block("kx1_1xk_dw", 3, 32, (2, 2)),
        Block("mobilenet_v1", 3, 32),
        Block("mobilenet_v2_avg_pool", 5, 24, (2, 2)),
        Block("mobilenet_v2", 3, 24),
        Block("identity"),
        Block("mobilenet_v1", 3, 40),
        Block("mobilenet_v2", 3, 32),
        Block("mobilenet_v2", 3, 48, (2, 2)),
        Block("identity"),
        Block("mobilenet_v1", 3, 64),
    )
    return Architecture(Stem(), blocks, Head(classes=classes))


def mobilenet_v1(classes: int = 9, width: float = 1.0) -> Architecture:
    """MobileNetV1 (Howard et al. 2017): first stride in time alone, last of the thirteen blocks left out, dense 1000.

    `width` scales filters as in Keras' MobileNet, rounded down; the dense layer keeps its 1000 units. Raises ValueError
    for a width outside 0.1..2, as all baselines do.
    """
    _check_width(width)
    strided = (2, 2)
    stages = (
        (64, (1, 1)),
        (128, strided),
        (128, (1, 1)),
        (256, strided),
        (256, (1, 1)),
        (512, strided),
        *((512, (1, 1)) for _ in range(5)),
        (1024, strided),
    )
    first = Block("kxk", 3, int(32 * width), (2, 1))
    blocks = (first, *(Block("mobilenet_v1", 3, int(filters * width), strides) for filters, strides in stages))
    return Architecture(Stem(), blocks, Head(classes, hidden_units=1000, hidden_activation="linear"))


def mobilenet_v2(classes: int = 9, width: float = 1.0) -> Architecture:
    """MobileNetV2: expansion 6 in every bottleneck, first stride in time alone, stage 160 without its stride.

    `width` as in Keras' MobileNetV2: filters become multiples of 8, and the last convolution is not scaled below a
    width of 1 (Sandler et al. 2018, section 4).
    """
    _check_width(width)
    stages = ((16, 1, 1), (24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 1), (320, 1, 1))
    bottlenecks = (
        Block("mobilenet_v2", 3, _multiple_of_8(filters * width), (stride, stride) if i == 0 else (1, 1), expansion=6)
        for filters, repeats, stride in stages
        for i in range(repeats)
    )
    first, last = Block("kxk", 3, _multiple_of_8(32 * width), (2, 1)), _multiple_of_8(1280 * max(1.0, width))
    return Architecture(Stem(), (first, *bottlenecks, Block("kxk", 1, last)), Head(classes, hidden_units=None))


def _multiple_of_8(filters: float) -> int:
    """The nearest multiple of 8, at least 8, and never below 90 % of `filters` (Keras' `_make_divisible`)."""
    rounded = max(8, int(filters + 4) // 8 * 8)
    return rounded if rounded >= 0.9 * filters else rounded + 8


def tc_resnet8(classes: int = 9, width: float = 1.0) -> Architecture:
    """TC-ResNet8 (Choi et al. 2019): one residual block per stage. `width` rounds down, as in the authors' code."""
    return _tc_resnet(1, classes, width)


def tc_resnet14(classes: int = 9, width: float = 1.5) -> Architecture:
    """TC-ResNet14 (Choi et al. 2019): two residual blocks per stage. `width` rounds down, as in the authors' code."""
    return _tc_resnet(2, classes, width)


def _tc_resnet(blocks_a_stage: int, classes: int, width: float) -> Architecture:
    """A convolution with a bias and without BatchNorm, then stages whose first residual block halves time."""
    _check_width(width)
    residual = (
        Block("tc_resnet", 9, int(filters * width), (2, 1) if i == 0 else (1, 1))
        for filters in (24, 32, 48)
        for i in range(blocks_a_stage)
    )
    blocks = (Block("kxk_bias", 3, int(16 * width)), *residual)
    return Architecture(Stem(layout="1d"), blocks, Head(classes, hidden_units=None))


def _check_width(width: float) -> None:
    if not SMALLEST_WIDTH <= width <= LARGEST_WIDTH:
        raise ValueError(f"a width multiplier must lie between {SMALLEST_WIDTH:g} and {LARGEST_WIDTH:g}, not {width:g}")


BASELINES: Mapping[str, Callable[[int], Architecture]] = {
    "MobileNetV1": mobilenet_v1,
    "MobileNetV2": mobilenet_v2,
    "TCResNet8-1.0": tc_resnet8,
    "TCResNet14-1.5": tc_resnet14,
}
"""Networks of Table 1 (Speckhard et al.) by the names of its rows; each takes the number of classes."""


@dataclass(frozen=True, slots=True)
class _Family:
    """Constructor of a family and its width in Table 1."""

    build: Callable[[int, float], Architecture]
    default_width: float


_FAMILIES: Mapping[str, _Family] = {
    "MobileNetV1": _Family(mobilenet_v1, 1.0),
    "MobileNetV2": _Family(mobilenet_v2, 1.0),
    "TC-ResNet8": _Family(tc_resnet8, 1.0),
    "TC-ResNet14": _Family(tc_resnet14, 1.5),
}
NAMES: tuple[str, ...] = tuple(_FAMILIES)


@dataclass(frozen=True, slots=True)
class Baseline:
    """One family (of `NAMES`) at one width."""

    family: str
    width: float

    @property
    def name(self) -> str:
        """Name with the width, such as "MobileNetV2-0.5"; accepted by `baseline`."""
        return f"{self.family}-{self.width}"

    def architecture(self, classes: int = 9) -> Architecture:
        """Network of this family and width with `classes` outputs."""
        return _FAMILIES[self.family].build(classes, self.width)


def baseline(name: str) -> Baseline:
    """The baseline called `name`: a family of `NAMES`, and its width after a hyphen unless it is that of Table 1.

    Upper case and the family's own hyphen may be left out ("tcresnet8-0.5"). Raises ValueError for
    an unknown family or a width out of range.
    """
    found = _WIDTH.fullmatch(name.strip())
    key = found["family"].replace("-", "").lower() if found else ""
    family = next((known for known in NAMES if known.replace("-", "").lower() == key), None)
    if found is None or family is None:
        raise ValueError(
            f"there is no baseline {name!r}; known are {', '.join(NAMES)}, each with a width of at most three decimals "
            "after a hyphen, such as MobileNetV2-0.5"
        )
    width = float(found["width"]) if found["width"] else _FAMILIES[family].default_width
    _check_width(width)
    return Baseline(family, width)


def by_name(name: str, classes: int = 9) -> Architecture:
    """Network of `baseline(name)` with `classes` outputs. Raises ValueError as `baseline` does."""
    return baseline(name).architecture(classes)
