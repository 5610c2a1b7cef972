"""AdamW against Keras' own."""

import numpy as np

from nas_engine.network.keras import keras, tf
from nas_engine.network.optimizer import AdamW

GRADIENTS = [np.float32([[0.5, -2.0], [0.0, 1e-3]]), np.float32([3.0, -0.1])]
START = [np.float32([[1.0, 2.0], [3.0, 4.0]]), np.float32([5.0, 6.0])]


def ours(weight_decay: float, steps: int = 5) -> list[np.ndarray]:
    variables = [tf.Variable(value) for value in START]
    optimizer = AdamW(variables, weight_decay, [True, False])
    step = tf.function(lambda rate: optimizer.apply([tf.constant(g) for g in GRADIENTS], rate), autograph=False)
    for _ in range(steps):
        step(tf.constant(0.1))
    return [variable.numpy() for variable in variables]


def test_it_takes_the_steps_of_keras_adamw() -> None:
    variables = [tf.Variable(value) for value in START]
    reference = keras.optimizers.AdamW(0.1, weight_decay=0.2)
    reference.exclude_from_weight_decay([variables[1]])
    for _ in range(5):
        reference.apply_gradients(zip(GRADIENTS, variables, strict=True))
    for value, expected in zip(ours(weight_decay=0.2), variables, strict=True):
        # Keras adds epsilon after the bias correction, TensorFlow's kernel before: 1e-7 beside gradients of 1e-3.
        np.testing.assert_allclose(value, expected.numpy(), rtol=1e-3)


def test_only_kernels_decay() -> None:
    kernel, bias = ours(weight_decay=0.2)
    undecayed_kernel, undecayed_bias = ours(weight_decay=0.0)
    assert np.all(np.abs(kernel) < np.abs(undecayed_kernel))
    np.testing.assert_array_equal(bias, undecayed_bias)
