"""The float network of an architecture in training, its weights in three vectors."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.architecture import Architecture
from nas_engine.layers import INPUT_NAME, Add, AveragePool, Conv, Dense, Depthwise, GlobalAverage, Layer
from nas_engine.network.builder import has_batch_norm, has_weights
from nas_engine.network.graphs import shared
from nas_engine.network.graphs.inference import Tensor, Weights, activated, without_weights
from nas_engine.network.graphs.networks import TrainableNetwork
from nas_engine.network.keras import keras, tf
from nas_engine.network.quantization import fold

_FEWEST_POSITIONS = 16
"""Of a feature map in time and frequency whose statistics are sampled. In time alone a sample saves no time."""
_DROPOUT_SEED = 1
"""Of the operation, with TensorFlow's own; without it the masks would depend on the number of nodes in the graph."""


class FloatNetwork(TrainableNetwork):
    """The network that `builder.build` makes a Keras model of, with the same initial weights for the same Keras seed.

    Kernels are one vector, which decays; biases, or gamma and beta, are another; running means and variances a third.
    BatchNorm takes its statistics from every `statistics_stride`-th position of 2-D feature maps, but the smallest.
    Raises InfeasibleArchitecture where `layers.expand` does.
    """

    def __init__(self, architecture: Architecture, dropout: float = 0.0, statistics_stride: int = 1) -> None:
        super().__init__(architecture)
        self._dropout = dropout
        self._statistics_stride = statistics_stride
        self._weighted = [layer for layer in self.layers if has_weights(layer)]
        self._shapes = [_kernel_shape(layer) for layer in self._weighted]
        draws = [keras.initializers.GlorotUniform()(shape) for shape in self._shapes]
        self._kernels = _vector(draw.numpy().ravel() for draw in draws)
        self._others = _vector(_first_others(layer) for layer in self._weighted)
        self._statistics = _vector(
            np.repeat(np.array([0, 1], np.float32), _channels(layer)) for layer in self._normalised
        )

    @property
    def trainable_variables(self) -> Sequence[Any]:
        """As `TrainableNetwork.trainable_variables`."""
        return [self._kernels, self._others]

    @property
    def decaying(self) -> Sequence[bool]:
        """As `TrainableNetwork.decaying`."""
        return [True, False]

    def logits(self, x: Tensor) -> Tensor:
        """As `TrainableNetwork.logits`; the running statistics move on."""
        kernels, others, statistics = self._parts(tf.split)
        tensors, moved = {INPUT_NAME: x}, []
        for layer in self.layers:
            inputs = [tensors[name] for name in layer.inputs]
            match layer:
                case Conv() | Depthwise() if has_batch_norm(layer):
                    weights = kernels[layer.name], _kernel_shape(layer), *others[layer.name], *statistics[layer.name]
                    tensors[layer.name], bits = self._normalised_by(layer)(inputs[0], *weights)
                    moved.append(bits)
                case Conv() | Depthwise() | Dense():
                    weights = kernels[layer.name], _kernel_shape(layer), *others[layer.name]
                    tensors[layer.name] = shared.weighted(layer)(inputs[0], *weights)
                case AveragePool() | GlobalAverage() | Add():
                    tensors[layer.name] = self._dropped(layer, activated(layer, without_weights(layer, inputs)))
        if moved:
            bits = tf.concat([tf.reshape(part, [-1]) for part in moved], 0)
            self._statistics.assign(tf.bitcast(bits, tf.float32), read_value=False)
        logits = tensors[self.layers[-1].name]
        logits.set_shape(self.output_shape)
        return logits

    def folded(self) -> Mapping[str, Weights]:
        """As `TrainableNetwork.folded`."""
        kernels, others, statistics = self._parts(lambda vector, sizes: np.split(vector.numpy(), np.cumsum(sizes)[:-1]))
        found = {}
        for layer, shape in zip(self._weighted, self._shapes, strict=True):
            kernel = kernels[layer.name].reshape(shape)
            if has_batch_norm(layer):
                norm = (*others[layer.name], *statistics[layer.name])
                kernel, bias = fold(layer, kernel, norm, shared.BATCH_NORM_EPSILON)
            else:
                (bias,) = others[layer.name]
            found[layer.name] = Weights(tf.constant(kernel), tf.constant(bias))
        return found

    def _normalised_by(self, layer: Conv | Depthwise) -> shared.Function:
        height, width = layer.output_shape[:2]
        is_sampled = width > 1 and height * width >= _FEWEST_POSITIONS
        return shared.normalised(layer, self._statistics_stride if is_sampled else 1)

    @property
    def _normalised(self) -> list[Layer]:
        return [layer for layer in self._weighted if has_batch_norm(layer)]

    def _parts(self, split: Any) -> Iterator[dict[str, Any]]:
        """By the layer's name: kernel [n], its other weights, its statistics; cut by `split` (vector, sizes)."""
        kernels = split(self._kernels, [int(np.prod(shape)) for shape in self._shapes])
        yield {layer.name: kernel for layer, kernel in zip(self._weighted, kernels, strict=True)}
        for vector, layers in ((self._others, self._weighted), (self._statistics, self._normalised)):
            pairs = [2 if has_batch_norm(layer) else 1 for layer in layers]
            sizes = [_channels(layer) for layer, count in zip(layers, pairs, strict=True) for _ in range(count)]
            cut = iter(split(vector, sizes) if sizes else [])
            yield {layer.name: [next(cut) for _ in range(count)] for layer, count in zip(layers, pairs, strict=True)}

    def _dropped(self, layer: Layer, y: Tensor) -> Tensor:
        is_pooled = isinstance(layer, GlobalAverage) and self._dropout
        return tf.nn.dropout(y, self._dropout, seed=_DROPOUT_SEED) if is_pooled else y


def _channels(layer: Layer) -> int:
    return layer.output_shape[-1]


def _kernel_shape(layer: Layer) -> tuple[int, ...]:
    match layer:
        case Conv():
            return *layer.kernel, layer.input_shape[-1], layer.filters
        case Depthwise():
            return *layer.kernel, layer.input_shape[-1], 1
    return layer.input_shape[-1], layer.output_shape[-1]


def _first_others(layer: Layer) -> NDArray[np.float32]:
    """Gamma (ones) and beta (zeros), or bias (zeros)."""
    return np.repeat(np.array([1, 0] if has_batch_norm(layer) else [0], np.float32), _channels(layer))


def _vector(parts: Iterator[NDArray[np.float32]]) -> Any:
    return tf.Variable(np.concatenate([np.zeros(0, np.float32), *parts]))
