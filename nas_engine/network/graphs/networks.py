"""Networks as chains of Keras layers: one chain for each layer of an architecture."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nas_engine.architecture import Architecture
from nas_engine.layers import INPUT_NAME, Layer, all_layers
from nas_engine.network.graphs.inference import Finish, Tensor, Weights, activated, last, outputs
from nas_engine.network.keras import tf

Chain = Sequence[Any]
"""Keras layers, each applied to the output of the one before; the first takes a list where there are two inputs."""
Prepare = Callable[[Tensor], Tensor]


def unchanged(x: Tensor) -> Tensor:
    """`x` itself."""
    return x


class Network:
    """A network in training: chains of built Keras layers by the name of their layer.

    `folded` gives the weights that answers are computed with, `finish` the last step of a layer for answers, `prepare`
    what happens to the input [B, *input_shape] before the first layer.
    """

    def __init__(
        self,
        architecture: Architecture,
        chains: Mapping[str, Chain],
        folded: Callable[["Network"], Mapping[str, Weights]],
        finish: Finish = activated,
        prepare: Prepare = unchanged,
    ) -> None:
        self.layers = all_layers(architecture)
        self.input_shape = (None, *architecture.stem.input_shape)
        self.output_shape = (None, architecture.head.classes)
        self._chains = chains
        self._folded, self._finish, self.prepare = folded, finish, prepare
        self._answer: Callable[[Tensor, Mapping[str, Weights]], Tensor] | None = None
        self._named = {part.name: part for chain in chains.values() for part in chain}
        build(self.layers, chains)

    def get_layer(self, name: str) -> Any:
        """The Keras layer of this name. Raises KeyError."""
        return self._named[name]

    @property
    def trainable_variables(self) -> list[Any]:
        """Variables that training changes, in the order of layers."""
        return [weights for part in self._named.values() for weights in part.trainable_variables]

    def logits(self, x: Tensor, training: bool = True) -> Tensor:
        """Logits [B, classes] of x [B, *input_shape] by the Keras layers, to be traced for a training step."""
        tensors = {INPUT_NAME: self.prepare(x)}
        for layer in self.layers:
            y: Any = [tensors[name] for name in layer.inputs]
            y = y if len(y) > 1 else y[0]
            for part in self._chains[layer.name]:
                y = part.call(y, training=training) if _takes_training(part) else part.call(y)
            tensors[layer.name] = y
        return tensors[self.layers[-1].name]

    def inference(self) -> Callable[[Tensor], Tensor]:
        """Function of inputs x [B, *input_shape] to logits [B, classes], with the weights of now."""
        weights = self._folded(self)
        if self._answer is None:
            x = tf.TensorSpec(self.input_shape, tf.float32)
            specs = tf.nest.map_structure(tf.TensorSpec.from_tensor, weights)
            self._answer = tf.function(self._answered, input_signature=[x, specs], autograph=False)
        answer = self._answer
        return lambda x: answer(x, weights)

    def __call__(self, x: Tensor, training: bool = False) -> Tensor:
        """Probabilities [B, classes] of x [B, *input_shape]."""
        return tf.nn.softmax(self.logits(x, training) if training else self._answered(x, self._folded(self)))

    def _answered(self, x: Tensor, weights: Mapping[str, Weights]) -> Tensor:
        return last(outputs(self.layers, weights, self.prepare(x), self._finish))


def build(layers: Sequence[Layer], chains: Mapping[str, Chain]) -> None:
    """Create the weights of the Keras layers, in order, so that a seed of Keras gives the same ones again."""
    for layer in layers:
        first, *others = chains[layer.name]
        shape = (None, *layer.input_shape)
        first.build(shape if len(layer.inputs) == 1 else [shape] * len(layer.inputs))
        for part in others:
            part.build((None, *layer.output_shape))


def _takes_training(part: Any) -> bool:
    return "training" in inspect.signature(part.call).parameters
