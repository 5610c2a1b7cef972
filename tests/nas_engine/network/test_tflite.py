"""Conversion to int8 and measuring in the interpreter."""

import numpy as np
import pytest

from nas_engine.errors import ConversionError
from nas_engine.network import builder, quantization, tflite
from nas_engine.network.keras import keras, tf
from tests.nas_engine.network.networks import BLOCKS, CLASSES, clicks_and_tones, small_network, train


@pytest.fixture(scope="module")
def content() -> bytes:
    keras.utils.set_random_seed(0)
    architecture = small_network(BLOCKS["mobilenet_v1"])
    model = builder.build(architecture)
    train(model, steps=80, learning_rate=1e-2)
    ranges = quantization.measure_ranges(architecture, model, [clicks_and_tones(64)[0]])
    return tflite.convert(quantization.quantise(architecture, model, ranges))


def test_every_tensor_of_the_file_is_an_integer(content: bytes) -> None:
    interpreter = tf.lite.Interpreter(model_content=content)
    assert {details["dtype"] for details in interpreter.get_tensor_details()} <= {np.int8, np.int32}


def test_the_file_takes_one_example_and_answers_with_one_row(content: bytes) -> None:
    interpreter = tf.lite.Interpreter(model_content=content)
    assert interpreter.get_input_details()[0]["shape"].tolist() == [1, 16, 8, 1]
    assert interpreter.get_output_details()[0]["shape"].tolist() == [1, CLASSES]
    assert interpreter.get_output_details()[0]["quantization"] == (1 / 256, -128)


def test_rows_of_the_confusion_are_true_classes_and_columns_are_answers(content: bytes) -> None:
    x, y = clicks_and_tones(60, seed=3)
    _, right = tflite.evaluate_tflite(content, x, y, CLASSES)
    assert [sum(row) for row in right] == np.bincount(y, minlength=CLASSES).tolist()
    answers = np.argmax(tflite.predict_tflite(content, x), axis=1)
    accuracy, all_called_0 = tflite.evaluate_tflite(content, x, np.zeros_like(y), CLASSES)
    assert all_called_0 == (tuple(np.bincount(answers, minlength=CLASSES)), (0,) * CLASSES, (0,) * CLASSES)
    assert accuracy == np.mean(answers == 0)


def test_mistakes_are_named_by_place_class_and_answer_the_most_certain_first() -> None:
    outputs = np.array([[100, -100, -128], [-128, 0, -100], [-128, 127, -128], [-20, -50, -60]], np.int8)
    found = tflite.mistakes_of(outputs, np.array([0, 2, 0, 1]))
    assert [(one.position, one.label, one.answer, one.score) for one in found] == [
        (2, 0, 1, 255 / 256), (1, 2, 1, 0.5), (3, 1, 0, 108 / 256),
    ]  # fmt: skip


def test_accuracy_is_the_diagonal_of_the_confusion(content: bytes) -> None:
    x, y = clicks_and_tones(60, seed=3)
    accuracy, confusion = tflite.evaluate_tflite(content, x, y, CLASSES)
    assert accuracy == np.trace(confusion) / 60
    assert accuracy > 0.8


def test_values_beyond_the_input_range_saturate(content: bytes) -> None:
    x, _ = clicks_and_tones(4)
    loud, louder = (tflite.predict_tflite(content, np.sign(x) * scale) for scale in (1e3, 1e6))
    np.testing.assert_array_equal(loud, louder)


def test_a_network_without_quantisation_ranges_cannot_be_converted() -> None:
    model = builder.build(small_network(BLOCKS["kxk"]))
    with pytest.raises(ConversionError, match="could not convert the network"):
        tflite.convert(model)
