"""Published networks as architectures, so that the one builder and the one cost walk serve them too.

The paper modified the MobileNets and TC-ResNets "slightly" for its 196x40 input without saying how. These definitions
are the ones whose counted FLOPs equal Table 1's to the last printed digit (tests/nas_engine/test_baselines.py).
"""

from collections.abc import Callable, Mapping
from itertools import pairwise

from nas_engine.architecture import Architecture, Block, Head, Stem


def nas_bayesian(classes: int = 9) -> Architecture:
    """The network of Table 2, the best that NAS-Bayesian found; an architecture of the space paper_2d."""
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


def mobilenet_v1(classes: int = 9) -> Architecture:
    """MobileNetV1: the first stride in time alone, the last of the thirteen blocks left out, a dense layer of 1000."""
    strided = (2, 2)
    blocks = (
        Block("kxk", 3, 32, (2, 1)),
        Block("mobilenet_v1", 3, 64),
        Block("mobilenet_v1", 3, 128, strided),
        Block("mobilenet_v1", 3, 128),
        Block("mobilenet_v1", 3, 256, strided),
        Block("mobilenet_v1", 3, 256),
        Block("mobilenet_v1", 3, 512, strided),
        *(Block("mobilenet_v1", 3, 512) for _ in range(5)),
        Block("mobilenet_v1", 3, 1024, strided),
    )
    return Architecture(Stem(), blocks, Head(classes, hidden_units=1000, hidden_activation="linear"))


def mobilenet_v2(classes: int = 9) -> Architecture:
    """MobileNetV2: expansion 6 in every bottleneck, the first stride in time alone, stage 160 without its stride."""
    stages = ((16, 1, 1), (24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 1), (320, 1, 1))
    bottlenecks = (
        Block("mobilenet_v2", 3, filters, (stride, stride) if i == 0 else (1, 1), expansion=6)
        for filters, repeats, stride in stages
        for i in range(repeats)
    )
    blocks = (Block("kxk", 3, 32, (2, 1)), *bottlenecks, Block("kxk", 1, 1280))
    return Architecture(Stem(), blocks, Head(classes, hidden_units=None))


def tc_resnet8(classes: int = 9) -> Architecture:
    """TC-ResNet8 of width 1.0 (Choi et al. 2019)."""
    return _tc_resnet(16, (24, 32, 48), classes)


def tc_resnet14(classes: int = 9) -> Architecture:
    """TC-ResNet14 of width 1.5 (Choi et al. 2019)."""
    return _tc_resnet(24, (36, 36, 48, 48, 72, 72), classes)


def _tc_resnet(first_filters: int, filters: tuple[int, ...], classes: int) -> Architecture:
    """A convolution with a bias and without BatchNorm, then residual blocks that halve time where they widen."""
    widths = (first_filters, *filters)
    residual = (
        Block("tc_resnet", 9, width, (2, 1) if width != before else (1, 1)) for before, width in pairwise(widths)
    )
    blocks = (Block("kxk_bias", 3, first_filters), *residual)
    return Architecture(Stem(layout="1d"), blocks, Head(classes, hidden_units=None))


BASELINES: Mapping[str, Callable[[int], Architecture]] = {
    "MobileNetV1": mobilenet_v1,
    "MobileNetV2": mobilenet_v2,
    "TCResNet8-1.0": tc_resnet8,
    "TCResNet14-1.5": tc_resnet14,
}
