"""The network of an architecture in quantisation-aware training, of the toolkit's layers."""

from collections.abc import Mapping, Sequence
from typing import Any

from nas_engine.architecture import Architecture
from nas_engine.layers import INPUT_NAME, AveragePool, Conv, Dense, Depthwise, Layer
from nas_engine.network.builder import bare_layer, has_weights, weighted_layer
from nas_engine.network.graphs.inference import Tensor, Weights
from nas_engine.network.graphs.networks import TrainableNetwork
from nas_engine.network.graphs.quantisers import LayerQuantization, WeightQuantizer
from nas_engine.network.keras import tf, tfmot


class QuantisedNetwork(TrainableNetwork):
    """Network of the toolkit's layers in QAT.

    `ranges` (low, high) of outputs by the layer's name, of the network's input under INPUT_NAME; `units` as for
    `WeightQuantizer`, by the layer's name.
    """

    def __init__(
        self, architecture: Architecture, ranges: Mapping[str, tuple[float, float]], units: Mapping[str, float]
    ) -> None:
        super().__init__(architecture)
        self._ranges = ranges
        self._quantisers: dict[str, WeightQuantizer] = {}
        self._toolkit: dict[str, Any] = {}
        self._variables: dict[str, list[Any]] = {}
        for layer in self.layers:
            quantiser = WeightQuantizer(per_channel=not isinstance(layer, Dense), unit=units.get(layer.name))
            inner = weighted_layer(layer, layer.name, use_bias=True) if has_weights(layer) else bare_layer(layer)
            wrapped = _quantised(inner, layer, quantiser, ranges[layer.name])
            shape = (None, *layer.input_shape)
            wrapped.build(shape if len(layer.inputs) == 1 else [shape] * len(layer.inputs))
            self._toolkit[layer.name], self._quantisers[layer.name] = wrapped, quantiser
            if has_weights(layer):
                # Training sets the kernels of the layers to tensors of its graph, as the toolkit does.
                self._variables[layer.name] = inner.weights

    @property
    def trainable_variables(self) -> Sequence[Any]:
        """As `TrainableNetwork.trainable_variables`."""
        return [variable for variables in self._variables.values() for variable in variables]

    def get_layer(self, name: str) -> Any:
        """The toolkit's layer of this name. Raises KeyError."""
        return self._toolkit[name]

    def set_folded_weights(self, weights: Mapping[str, Weights]) -> None:
        """Set kernels and biases by the layer's name."""
        for name, values in weights.items():
            for variable, value in zip(self._variables[name], values, strict=True):
                variable.assign(value)

    def logits(self, x: Tensor) -> Tensor:
        """As `TrainableNetwork.logits`."""
        tensors = {INPUT_NAME: self.prepare(x)}
        for layer in self.layers:
            y: Any = [tensors[name] for name in layer.inputs]
            part = self._toolkit[layer.name]
            is_bare = isinstance(layer, AveragePool)
            y = y if len(y) > 1 else y[0]
            tensors[layer.name] = part.call(y) if is_bare else part.call(y, training=True)
        return tensors[self.layers[-1].name]

    def folded(self) -> Mapping[str, Weights]:
        """As `TrainableNetwork.folded`."""
        return {name: self._quantisers[name].quantised(*variables) for name, variables in self._variables.items()}

    def prepare(self, x: Tensor) -> Tensor:
        """As `TrainableNetwork.prepare`."""
        return _levels(x, self._ranges[INPUT_NAME])

    def finish(self, layer: Layer, y: Tensor) -> Tensor:
        """As `TrainableNetwork.finish`."""
        return y if isinstance(layer, AveragePool) else _levels(y, self._ranges[layer.name])


def _quantised(inner: Any, layer: Layer, quantiser: WeightQuantizer, output: tuple[float, float]) -> Any:
    """The toolkit's layer around the Keras layer `inner`.

    .tflite averages in the scale of its input and rounds halves away from the middle of the range; a simulated rounding
    always goes up. The exact average of an average pool is closer to .tflite than a simulated rounding.
    """
    if isinstance(layer, AveragePool):
        return inner
    kernel = {Depthwise: "depthwise_kernel", Conv: "kernel", Dense: "kernel"}.get(type(layer))
    config = LayerQuantization(kernel, quantiser.per_channel, output=output, unit=quantiser.unit)
    return tfmot.quantization.keras.QuantizeWrapperV2(inner, config, name_prefix="")


def _levels(x: Tensor, output: tuple[float, float]) -> Tensor:
    return tf.quantization.fake_quant_with_min_max_args(x, *output)
