"""Layers in training as functions that are traced once in a process, for images and channels of any size.

A network's step is traced for each network, a node at a time. Here a layer is two nodes of it, a call and the call of
its gradient, whatever it computes; TensorFlow puts the operations in their place before the first step. All that a
layer depends on is given to its function: what distinguishes functions is the kind of operation and its strides.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from nas_engine.layers import Conv, Dense, Depthwise, Layer
from nas_engine.network.builder import BATCH_NORM_MOMENTUM
from nas_engine.network.graphs.inference import Tensor, computed
from nas_engine.network.graphs.sampled_norm import sampled_norm
from nas_engine.network.keras import tf

Function = Callable[..., Any]

BATCH_NORM_EPSILON = 1e-3  # of Keras
_FLAT = tf.TensorSpec([None])
_SHAPE = tf.TensorSpec([None], tf.int32)


def weighted(layer: Conv | Depthwise | Dense) -> Function:
    """Function (x, kernel [n], shape of the kernel, bias [channels]) -> output of `layer`, with its activation."""
    return _weighted(_key(layer))


def normalised(layer: Conv | Depthwise, thinning: int = 1) -> Function:
    """Function of (x, kernel [n], shape of the kernel, gamma, beta, mean, variance), with BatchNorm by the batch.

    By every `thinning`-th position of it where that is above 1 (`sampled_norm`). Returns the output, with its
    activation, and the next running statistics [2, channels] as the bits of an int32, for which TensorFlow makes no
    gradients of zeros.
    """
    return _normalised(_key(layer), thinning)


class _Key(NamedTuple):
    """What distinguishes functions."""

    kind: type[Layer]
    strides: tuple[int, int]
    relu: bool


def _key(layer: Layer) -> _Key:
    return _Key(type(layer), getattr(layer, "strides", (1, 1)), getattr(layer, "activation", "linear") == "relu")


@lru_cache(maxsize=256)
def _weighted(key: _Key) -> Function:
    def run(x: Tensor, kernel: Tensor, shape: Tensor, bias: Tensor) -> Tensor:
        y = tf.raw_ops.BiasAdd(value=computed(key.kind, key.strides, x, tf.reshape(kernel, shape)), bias=bias)
        return tf.raw_ops.Relu(features=y) if key.relu else y

    return _traced(run, _images(key.kind), _FLAT, _rank(key.kind), _FLAT)


@lru_cache(maxsize=256)
def _normalised(key: _Key, thinning: int) -> Function:
    def sampled(
        x: Tensor, kernel: Tensor, shape: Tensor, gamma: Tensor, beta: Tensor, mean: Tensor, variance: Tensor
    ) -> tuple[Tensor, Tensor]:
        normalise = sampled_norm(key.kind, key.strides, thinning, BATCH_NORM_EPSILON)
        found = normalise(x, tf.reshape(kernel, shape), gamma, beta)
        y = tf.raw_ops.Relu(features=found.y) if key.relu else found.y
        running = tf.stack([mean, variance])
        moved = running + (1 - BATCH_NORM_MOMENTUM) * (tf.stack([found.mean, found.variance]) - running)
        return y, tf.bitcast(tf.stop_gradient(moved), tf.int32)

    def run(
        x: Tensor, kernel: Tensor, shape: Tensor, gamma: Tensor, beta: Tensor, mean: Tensor, variance: Tensor
    ) -> tuple[Tensor, Tensor]:
        found = tf.raw_ops.FusedBatchNormV3(
            x=computed(key.kind, key.strides, x, tf.reshape(kernel, shape)),
            scale=gamma,
            offset=beta,
            mean=mean,
            variance=variance,
            epsilon=BATCH_NORM_EPSILON,
            exponential_avg_factor=1 - BATCH_NORM_MOMENTUM,
        )
        y = tf.raw_ops.Relu(features=found.y) if key.relu else found.y
        return y, tf.bitcast(tf.stack([found.batch_mean, found.batch_variance]), tf.int32)

    chosen = run if thinning == 1 else sampled
    return _traced(chosen, _images(key.kind), _FLAT, _rank(key.kind), *[_FLAT] * 4)


def _images(kind: type[Layer]) -> Any:
    return tf.TensorSpec([None] * (2 if kind is Dense else 4))


def _rank(kind: type[Layer]) -> Any:
    return tf.TensorSpec([2 if kind is Dense else 4], tf.int32)


def _traced(run: Function, *signature: Any) -> Function:
    with tf.init_scope():  # not as a part of the graph that asks for it
        function: Function = tf.function(run, input_signature=signature, autograph=False).get_concrete_function()
    return function
