"""The runtimes that must agree on a file: those of TensorFlow Lite, and TensorFlow Lite Micro where it exists."""

import platform
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.network.keras import tf

Run = Callable[[bytes, NDArray[np.int8]], NDArray[np.int8]]
"""The int8 outputs [n, classes] of a .tflite file for int8 inputs [n, height, width, channels]."""

_RESOLVERS = tf.lite.experimental.OpResolverType
_ARENA_BYTES = 4_000_000


def interpreter(content: bytes, resolver: Any = _RESOLVERS.AUTO) -> Any:
    """An interpreter of TensorFlow Lite that is ready to run; AUTO delegates to XNNPACK."""
    made = tf.lite.Interpreter(model_content=content, num_threads=1, experimental_op_resolver_type=resolver)
    made.allocate_tensors()
    return made


def _in_tflite(resolver: Any) -> Run:
    def run(content: bytes, x: NDArray[np.int8]) -> NDArray[np.int8]:
        made = interpreter(content, resolver)
        source, sink = made.get_input_details()[0]["index"], made.get_output_details()[0]["index"]
        outputs = []
        for example in x:
            made.set_tensor(source, example[np.newaxis])
            made.invoke()
            outputs.append(made.get_tensor(sink)[0])
        return np.array(outputs)

    return run


def _in_micro(content: bytes, x: NDArray[np.int8]) -> NDArray[np.int8]:
    from tflite_micro import runtime

    made = runtime.Interpreter.from_bytes(content, arena_size=_ARENA_BYTES)
    outputs = []
    for example in x:
        made.set_input(example[np.newaxis], 0)
        made.invoke()
        outputs.append(made.get_output(0)[0].copy())
    return np.array(outputs)


RUNTIMES: dict[str, Run] = {
    "XNNPACK": _in_tflite(_RESOLVERS.AUTO),
    "optimised kernels": _in_tflite(_RESOLVERS.BUILTIN_WITHOUT_DEFAULT_DELEGATES),
    "reference kernels": _in_tflite(_RESOLVERS.BUILTIN_REF),
}
if sys.platform == "linux" and platform.machine() == "x86_64":  # as in requirements.in
    RUNTIMES["Micro"] = _in_micro
