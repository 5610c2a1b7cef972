"""The only import of TensorFlow, Keras and the model optimization toolkit; everything else says `from .keras import`.

The toolkit's quantisation-aware training needs legacy Keras (tf-keras), which must be chosen before the first import.
"""

import gc
import logging
import os

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tf_keras as keras
from tensorflow.lite.python import schema_py_generated as tflite_schema

for name in ("tensorflow", "absl"):
    logging.getLogger(name).setLevel(logging.ERROR)

__all__ = ["configure", "keras", "tf", "tflite_schema", "tfmot", "versions"]


def configure(threads: int) -> None:
    """Let TensorFlow use `threads` threads. RuntimeError once TensorFlow has run its first operation.

    One thread a process and one process a core trains the most examples a second (benchmarks/training_throughput.py).

    The objects that exist by now, TensorFlow's modules above all, are taken out of garbage collection: they stay, and
    each collection after a trial takes 0.1 s instead of 0.4 s.
    """
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    gc.collect()
    gc.freeze()


def versions() -> dict[str, str]:
    """What a trained network depends on, for the trial's record."""
    return {
        "tensorflow": str(tf.__version__),
        "tf_keras": str(keras.__version__),
        "tensorflow_model_optimization": str(tfmot.__version__),
    }
