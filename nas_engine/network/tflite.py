"""Conversion of a trained network to an int8 .tflite file, and its evaluation in the TFLite interpreter."""

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.errors import ConversionError
from nas_engine.evaluation_result import ClipMistake
from nas_engine.files.tflite_tensors import input_and_output
from nas_engine.network.keras import tf
from nas_engine.network.packing import pack, with_short_names


def convert(model: Any) -> bytes:
    """Packed .tflite file of a network in QAT: int8 input [1, height, width, channels], output [1, classes].

    This is the file that Earshot evaluates, stores and delivers. Raises ConversionError as `convert_plain` does.
    """
    return pack(convert_plain(model))


def convert_plain(model: Any) -> bytes:
    """Plain .tflite file, as the converter writes it except for short tensor names; comparable with published sizes.

    Converts a traced function, not a Keras model: `from_keras_model` spends 20 s on saving it as a SavedModel first.
    Raises ConversionError if the converter fails or leaves the input or the output in float.
    """
    signature = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32, name="x")
    function = tf.function(lambda x: model(x, training=False), input_signature=[signature], autograph=False)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    try:
        with _quiet():
            content = with_short_names(bytes(converter.convert()))
    except Exception as error:  # the converter raises whatever its passes raise
        raise ConversionError(f"TensorFlow Lite could not convert the network: {error}") from error
    _check_types(content)
    return content


def evaluate_tflite(
    content: bytes, x: NDArray[np.float32], y: NDArray[np.int64], classes: int
) -> tuple[float, tuple[tuple[int, ...], ...]]:
    """Accuracy (0..1) and `confusion[true][predicted]` of examples x [n, ...], y [n] on one thread of the interpreter.

    `x` is float and is quantised by the scale and zero point of the input; a last axis of 1 may be missing.
    """
    return confusion_of(predict_tflite(content, x), y, classes)


def confusion_of(
    outputs: NDArray[np.int8], y: NDArray[np.int64], classes: int
) -> tuple[float, tuple[tuple[int, ...], ...]]:
    """Accuracy (0..1) and `confusion[true][predicted]` of outputs [n, classes] for the labels y [n]."""
    predicted = np.argmax(outputs, axis=1)
    confusion = np.zeros((classes, classes), np.int64)
    np.add.at(confusion, (y, predicted), 1)
    accuracy = float(np.mean(predicted == y))
    return accuracy, tuple(tuple(int(count) for count in row) for row in confusion)


def mistakes_of(outputs: NDArray[np.int8], y: NDArray[np.int64]) -> tuple[ClipMistake, ...]:
    """Wrong answers among outputs [n, classes] for the labels y [n], the most certain first."""
    predicted = np.argmax(outputs, axis=1)
    wrong = np.flatnonzero(predicted != y)
    scores = (outputs[wrong, predicted[wrong]].astype(int) + 128) / 256
    order = np.argsort(-scores, kind="stable")
    return tuple(
        ClipMistake(int(place), int(y[place]), int(predicted[place]), float(score))
        for place, score in zip(wrong[order], scores[order], strict=True)
    )


def predict_tflite(content: bytes, x: NDArray[np.float32]) -> NDArray[np.int8]:
    """Outputs int8 [n, classes] for float inputs x [n, ...]; (output + 128) / 256 is a probability."""
    interpreter = interpreter_of(content)
    source, sink = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    inputs = quantised_inputs(content, x)
    outputs = np.empty((len(inputs), sink["shape"][-1]), np.int8)
    for index, example in enumerate(inputs):
        interpreter.set_tensor(source["index"], example[np.newaxis])
        interpreter.invoke()
        outputs[index] = interpreter.get_tensor(sink["index"])[0]
    return outputs


def quantised_inputs(content: bytes, x: NDArray[np.float32]) -> NDArray[np.int8]:
    """Inputs int8 [n, height, width, channels] for float x [n, ...]; values outside the input's range saturate."""
    source, _ = input_and_output(content)
    return quantised_levels(content, x).reshape(-1, *source.shape[1:])


def quantised_levels(content: bytes, x: NDArray[np.float32]) -> NDArray[np.int8]:
    """Values x of any shape as the int8 levels of the network's input; values outside its range saturate."""
    source, _ = input_and_output(content)
    rounded = np.rint(x / source.scale) + source.zero_point
    levels: NDArray[np.int8] = np.clip(rounded, -128, 127).astype(np.int8)
    return levels


def _check_types(content: bytes) -> None:
    interpreter = interpreter_of(content)
    for name, details in (("input", interpreter.get_input_details()), ("output", interpreter.get_output_details())):
        if details[0]["dtype"] is not np.int8:
            raise ConversionError(f"the converted network's {name} is {details[0]['dtype'].__name__}, not int8")


def interpreter_of(content: bytes, resolver: Any = tf.lite.experimental.OpResolverType.AUTO) -> Any:
    """TFLite interpreter on one thread, with tensors allocated, and the kernels of `resolver`, by default XNNPACK.

    Raises ValueError if `content` is no .tflite file.
    """
    with _quiet():
        interpreter = tf.lite.Interpreter(model_content=content, num_threads=1, experimental_op_resolver_type=resolver)
        interpreter.allocate_tensors()
    return interpreter


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Context without the warnings of converter and interpreter on quantised inputs and on successor packages."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
