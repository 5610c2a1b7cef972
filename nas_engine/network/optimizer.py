"""AdamW (Loshchilov and Hutter 2019) from TensorFlow's fused kernels, all weights in two vectors.

Keras' optimizer expands each update into a dozen operations per weight, a thousand for one network: tracing takes a
second longer, and each step 4 ms. Even one fused operation per weight is seven nodes of the graph, which is traced for
each network: here weights that decay are one vector, those that do not are another, and each has one update.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nas_engine.network.keras import tf

_BETA_1 = 0.9
_BETA_2 = 0.999
_EPSILON = 1e-7


class AdamW:
    """AdamW on `variables`; `weight_decay` applies to those that are `decaying`.

    Starts from the variables' values of now and overwrites them at every step.
    """

    def __init__(self, variables: Sequence[Any], weight_decay: float, decaying: Sequence[bool]) -> None:
        numbered = list(zip(variables, decaying, strict=True))
        self._groups = [
            _Group([(number, variable) for number, (variable, decays) in enumerate(numbered) if decays == wanted])
            for wanted in (True, False)
        ]
        self._weight_decays = (weight_decay, 0.0)
        self._beta_1_power = tf.Variable(_BETA_1, trainable=False)
        self._beta_2_power = tf.Variable(_BETA_2, trainable=False)

    def apply(self, gradients: Sequence[Any], learning_rate: Any) -> None:
        """Apply one step; `gradients` in the order of `variables`, `learning_rate` a scalar tensor.

        To be called while a tf.function is traced.
        """
        powers = self._beta_1_power.read_value(), self._beta_2_power.read_value()
        for group, weight_decay in zip(self._groups, self._weight_decays, strict=True):
            if group.variables:
                group.apply(gradients, learning_rate, weight_decay, powers)
        self._beta_1_power.assign(powers[0] * _BETA_1)
        self._beta_2_power.assign(powers[1] * _BETA_2)


class _Group:
    """Variables with their numbers, in one vector with its two moments."""

    def __init__(self, numbered: Sequence[tuple[int, Any]]) -> None:
        self.numbers = [number for number, _ in numbered]
        self.variables = [variable for _, variable in numbered]
        values = [variable.numpy().ravel() for variable in self.variables]
        vector = np.concatenate(values) if values else np.zeros(0, np.float32)
        self._sizes = [len(value) for value in values]
        self._vector, self._mean, self._square = (
            tf.Variable(value, trainable=False) for value in (vector, np.zeros_like(vector), np.zeros_like(vector))
        )

    def apply(self, gradients: Sequence[Any], learning_rate: Any, weight_decay: float, powers: tuple[Any, Any]) -> None:
        flat = tf.constant([-1])
        parts = [gradients[number] for number in self.numbers]
        gradient = tf.concat([part if part.shape.rank == 1 else tf.reshape(part, flat) for part in parts], 0)
        if weight_decay:
            tf.raw_ops.ResourceApplyGradientDescent(
                var=self._vector.handle, alpha=learning_rate * weight_decay, delta=self._vector.read_value()
            )
        tf.raw_ops.ResourceApplyAdam(
            var=self._vector.handle,
            m=self._mean.handle,
            v=self._square.handle,
            beta1_power=powers[0],
            beta2_power=powers[1],
            lr=learning_rate,
            beta1=_BETA_1,
            beta2=_BETA_2,
            epsilon=_EPSILON,
            grad=gradient,
        )
        for variable, part in zip(self.variables, tf.split(self._vector.read_value(), self._sizes), strict=True):
            value = part if variable.shape.rank == 1 else tf.reshape(part, variable.shape)
            tf.raw_ops.AssignVariableOp(resource=variable.handle, value=value)
