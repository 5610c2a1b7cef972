"""Convolution with BatchNorm folded into its kernel during training, statistics from a sample of positions.

BatchNorm is 40 % of a training step on a CPU: it reads every activation several times more. Here mean and variance are
those of a thinned convolution, at every few positions of all examples (sampled statistics: Chen et al. 2020, "Effective
and Efficient Batch Normalization Using a Few Uncorrelated Data for Statistics Estimation", IEEE TNNLS), and the whole
batch is convolved with the kernel that these make (folding by two convolutions: Jacob et al. 2018, section 3.2).
Gradients pass through the statistics, as in BatchNorm. Thinned by 1, the layer computes what BatchNorm does.

Neighbouring positions of a feature map are alike, examples are not: a sample of positions is better than one of
examples. What thinning costs in accuracy: docs/decisions/0016-sampled-batch-norm.md.

Notation:

    x, K     inputs [B, height, width, channels]; kernel, [..., channels, 1] where depthwise
    z        thinned convolution of x with K, n values a channel of mean m and variance v
    r        1 / sqrt(v + epsilon)
    gamma, beta, f = gamma r: scale, offset, factor of each output channel
    y        conv(x, K f) + beta - m f
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

    # By hand: automatic differentiation computes the kernel's gradient by y once more for f.
    def normalise(x: Tensor, kernel: Tensor, gamma: Tensor, beta: Tensor) -> tuple[Any, Any]:
        z = computed(kind, thinned, x, kernel)
        mean, variance = tf.nn.moments(z, [0, 1, 2])
        root = tf.math.rsqrt(variance + epsilon)
        factor = gamma * root
        folded = kernel * by_channel(factor)
        y = tf.raw_ops.BiasAdd(value=computed(kind, strides, x, folded), bias=beta - mean * factor)

        def gradient(dy: Tensor, _mean: Tensor, _variance: Tensor) -> tuple[Tensor, ...]:
            d_bias = tf.raw_ops.BiasAddGrad(out_backprop=dy)
            dx, d_folded = _gradients(kind, strides, x, folded, dy)
            d_factor = tf.reduce_sum(d_folded * kernel, axis=other_axes) - mean * d_bias
            d_mean = -factor * d_bias
            d_variance = -0.5 * d_factor * gamma * root**3
            values = tf.cast(tf.size(z) / tf.size(mean), tf.float32)
            dz = tf.raw_ops.BiasAdd(value=z * (2 * d_variance / values), bias=(d_mean - 2 * d_variance * mean) / values)
            dx_by_z, d_kernel_by_z = _gradients(kind, thinned, x, kernel, dz)
            return dx + dx_by_z, d_folded * by_channel(factor) + d_kernel_by_z, d_factor * root, d_bias

        return (y, mean, variance), gradient

    differentiable = tf.custom_gradient(normalise)
    return lambda *arguments: Normalised(*differentiable(*arguments))


def _gradients(kind: type[Any], strides: Strides, x: Tensor, kernel: Tensor, dy: Tensor) -> tuple[Tensor, Tensor]:
    """Gradients by x and by the kernel of a convolution whose output has the gradient dy."""
    shared = {"out_backprop": dy, "strides": [1, *strides, 1], "padding": "SAME"}
    operation = "DepthwiseConv2dNative" if kind is Depthwise else "Conv2D"
    by_input = getattr(tf.raw_ops, f"{operation}BackpropInput")
    by_kernel = getattr(tf.raw_ops, f"{operation}BackpropFilter")
    return (
        by_input(input_sizes=tf.shape(x), filter=kernel, **shared),
        by_kernel(input=x, filter_sizes=tf.shape(kernel), **shared),
    )
