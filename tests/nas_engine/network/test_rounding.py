"""At the scales of `network.rounding` all ways of rescaling an accumulator give the same int8 value."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from nas_engine.layers import INPUT_NAME, Add, AveragePool, GlobalAverage, all_layers
from nas_engine.network import rounding, tflite
from nas_engine.network.untrained import untrained_model
from tests.nas_engine.network.networks import BLOCKS, small_network
from tests.nas_engine.network.runtimes import RUNTIMES

Accumulators = NDArray[np.int64]
INPUT_SCALE, OUTPUT_SCALE = np.float32(0.0235), np.float32(0.0411)
KINDS = ("mobilenet_v2, residual", "tc_resnet", "kx1_1xk_dw, pooled (2, 2)", "mobilenet_v1", "kx1_1xk")


def rounded_twice(accumulators: Accumulators, scale: np.float32) -> Accumulators:
    """The reference kernels: a 31-bit multiplier, rounding, a shift, rounding (halves away from 0)."""
    mantissa, exponent = math.frexp(float(INPUT_SCALE) * float(scale) / float(OUTPUT_SCALE))
    product = accumulators * round(mantissa * 2**31)
    high = np.sign(product) * ((np.abs(product) + 2**30) >> 31)
    return np.sign(high) * ((np.abs(high) + (1 << (-exponent - 1))) >> -exponent)


def rounded_once(accumulators: Accumulators, scale: np.float32) -> Accumulators:
    """The optimised kernels: a 31-bit multiplier, one rounding (halves up)."""
    mantissa, exponent = math.frexp(float(INPUT_SCALE) * float(scale) / float(OUTPUT_SCALE))
    shift = 31 - exponent
    return (accumulators * round(mantissa * 2**31) + (1 << (shift - 1))) >> shift


def rounded_in_float(accumulators: Accumulators, scale: np.float32) -> Accumulators:
    """XNNPACK: float32 throughout, one rounding (halves to even)."""
    return np.rint(accumulators.astype(np.float32) * (INPUT_SCALE * scale / OUTPUT_SCALE)).astype(np.int64)


def weight_scale(accumulators_a_step: float) -> np.float32:
    return np.float32(float(OUTPUT_SCALE) / float(INPUT_SCALE) / accumulators_a_step)


def all_accumulators(accumulators_a_step: float) -> Accumulators:
    """Those of all int8 values, and of the differences between any two."""
    top = int(255 * accumulators_a_step)
    return np.arange(-top, top + 1)


@pytest.mark.parametrize("other", [rounded_once, rounded_in_float])
@pytest.mark.parametrize("least", [8.5, 14.2, 31.9, 33.3, 57.5, 127.9, 128.1, 205.3, 485.5, 590.3, 1352.0])
def test_all_accumulators_are_rounded_alike(least: float, other: Callable[..., Accumulators]) -> None:
    found = rounding.steps_above(least)
    accumulators, scale = all_accumulators(found), weight_scale(found)
    np.testing.assert_array_equal(rounded_twice(accumulators, scale), other(accumulators, scale))


def test_at_most_scales_one_accumulator_of_a_step_depends_on_the_runtime() -> None:
    accumulators, scale = all_accumulators(407.1), weight_scale(407.1)
    differing = np.mean(rounded_twice(accumulators, scale) != rounded_in_float(accumulators, scale))
    assert 0.5 / 407.1 < differing < 1 / 407.1


@pytest.mark.parametrize("least", np.geomspace(8, 4000, 50))
def test_a_safe_number_of_accumulators_is_at_most_a_quarter_above_the_least(least: float) -> None:
    assert least - 0.001 <= rounding.steps_above(least) <= 1.25 * least + 2


@pytest.mark.parametrize("most", [8.5, 14.2, 31.9, 33.3, 57.5, 127.9, 128.1, 205.3, 485.5, 590.3, 1352.0])
def test_the_range_of_weights_grows_to_a_safe_one(most: float) -> None:
    """Also as computed in TensorFlow, in float32: every accumulator of the weight scale that results is safe."""
    unit = rounding.WEIGHT_LEVELS * float(OUTPUT_SCALE) / float(INPUT_SCALE)
    limit = np.float32(unit / most)
    safe = rounding.safe_limits(np.array([limit]), unit).numpy()[0]
    assert limit * 0.999 <= safe <= 1.45 * limit
    scale = np.float32(2 * float(safe) / 254)
    accumulators = all_accumulators(most)
    np.testing.assert_array_equal(rounded_twice(accumulators, scale), rounded_in_float(accumulators, scale))


def test_scales_grow_alone_and_a_pool_has_that_of_its_input() -> None:
    layers = all_layers(small_network(tuple(block for kind in KINDS for block in BLOCKS[kind])))
    rng = np.random.default_rng(0)
    before = {name: float(scale) for name, scale in zip(
        [INPUT_NAME, *(layer.name for layer in layers)], rng.uniform(0.01, 0.1, len(layers) + 1), strict=True
    )}  # fmt: skip
    after = rounding.tensor_scales(layers, before)
    assert set(after) == set(before)
    for layer in layers:
        if isinstance(layer, AveragePool):
            assert after[layer.name] == after[layer.inputs[0]]
        else:
            assert before[layer.name] <= after[layer.name] * 1.001
        if isinstance(layer, Add):
            assert_odd_multiples([after[name] for name in (layer.name, *layer.inputs)])
        if isinstance(layer, GlobalAverage):
            assert after[layer.name] <= 1.3 * before[layer.name] + after[layer.inputs[0]]


def assert_odd_multiples(scales: list[float]) -> None:
    """Some odd number up to 61 of equal parts of the smallest divides all into odd numbers."""
    parts = [np.array(scales) / min(scales) * count for count in range(1, 62, 2)]
    assert any(np.allclose(part, np.rint(part), atol=1e-6) and np.all(np.rint(part) % 2 == 1) for part in parts)


@pytest.fixture(scope="module")
def noise() -> NDArray[np.int8]:
    levels = np.geomspace(5, 200, 60).reshape(-1, 1, 1, 1)
    return np.clip(np.random.default_rng(0).normal(0, levels, (60, 16, 8, 1)), -128, 127).astype(np.int8)


def answers(content: bytes, x: NDArray[np.int8]) -> dict[str, NDArray[np.int8]]:
    """Outputs [n, classes] of the runtimes that a study can optimise for."""
    return {name: run(content, x) for name, run in RUNTIMES.items() if name != "optimised kernels"}


def test_xnnpack_reference_kernels_and_micro_answer_all_kinds_of_layers_with_the_same_numbers(
    noise: NDArray[np.int8],
) -> None:
    network = small_network(tuple(block for kind in KINDS for block in BLOCKS[kind]))
    found = answers(tflite.convert(untrained_model(network)), noise)
    assert len(np.unique(found["XNNPACK"], axis=0)) > 30
    for outputs in found.values():
        np.testing.assert_array_equal(outputs, found["XNNPACK"])


def test_with_scales_as_measured_their_numbers_differ(noise: NDArray[np.int8]) -> None:
    network = small_network(tuple(block for kind in KINDS for block in BLOCKS[kind]))
    found = answers(tflite.convert(untrained_model(network, rounding_safe=False)), noise)
    assert np.mean(np.any(found["reference kernels"] != found["XNNPACK"], axis=1)) > 0.3
