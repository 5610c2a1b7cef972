"""Synthetic landscape of accuracies, used by `simulated_evaluation` in place of training.

It is not a prediction. It has properties that make a search over the paper's space hard or easy, so that designers can
be compared on thousands of networks in seconds: returns that diminish with width and depth, larger kernels that help
only early in the network, block kinds of different value, and interactions of neighbouring blocks (a residual path, a
bottleneck, two blocks of one kind in a row). Its constants put the networks of Table 1 within
three points of their published accuracies, and the networks of the paper's space between 0.63 and 0.73.
"""

import math
from collections.abc import Mapping
from itertools import pairwise

from nas_engine.architecture import Architecture, Block, BlockKind

MAJORITY_ACCURACY = 0.5
"""Half of the examples are negatives (section 4): always answering "negative" is right half the time."""

_CEILING = {"2d": 0.735, "1d": 0.68}
_RATE = 0.40
_USE_OF_KIND: Mapping[BlockKind, float] = {
    "kxk": 1.0,
    "kxk_bias": 1.0,
    "kx1_1xk_dw": 0.9,
    "mobilenet_v1": 1.0,
    "mobilenet_v2": 1.05,
    "mobilenet_v2_avg_pool": 1.15,
    "kx1_1xk": 1.1,
    "tc_resnet": 2.0,
    "identity": 0.0,
}
_HALF_WIDTH = 30
_KERNEL_GAIN = 0.25
_RESIDUAL_GAIN = 0.3
_REPETITION_LOSS = 0.25
_BOTTLENECK_LOSS = 0.3


def asymptotic_accuracy(architecture: Architecture) -> float:
    """Accuracy (0..1) the simulated network approaches with endless training; the same for equal architectures."""
    blocks = [block for block in architecture.blocks if block.kind != "identity"]
    depth = max(len(architecture.blocks) - 1, 1)
    alone = sum(_use(block, i / depth) for i, block in enumerate(architecture.blocks))
    together = sum(_interplay(before, after) for before, after in pairwise(blocks))
    usefulness = max(0.0, alone + together)
    span = _CEILING[architecture.stem.layout] - MAJORITY_ACCURACY
    return MAJORITY_ACCURACY + span * (1 - math.exp(-_RATE * usefulness))


def epochs_to_learn(architecture: Architecture) -> float:
    """Time constant of learning in epochs: wide and deep networks start slower and end higher, so curves cross."""
    return 3 + 0.03 * sum(block.filters for block in architecture.blocks)


def _use(block: Block, place: float) -> float:
    """Contribution of a block by itself at `place` (0 = first, 1 = last)."""
    width = block.filters / (block.filters + _HALF_WIDTH)
    # A kernel of 5 helps on large feature maps, not on those smaller than the kernel.
    field = 1 + _KERNEL_GAIN * (1 - 1.5 * place) * min(block.kernel_size - 3, 2) if block.kernel_size else 0
    return _USE_OF_KIND[block.kind] * width * field


def _interplay(before: Block, after: Block) -> float:
    """Contribution of the interaction of two successive blocks."""
    octaves = abs(math.log2(after.filters / before.filters))
    gain = -_BOTTLENECK_LOSS * max(0.0, octaves - 0.5)
    if after.kind in ("mobilenet_v2", "tc_resnet") and after.strides == (1, 1) and octaves == 0:
        gain += _RESIDUAL_GAIN
    if after.kind == before.kind:
        gain -= _REPETITION_LOSS
    return gain
