"""AdamW (Loshchilov and Hutter 2019) from TensorFlow's fused kernels.

Keras' optimizer expands each update into a dozen operations per weight, a thousand for one network: tracing takes a
second longer, and each step 4 ms.
"""

from collections.abc import Sequence
from typing import Any

from nas_engine.network.keras import tf

_BETA_1 = 0.9
_BETA_2 = 0.999
_EPSILON = 1e-7


class AdamW:
    """AdamW on `variables`; `weight_decay` applies to those of more than one axis (not to biases and BatchNorm)."""

    def __init__(self, variables: Sequence[Any], weight_decay: float) -> None:
        self._variables = list(variables)
        self._weight_decay = weight_decay
        self._slots = [(_zeros_like(variable), _zeros_like(variable)) for variable in variables]
        self._beta_1_power = tf.Variable(_BETA_1, trainable=False)
        self._beta_2_power = tf.Variable(_BETA_2, trainable=False)

    def apply(self, gradients: Sequence[Any], learning_rate: Any) -> None:
        """Apply one step; `gradients` in the order of `variables`, `learning_rate` a scalar tensor.

        To be called while a tf.function is traced.
        """
        decay = learning_rate * self._weight_decay
        powers = self._beta_1_power.read_value(), self._beta_2_power.read_value()
        for variable, gradient, (mean, square) in zip(self._variables, gradients, self._slots, strict=True):
            if self._weight_decay and variable.shape.rank > 1:
                tf.raw_ops.ResourceApplyGradientDescent(var=variable.handle, alpha=decay, delta=variable.read_value())
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=mean.handle,
                v=square.handle,
                beta1_power=powers[0],
                beta2_power=powers[1],
                lr=learning_rate,
                beta1=_BETA_1,
                beta2=_BETA_2,
                epsilon=_EPSILON,
                grad=gradient,
            )
        self._beta_1_power.assign(powers[0] * _BETA_1)
        self._beta_2_power.assign(powers[1] * _BETA_2)


def _zeros_like(variable: Any) -> Any:
    return tf.Variable(tf.zeros(variable.shape, variable.dtype), trainable=False)
