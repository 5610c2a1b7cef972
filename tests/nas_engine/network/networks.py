"""Networks small enough to be quantised and converted in a second each, one for every block kind and layout."""

import numpy as np
from numpy.typing import NDArray

from nas_engine.architecture import Architecture, Block, Head, Layout, Stem
from nas_engine.network.keras import keras
from nas_engine.network.schedule import CosineDecay
from nas_engine.network.training import ModelTrainer

FRAMES = 16
MEL_BINS = 8
CLASSES = 3

_FIRST = Block("kxk", 3, 8, (2, 2))

BLOCKS: dict[str, tuple[Block, ...]] = {
    "kxk": (_FIRST,),
    "kxk, even kernel, without strides": (Block("kxk", 4, 8, (2, 1)), Block("kxk", 3, 8)),
    "kxk, kernel below its strides": (Block("kxk", 3, 8, (4, 4)), Block("mobilenet_v1", 3, 8)),
    "kxk_bias": (Block("kxk_bias", 3, 8),),
    "kxk_bias, strided, even kernel": (Block("kxk_bias", 4, 8, (2, 1)),),
    "kx1_1xk_dw": (_FIRST, Block("kx1_1xk_dw", 3, 16)),
    "kx1_1xk_dw, pooled (2, 1), even kernel": (_FIRST, Block("kx1_1xk_dw", 4, 16, (2, 1))),
    "kx1_1xk_dw, pooled (2, 2)": (_FIRST, Block("kx1_1xk_dw", 5, 16, (2, 2))),
    "mobilenet_v1": (_FIRST, Block("mobilenet_v1", 3, 16)),
    "mobilenet_v1, strided, even kernel": (_FIRST, Block("mobilenet_v1", 4, 16, (2, 2))),
    "mobilenet_v2": (_FIRST, Block("mobilenet_v2", 3, 16)),
    "mobilenet_v2, residual": (_FIRST, Block("mobilenet_v2", 3, 8)),
    "mobilenet_v2, strided, even kernel": (_FIRST, Block("mobilenet_v2", 4, 8, (2, 2))),
    "mobilenet_v2, expanded": (_FIRST, Block("mobilenet_v2", 3, 8, expansion=6)),
    "mobilenet_v2_avg_pool": (_FIRST, Block("mobilenet_v2_avg_pool", 3, 16, (2, 2))),
    "mobilenet_v2_avg_pool, even kernel": (_FIRST, Block("mobilenet_v2_avg_pool", 4, 16, (2, 2))),
    "kx1_1xk": (_FIRST, Block("kx1_1xk", 3, 16)),
    "kx1_1xk, strided, even kernel": (_FIRST, Block("kx1_1xk", 4, 16, (2, 2))),
    "tc_resnet": (_FIRST, Block("tc_resnet", 3, 8)),
    "tc_resnet, strided, even kernel": (_FIRST, Block("tc_resnet", 4, 16, (2, 2))),
    "identity": (_FIRST, Block("identity")),
}


def small_network(blocks: tuple[Block, ...], layout: Layout = "2d") -> Architecture:
    return Architecture(Stem(FRAMES, MEL_BINS, layout), blocks, Head(CLASSES, hidden_units=16))


def clicks_and_tones(count: int, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """x [count, FRAMES, MEL_BINS], y [count]: noise (0), with clicks across all bins (1), with steady tones (2)."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, CLASSES, count)
    x = rng.normal(0, 0.5, (count, FRAMES, MEL_BINS))
    x[y == 1] += rng.normal(0, 1.5, (count, FRAMES, 1))[y == 1]
    x[y == 2] += rng.normal(0, 1.5, (count, 1, MEL_BINS))[y == 2]
    return x.astype(np.float32), y


def train(model: keras.Model, steps: int, learning_rate: float = 3e-3) -> ModelTrainer:
    """A trainer that has trained `model` for a while on `clicks_and_tones`."""
    trainer = ModelTrainer(model, "float", CosineDecay(learning_rate, steps))
    trainer.epoch(clicks_and_tones(64, seed) for seed in range(steps))
    return trainer
