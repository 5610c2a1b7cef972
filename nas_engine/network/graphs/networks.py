"""What trainer, quantisation and converter need of a network."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nas_engine.architecture import Architecture
from nas_engine.layers import Layer, all_layers
from nas_engine.network.graphs.inference import Tensor, Weights, activated, last, outputs
from nas_engine.network.keras import tf


class TrainableNetwork(ABC):
    """Layers of an architecture with weights: in training by `logits`, for answers with what was trained folded."""

    def __init__(self, architecture: Architecture) -> None:
        self.layers = all_layers(architecture)
        self.input_shape = (None, *architecture.stem.input_shape)
        self.output_shape = (None, architecture.head.classes)
        self._answer: Callable[[Tensor, Mapping[str, Weights]], Tensor] | None = None

    @property
    @abstractmethod
    def trainable_variables(self) -> Sequence[Any]:
        """Variables that training changes."""

    @property
    def decaying(self) -> Sequence[bool]:
        """Whether weight decay applies to each of `trainable_variables`: to kernels."""
        return [variable.shape.rank > 1 for variable in self.trainable_variables]

    @abstractmethod
    def logits(self, x: Tensor) -> Tensor:
        """Logits [B, classes] in training of x [B, *input_shape], to be traced for a step."""

    @abstractmethod
    def folded(self) -> Mapping[str, Weights]:
        """Weights of now for answers, by the layer's name."""

    def prepare(self, x: Tensor) -> Tensor:
        """Input of the first layer, from that of the network."""
        return x

    def finish(self, layer: Layer, y: Tensor) -> Tensor:
        """Last step of `layer` for answers."""
        return activated(layer, y)

    def inference(self) -> Callable[[Tensor], Tensor]:
        """Function of inputs x [B, *input_shape] to logits [B, classes], with the weights of now."""
        weights = self.folded()
        if self._answer is None:
            x = tf.TensorSpec(self.input_shape, tf.float32)
            specs = tf.nest.map_structure(tf.TensorSpec.from_tensor, weights)
            self._answer = tf.function(self._answered, input_signature=[x, specs], autograph=False)
        answer = self._answer
        return lambda x: answer(x, weights)

    def __call__(self, x: Tensor, training: bool = False) -> Tensor:
        """Probabilities [B, classes] of x [B, *input_shape], with the weights of now as constants."""
        return tf.nn.softmax(self.logits(x) if training else self._answered(x, self.folded()))

    def _answered(self, x: Tensor, weights: Mapping[str, Weights]) -> Tensor:
        return last(outputs(self.layers, weights, self.prepare(x), self.finish))
