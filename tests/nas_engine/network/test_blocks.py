"""Every block kind goes the whole way: float -> quantisation-aware -> int8 .tflite -> interpreter."""

import numpy as np
import pytest

from nas_engine.architecture import Block, Layout
from nas_engine.cost import cost
from nas_engine.network import builder, quantization, tflite
from nas_engine.network.keras import keras
from nas_engine.testing.counting import stored_weight_bytes
from tests.nas_engine.network.networks import BLOCKS, clicks_and_tones, small_network, train


@pytest.mark.parametrize("layout", ["2d", "1d"])
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
    assert accuracy == pytest.approx(trainer.accuracy(x, y), abs=np.mean(~sure))
