"""A packed .tflite file is the same network in fewer bytes."""

import flatbuffers
import numpy as np
import pytest
from numpy.typing import NDArray

from nas_engine.audio.frontend import FrontendConfig, evaluation_crop, log_mel
from nas_engine.baselines import nas_bayesian, tc_resnet8
from nas_engine.files.tflite_tensors import input_and_output
from nas_engine.network.keras import tf, tflite_schema
from nas_engine.network.packing import WEIGHT_ALIGNMENT, pack
from nas_engine.network.runtimes import Predict
from nas_engine.network.tflite import interpreter_of
from nas_engine.network.untrained import untrained_files
from nas_engine.testing.audio import tone
from tests.nas_engine.network.runtimes import RUNTIMES


@pytest.fixture(scope="module")
def table_2() -> bytes:
    """The plain file of Table 2's network."""
    return untrained_files(nas_bayesian())[0]


@pytest.fixture(scope="module")
def one_dimensional() -> bytes:
    return untrained_files(tc_resnet8())[0]


def noise(shape: tuple[int, ...]) -> NDArray[np.int8]:
    """Faint to loud, up to the ends of int8."""
    levels = np.geomspace(1, 256, 8).reshape(8, 1, 1, 1)
    return np.clip(np.random.default_rng(0).normal(0, levels, (8, *shape)), -128, 127).astype(np.int8)


def tones(scale: float, zero_point: int) -> NDArray[np.int8]:
    """Log-mel features of tones, quantised as a device would: [n, 196, 40, 1]."""
    rng = np.random.default_rng(0)
    config = FrontendConfig()
    features = np.array([evaluation_crop(log_mel(tone(label, rng, 2.5), config), config) for label in range(3)])
    normal = (features - features.mean()) / features.std()
    return np.clip(np.rint(normal / scale) + zero_point, -128, 127).astype(np.int8)[..., np.newaxis]


@pytest.mark.parametrize("run", RUNTIMES.values(), ids=RUNTIMES)
def test_every_runtime_answers_noise_and_sounds_as_with_the_plain_file(run: Predict, table_2: bytes) -> None:
    source, _ = input_and_output(table_2)
    x = np.concatenate([noise((196, 40, 1)), tones(source.scale, source.zero_point)])
    plain = run(table_2, x)
    assert len(np.unique(plain, axis=0)) > 3
    np.testing.assert_array_equal(run(pack(table_2), x), plain)


@pytest.mark.parametrize("run", RUNTIMES.values(), ids=RUNTIMES)
def test_every_runtime_answers_alike_for_a_network_over_time_alone(run: Predict, one_dimensional: bytes) -> None:
    x = noise((196, 1, 40))
    plain = run(one_dimensional, x)
    assert len(np.unique(plain, axis=0)) > 3
    np.testing.assert_array_equal(run(pack(one_dimensional), x), plain)


def test_table_2s_network_is_smaller_than_the_published_one(table_2: bytes) -> None:
    assert len(pack(table_2)) < 40_000 < 51_220 < len(table_2)


def test_xnnpack_takes_over_the_same_operators(table_2: bytes) -> None:
    """The delegate refuses a convolution whose bias has no scales, and then it is slower and rounds differently."""

    def delegated(content: bytes) -> list[tuple[list[int], list[int]]]:
        operators = interpreter_of(content)._get_ops_details()
        return [(list(o["inputs"]), list(o["outputs"])) for o in operators if o["op_name"] == "DELEGATE"]

    assert delegated(table_2)
    assert delegated(pack(table_2)) == delegated(table_2)


def test_all_tensors_keep_numbers_shapes_types_quantisation_and_values(table_2: bytes) -> None:
    plain, packed = interpreter_of(table_2), interpreter_of(pack(table_2))
    pairs = zip(plain.get_tensor_details(), packed.get_tensor_details(), strict=True)
    for left, right in pairs:
        assert (right["index"], right["dtype"]) == (left["index"], left["dtype"])
        np.testing.assert_array_equal(right["shape_signature"], left["shape_signature"])
        for key in ("scales", "zero_points", "quantized_dimension"):
            np.testing.assert_array_equal(right["quantization_parameters"][key], left["quantization_parameters"][key])


def test_tensors_are_named_by_their_numbers(table_2: bytes) -> None:
    """Other programs look tensors up by name: one without, or two of one name, end their reading."""
    tensors = tflite_schema.Model.GetRootAsModel(pack(table_2), 0).Subgraphs(0)
    names = [tensors.Tensors(number).Name() for number in range(tensors.TensorsLength())]
    assert names == [str(number).encode() for number in range(len(names))]


def test_the_constants_are_the_same_bytes_and_aligned_as_the_schema_demands(table_2: bytes) -> None:
    packed = pack(table_2)
    assert constants(packed) == constants(table_2)
    model = tflite_schema.Model.GetRootAsModel(packed, 0)
    starts = [buffer._tab.Vector(buffer._tab.Offset(4)) for buffer in buffers(model) if buffer.DataLength()]
    assert len(starts) > 50
    assert {start % WEIGHT_ALIGNMENT for start in starts} == {0}


def constants(content: bytes) -> list[bytes]:
    """What each tensor holds before the network runs, by its number."""
    model = tflite_schema.Model.GetRootAsModel(content, 0)
    subgraph = model.Subgraphs(0)
    held = [model.Buffers(subgraph.Tensors(i).Buffer()) for i in range(subgraph.TensorsLength())]
    return [bytes(buffer.DataAsNumpy()) if buffer.DataLength() else b"" for buffer in held]


def buffers(model: tflite_schema.Model) -> list[tflite_schema.Buffer]:
    return [model.Buffers(i) for i in range(model.BuffersLength())]


def test_packing_a_packed_file_changes_nothing(table_2: bytes) -> None:
    assert pack(pack(table_2)) == pack(table_2)


def test_the_web_application_reads_the_same_input_and_output(table_2: bytes) -> None:
    assert input_and_output(pack(table_2)) == input_and_output(table_2)


def test_a_signature_stays() -> None:
    """Our networks have none: they are converted from a traced function. Files of others do."""
    module = tf.Module()
    module.double = tf.function(lambda x: {"twice": 2 * x}, input_signature=[tf.TensorSpec((1, 3), name="once")])
    traced = module.double.get_concrete_function()
    content = bytes(tf.lite.TFLiteConverter.from_concrete_functions([traced], module).convert())
    runner = interpreter_of(pack(content)).get_signature_runner()
    np.testing.assert_array_equal(runner(once=np.float32([[1, 2, 3]]))["twice"], [[2, 4, 6]])


def test_a_network_of_which_something_would_be_lost_is_refused(table_2: bytes) -> None:
    model = tflite_schema.ModelT.InitFromObj(tflite_schema.Model.GetRootAsModel(table_2, 0))
    model.subgraphs[0].tensors[3].isVariable = True
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    with pytest.raises(ValueError, match="tensor 3 has isVariable, which packing would lose"):
        pack(bytes(builder.Output()))
