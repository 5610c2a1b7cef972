"""Runtimes that a .tflite file is evaluated in, and how far their answers agree.

They compute the same network with different kernels, which round differently (`network.rounding`): XNNPACK is the
default of TensorFlow Lite on phones and computers; the reference kernels are its plain C++ ones; TensorFlow Lite Micro
runs on microcontrollers, here in its interpreter for computers.
"""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.errors import TransientError
from nas_engine.evaluation_result import Runtime, RuntimeResult
from nas_engine.files.tflite_tensors import input_and_output
from nas_engine.network.keras import tf
from nas_engine.network.tflite import interpreter_of, quantised_inputs

COMPARED_FLOPS = 0.5e9
"""FLOPs that a runtime other than the study's may take, about a second at the speed of plain kernels: networks are
quantised so that runtimes agree, which some dozens of clips confirm."""

_FEWEST_CLIPS = 20
_ARENA_BYTES = 32_000_000  # activations; the largest network of the spaces needs 3 MB

Predict = Callable[[bytes, NDArray[np.int8]], NDArray[np.int8]]
"""Outputs int8 [n, classes] of a .tflite file for inputs int8 [n, height, width, channels]."""


def available() -> tuple[Runtime, ...]:
    """The runtimes of this machine: TensorFlow Lite Micro is published for Linux on x86-64 alone."""
    return ("xnnpack", "reference", "micro") if find_spec("tflite_micro") else ("xnnpack", "reference")


def require(runtime: Runtime) -> None:
    """Raise TransientError if this machine lacks the runtime: another one may have it."""
    if runtime not in available():
        raise TransientError(
            "This machine has no interpreter of TensorFlow Lite Micro, for which the study optimises. Train on Linux "
            "on x86-64, or choose another runtime for the study."
        )


def predict(runtime: Runtime, content: bytes, x: NDArray[np.float32]) -> NDArray[np.int8]:
    """Outputs int8 [n, classes] for float inputs x [n, ...]; (output + 128) / 256 is a probability."""
    return _PREDICT[runtime](content, quantised_inputs(content, x))


def predict_quantised(runtime: Runtime, content: bytes, x: NDArray[np.int8]) -> NDArray[np.int8]:
    """As `predict` for inputs that are quantised already, int8 x [n, ...] (`tflite.quantised_levels`)."""
    source, _ = input_and_output(content)
    return _PREDICT[runtime](content, x.reshape(-1, *source.shape[1:]))


def compare(
    content: bytes,
    x: NDArray[np.float32],
    y: NDArray[np.int64],
    outputs: NDArray[np.int8],
    *,
    runtime: Runtime,
    flops: int,
) -> dict[Runtime, RuntimeResult]:
    """Results of all runtimes on examples x [n, ...], y [n]; `outputs` are those of `runtime`.

    A network of many FLOPs is compared on fewer examples, spread evenly over all: plain kernels are slow.
    """
    count = min(len(y), max(_FEWEST_CLIPS, int(COMPARED_FLOPS / flops)))
    chosen = np.linspace(0, len(y) - 1, count).round().astype(int)
    results = {runtime: result_of(outputs, outputs, y)}
    for other in available():
        if other != runtime:
            results[other] = result_of(predict(other, content, x[chosen]), outputs[chosen], y[chosen])
    return {name: results[name] for name in available()}


def result_of(outputs: NDArray[np.int8], expected: NDArray[np.int8], y: NDArray[np.int64]) -> RuntimeResult:
    """Result of a runtime with `outputs` [n, classes], where the study's runtime has the `expected` ones."""
    answers = np.argmax(outputs, axis=1)
    return RuntimeResult(
        clips=len(y),
        correct=int(np.sum(answers == y)),
        other_answers=int(np.sum(answers != np.argmax(expected, axis=1))),
        largest_difference=int(np.max(np.abs(outputs.astype(int) - expected.astype(int)))),
    )


def in_tflite(resolver: Any) -> Predict:
    """The interpreter of TensorFlow Lite with the kernels of `resolver`."""

    def run(content: bytes, x: NDArray[np.int8]) -> NDArray[np.int8]:
        interpreter = interpreter_of(content, resolver)
        source, sink = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
        outputs = []
        for example in x:
            interpreter.set_tensor(source, example[np.newaxis])
            interpreter.invoke()
            outputs.append(interpreter.get_tensor(sink)[0])
        return np.array(outputs)

    return run


def in_micro(content: bytes, x: NDArray[np.int8]) -> NDArray[np.int8]:
    """Outputs int8 [n, classes] of TensorFlow Lite Micro; needs its package (`available`)."""
    from tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(content, arena_size=_ARENA_BYTES)
    outputs = []
    for example in x:
        interpreter.set_input(example[np.newaxis], 0)
        interpreter.invoke()
        outputs.append(interpreter.get_output(0)[0].copy())
    return np.array(outputs)


_PREDICT: Mapping[Runtime, Predict] = {
    "xnnpack": in_tflite(tf.lite.experimental.OpResolverType.AUTO),
    "reference": in_tflite(tf.lite.experimental.OpResolverType.BUILTIN_REF),
    "micro": in_micro,
}
