"""The tensors of real .tflite files, and the difference of two."""

import numpy as np
import pytest

from nas_engine.files.tflite_difference import file_difference
from nas_engine.files.tflite_tensors import input_and_output, stored_tensors
from nas_engine.network.tflite import interpreter_of
from nas_engine.network.untrained import untrained_files
from nas_engine.testing.spaces import tiny_2d
from tests.nas_engine.network.threads import use_one_thread

use_one_thread()


@pytest.fixture(scope="module")
def network() -> bytes:
    return untrained_files(tiny_2d().sample(np.random.default_rng(0)))[1]


def with_a_weight_changed(content: bytes, steps: int) -> bytes:
    """The file with one int8 weight of its largest tensor changed by so many steps."""
    weights = max((one for one in stored_tensors(content) if one.dtype == "int8"), key=lambda one: one.values.size)
    at = content.index(weights.values.tobytes())
    value = np.int8(weights.values[0])
    other = np.int8(value + steps if value + steps <= 127 else value - steps)
    return content[:at] + other.tobytes() + content[at + 1 :]


def test_tensors_are_those_that_the_interpreter_sees(network: bytes) -> None:
    details = interpreter_of(network).get_tensor_details()
    tensors = stored_tensors(network)
    found = {one.number: (one.shape, one.dtype, one.scales) for one in tensors}
    for detail in details:
        if detail["index"] in found:
            shape, dtype, scales = found[detail["index"]]
            assert (shape, dtype) == (tuple(detail["shape"]), np.dtype(detail["dtype"]).name)
            np.testing.assert_array_equal(np.float32(scales), detail["quantization_parameters"]["scales"])
    source, _ = input_and_output(network)
    assert (source.scale,) in {one.scales for one in tensors}


def test_constants_have_as_many_values_as_their_shape(network: bytes) -> None:
    constants = [one for one in stored_tensors(network) if one.values.size]
    assert {"int8", "int32"} <= {one.dtype for one in constants}
    assert all(one.values.size == np.prod(one.shape, dtype=int) for one in constants)


def test_a_file_differs_from_itself_in_nothing(network: bytes) -> None:
    found = file_difference(network, network)
    assert found.same_weights
    assert (found.values_differing, found.largest_int8_steps) == (0, 0)


def test_one_weight_that_differs_is_found_with_its_steps(network: bytes) -> None:
    found = file_difference(network, with_a_weight_changed(network, 3))
    assert not found.same_weights
    assert (len(found.differing), found.values_differing, found.largest_int8_steps) == (1, 1, 3)
    assert not found.differing[0].scales_differ


def test_networks_of_other_shapes_are_not_compared_tensor_by_tensor(network: bytes) -> None:
    other = untrained_files(tiny_2d(classes=4).sample(np.random.default_rng(0)))[1]
    found = file_difference(network, other)
    assert not found.same_structure
    assert not found.same_weights


@pytest.mark.parametrize("content", [b"network", b"", b"\x00" * 4 + b"TFL3"])
def test_what_is_no_tflite_file_is_an_error(network: bytes, content: bytes) -> None:
    with pytest.raises(ValueError, match=r"\.tflite"):
        file_difference(network, content)


def test_a_file_that_is_cut_is_an_error(network: bytes) -> None:
    with pytest.raises(ValueError, match="cut or damaged"):
        stored_tensors(network[:200])
