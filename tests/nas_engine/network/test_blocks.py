"""Every block kind goes the whole way: float -> quantisation-aware -> int8 .tflite -> interpreter."""

from typing import get_args

import numpy as np
import pytest

from nas_engine.architecture import BLOCK_KINDS, EXPANDING_KINDS, Block, Layout
from nas_engine.cost import cost
from nas_engine.network import builder, quantization, tflite
from nas_engine.network.keras import keras
from nas_engine.testing.counting import stored_weight_bytes
from tests.nas_engine.network.networks import BLOCKS, clicks_and_tones, small_network, train


def test_every_kind_is_among_the_cases_with_and_without_strides_with_an_even_kernel_and_expanded() -> None:
    """A new kind of block fails here until it has its cases below."""
    sized = [kind for kind in BLOCK_KINDS if kind != "identity"]
    wanted = {(kind, "even kernel") for kind in sized} | {(kind, "strided") for kind in sized}
    wanted |= {(kind, "unstrided") for kind in BLOCK_KINDS if kind != "mobilenet_v2_avg_pool"}
    wanted |= {(kind, "expanded") for kind in EXPANDING_KINDS}
    found = set()
    for block in (block for blocks in BLOCKS.values() for block in blocks):
        found.add((block.kind, "unstrided" if block.strides == (1, 1) else "strided"))
        found |= {(block.kind, "even kernel")} if block.kernel_size == 4 else set()
        found |= {(block.kind, "expanded")} if block.expansion > 1 else set()
    assert wanted - found == set()


@pytest.mark.parametrize("layout", get_args(Layout))
@pytest.mark.parametrize("blocks", BLOCKS.values(), ids=BLOCKS)
def test_the_tflite_file_answers_as_the_network_that_was_trained(blocks: tuple[Block, ...], layout: Layout) -> None:
    keras.utils.set_random_seed(0)
    architecture = small_network(blocks, layout)
    float_model = builder.build(architecture, dropout=0.1)
    train(float_model, steps=60, learning_rate=1e-2)
    ranges = quantization.measure_ranges(
        architecture, float_model, [clicks_and_tones(64, seed)[0] for seed in range(2)]
    )
    model = quantization.quantise(architecture, float_model, ranges)
    trainer = train(model, steps=3, learning_rate=1e-4)

    content = tflite.convert(model)

    assert stored_weight_bytes(content) == cost(architecture).weight_bytes
    x, y = clicks_and_tones(100, seed=99)
    simulated = model(x.reshape(-1, *architecture.stem.input_shape), training=False).numpy()
    probabilities = (tflite.predict_tflite(content, x).astype(np.float32) + 128) / 256
    # A rounding to the other side in an early layer moves a probability by a level or two of each later layer.
    assert np.abs(probabilities - simulated).mean() < 0.01
    second, first = np.sort(simulated, axis=1)[:, -2:].T
    sure = first - second > 0.1
    assert sure.mean() > 0.3
    np.testing.assert_array_equal(probabilities.argmax(axis=1)[sure], simulated.argmax(axis=1)[sure])
    accuracy, _ = tflite.evaluate_tflite(content, x, y, architecture.head.classes)
    assert accuracy == pytest.approx(trainer.accuracy(x, y), abs=np.mean(~sure) + 1e-9)  # rounding of 0.99 - 0.98
