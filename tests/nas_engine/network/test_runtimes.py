"""Results of one network in several runtimes."""

import numpy as np
import pytest

from nas_engine.architecture import Block
from nas_engine.errors import TransientError
from nas_engine.network import runtimes
from nas_engine.network.tflite import predict_tflite
from nas_engine.network.untrained import untrained_files
from tests.nas_engine.network.networks import BLOCKS, clicks_and_tones, small_network

NETWORK = small_network(BLOCKS["mobilenet_v1"])


@pytest.fixture(scope="module")
def content() -> bytes:
    return untrained_files(NETWORK)[1]


def test_a_result_counts_right_answers_other_answers_and_the_largest_difference() -> None:
    expected = np.array([[100, 0, 0], [0, 100, 0], [0, 50, 49]], np.int8)
    outputs = np.array([[-100, 0, 0], [0, 99, 0], [0, 49, 50]], np.int8)
    found = runtimes.result_of(outputs, expected, np.array([0, 1, 2]))
    assert (found.clips, found.correct, found.other_answers, found.largest_difference) == (3, 2, 2, 200)
    assert found.accuracy == pytest.approx(2 / 3)


def test_every_runtime_of_this_machine_is_compared_with_the_studys(content: bytes) -> None:
    x, y = clicks_and_tones(30)
    outputs = runtimes.predict("reference", content, x)
    found = runtimes.compare(content, x, y, outputs, runtime="reference", flops=10_000)
    assert tuple(found) == runtimes.available()
    assert {result.clips for result in found.values()} == {30}
    assert (found["reference"].other_answers, found["reference"].largest_difference) == (0, 0)
    assert found["reference"].correct == np.sum(outputs.argmax(axis=1) == y)


def test_xnnpack_is_the_default_of_tensorflow_lite(content: bytes) -> None:
    x, _ = clicks_and_tones(5)
    np.testing.assert_array_equal(runtimes.predict("xnnpack", content, x), predict_tflite(content, x))


@pytest.mark.parametrize(
    "blocks",
    [
        (Block("kxk", 3, 8, (4, 4)), Block("mobilenet_v1", 3, 8)),
        (Block("kxk", 3, 8), Block("mobilenet_v1", 3, 8, (4, 4))),
        (Block("kxk", 3, 8), Block("kx1_1xk", 3, 8, (4, 4))),
    ],
    ids=["conv", "depthwise", "separable"],
)
def test_kernels_smaller_than_their_strides_are_computed_alike(blocks: tuple[Block, ...]) -> None:
    """XNNPACK leaves outputs of 'same' convolutions as they were where no window reaches the end of an axis."""
    content = untrained_files(small_network(blocks))[1]
    x, _ = clicks_and_tones(20)
    outputs = [runtimes.predict(runtime, content, x).astype(int) for runtime in runtimes.available()]
    assert np.ptp(outputs[0], axis=0).max() > 10  # the network tells inputs apart
    for other in outputs[1:]:
        assert np.abs(other - outputs[0]).max() <= 1


def test_a_large_network_is_compared_on_fewer_clips(content: bytes) -> None:
    x, y = clicks_and_tones(40)
    outputs = runtimes.predict("xnnpack", content, x)
    found = runtimes.compare(content, x, y, outputs, runtime="xnnpack", flops=int(runtimes.COMPARED_FLOPS / 25))
    assert {name: result.clips for name, result in found.items()} == {
        name: 40 if name == "xnnpack" else 25 for name in runtimes.available()
    }


def test_a_machine_without_the_studys_runtime_leaves_the_trial_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "find_spec", lambda name: None)
    runtimes.require("xnnpack")
    with pytest.raises(TransientError, match="no interpreter of TensorFlow Lite Micro"):
        runtimes.require("micro")
