"""Convolution with BatchNorm folded into its kernel during training, statistics from a sample of positions.

BatchNorm is nearly half of a training step on a CPU: it reads every activation several times. Here mean and variance
are those of a thinned convolution, at every few positions of all examples (sampled statistics: Chen et al. 2020,
"Effective and Efficient Batch Normalization Using a Few Uncorrelated Data for Statistics Estimation", IEEE TNNLS), and
the whole batch is convolved with the kernel that these make (folding by two convolutions: Jacob et al. 2018, section
3.2). Gradients pass through the statistics. By kernel, gamma and beta they are those of the sampled statistics; by x
they are BatchNorm's, as if statistics were of all positions: the very gradient would fall on the sample alone, many
times as large, which is noise to the layers before. Thinned by 1, the layer computes what BatchNorm does.

Neighbouring positions of a feature map are alike, examples are not: a sample of positions is better than one of
examples. What thinning costs in accuracy: docs/decisions/0016-sampled-batch-norm.md.

Notation:

    x, K     inputs [B, height, width, channels]; kernel, [..., channels, 1] where depthwise
    z        thinned convolution of x with K, n values a channel of mean m and variance v; its windows may begin
             elsewhere than those of y
    r        1 / sqrt(v + epsilon)
    gamma, beta, f = gamma r: scale, offset, factor of each output channel
    y        conv(x, K f) + beta - m f; without beta, gamma times the normalised z
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from nas_engine.layers import Depthwise, Layer
from nas_engine.network.graphs.inference import Tensor, computed
from nas_engine.network.keras import tf

Strides = tuple[int, int]


class Normalised(NamedTuple):
    """y of the module's notation, with m and v [output channels]."""

    y: Tensor
    mean: Tensor
    variance: Tensor


def sampled_norm(
    kind: type[Layer], strides: Strides, thinning: int, epsilon: float
) -> Callable[[Tensor, Tensor, Tensor, Tensor], Normalised]:
    """Function of (x, K, gamma, beta) for layers of this kind, Conv or Depthwise.

    z is at every `thinning`-th position of both axes.
    """
    thinned = strides[0] * thinning, strides[1] * thinning
    other_axes = [0, 1, 3] if kind is Depthwise else [0, 1, 2]  # of a kernel, besides its output channels

    def by_channel(factor: Tensor) -> Tensor:
        return factor[:, tf.newaxis] if kind is Depthwise else factor

    def normalise(x: Tensor, kernel: Tensor, gamma: Tensor, beta: Tensor) -> tuple[Any, Any]:
        z = computed(kind, thinned, x, kernel)
        mean, variance = tf.nn.moments(z, [0, 1, 2])
        root = tf.math.rsqrt(variance + epsilon)
        factor = gamma * root
        folded = kernel * by_channel(factor)
        y = tf.raw_ops.BiasAdd(value=computed(kind, strides, x, folded), bias=beta - mean * factor)

        def gradient(dy: Tensor, _mean: Tensor, _variance: Tensor) -> tuple[Tensor, ...]:
            d_beta = tf.raw_ops.BiasAddGrad(out_backprop=dy)
            d_folded = _by_kernel(kind, strides, x, kernel, dy)
            d_gamma = root * (tf.reduce_sum(d_folded * kernel, axis=other_axes) - mean * d_beta)
            channels = tf.size(mean)
            everywhere, sampled = (tf.cast(tf.size(values) / channels, tf.float32) for values in (dy, z))
            dz = _centred(dy * factor, y, beta, factor * d_beta / everywhere, root * d_gamma / everywhere)
            normalised = (z - mean) * root
            sampled_dz = -factor / sampled * tf.raw_ops.BiasAdd(value=normalised * d_gamma, bias=d_beta)
            d_kernel = d_folded * by_channel(factor) + _by_kernel(kind, thinned, x, kernel, sampled_dz)
            return _by_input(kind, strides, x, kernel, dz), d_kernel, d_gamma, d_beta

        return (y, mean, variance), gradient

    differentiable = tf.custom_gradient(normalise)
    return lambda *arguments: Normalised(*differentiable(*arguments))


def _centred(scaled: Tensor, y: Tensor, beta: Tensor, mean: Tensor, slope: Tensor) -> Tensor:
    """`scaled` less `mean` and less (y - beta) `slope`, the gradient that passes through the statistics."""
    return tf.raw_ops.BiasAdd(value=scaled - y * slope, bias=beta * slope - mean)


def _by_input(kind: type[Layer], strides: Strides, x: Tensor, kernel: Tensor, dy: Tensor) -> Tensor:
    """Gradient by x of a convolution whose output has the gradient dy."""
    by_input = getattr(tf.raw_ops, f"{_operation(kind)}BackpropInput")
    arguments = {"out_backprop": dy, "strides": [1, *strides, 1], "padding": "SAME"}
    return by_input(input_sizes=tf.shape(x), filter=kernel, **arguments)


def _by_kernel(kind: type[Layer], strides: Strides, x: Tensor, kernel: Tensor, dy: Tensor) -> Tensor:
    """Gradient by the kernel of a convolution whose output has the gradient dy."""
    by_kernel = getattr(tf.raw_ops, f"{_operation(kind)}BackpropFilter")
    arguments = {"out_backprop": dy, "strides": [1, *strides, 1], "padding": "SAME"}
    return by_kernel(input=x, filter_sizes=tf.shape(kernel), **arguments)


def _operation(kind: type[Layer]) -> str:
    return "DepthwiseConv2dNative" if kind is Depthwise else "Conv2D"
