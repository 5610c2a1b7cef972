"""The only import of TensorFlow, Keras and the model optimization toolkit; other modules import them from here.

The toolkit's quantisation-aware training needs legacy Keras (tf-keras), which must be chosen before the first import.
"""

import gc
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")


@contextmanager
def _as_if_absent(*packages: str) -> Iterator[None]:
    """Have imports of packages fail that are not loaded yet, so that whoever can do without them does."""
    hidden = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type] # None: the import system's word for it
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


# TensorFlow Lite imports JAX to convert its functions, the toolkit looks for a base class in Keras 3 (which imports
# scikit-learn), legacy Keras takes tables of pandas: each if it is there, for nothing that is done here.
with _as_if_absent("jax", "keras", "pandas"):
    import tensorflow as tf
    import tensorflow_model_optimization as tfmot
    import tf_keras as keras
    from tensorflow.lite.python import schema_py_generated as tflite_schema

for name in ("tensorflow", "absl"):
    logging.getLogger(name).setLevel(logging.ERROR)

__all__ = ["configure", "keras", "tf", "tflite_schema", "tfmot", "versions"]


def configure(threads: int) -> None:
    """Limit TensorFlow to `threads` threads. Raises RuntimeError once TensorFlow has run its first operation.

    One thread per process and one process per core give the most examples per second
    (benchmarks/training_throughput.py).

    Graphs are run as they are traced: TensorFlow's optimiser of graphs takes half of the time before a network's first
    step, and finds nothing in it that makes later ones faster.

    Objects that exist by now, mostly TensorFlow's modules, are excluded from garbage collection: a collection after a
    trial then takes 0.1 s instead of 0.4 s.
    """
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    gc.collect()
    gc.freeze()


def versions() -> dict[str, str]:
    """Versions of the libraries that a trained network depends on, by package name."""
    return {
        "tensorflow": str(tf.__version__),
        "tf_keras": str(keras.__version__),
        "tensorflow_model_optimization": str(tfmot.__version__),
    }
