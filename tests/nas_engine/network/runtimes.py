"""The runtimes that must agree on a file: those of TensorFlow Lite, and TensorFlow Lite Micro where it exists."""

from nas_engine.network.keras import tf
from nas_engine.network.runtimes import Predict, available, in_micro, in_tflite

_RESOLVERS = tf.lite.experimental.OpResolverType

RUNTIMES: dict[str, Predict] = {
    "XNNPACK": in_tflite(_RESOLVERS.AUTO),
    "optimised kernels": in_tflite(_RESOLVERS.BUILTIN_WITHOUT_DEFAULT_DELEGATES),
    "reference kernels": in_tflite(_RESOLVERS.BUILTIN_REF),
    **({"Micro": in_micro} if "micro" in available() else {}),
}
