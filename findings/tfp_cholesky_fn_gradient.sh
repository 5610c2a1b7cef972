#!/usr/bin/env bash
# tensorflow-probability 0.25.0 (JAX substrate, jax 0.5.3)
#
# Behaviour: GaussianProcess.log_prob with a `cholesky_fn` of one's own uses what this function adds to the covariance, so
# that its value is right, but its gradient by whatever enters inside that function is exactly zero, without an error.
# The same noise given as `observation_noise_variance` has the gradient that differences show.
#
# Guess before the first run: automatic differentiation goes through a function that is given as an argument, as it goes
# through everything else; the right value confirms it.
#
# Hurts: whoever fits noise of single observations (forecasts, repeated measurements) by `cholesky_fn`, where the library
# has no argument for it: the optimiser leaves that parameter at its start and reports success.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check tensorflow-probability==0.25.0 tf_keras==2.21.0 \
    jax==0.5.3 jaxlib==0.5.3 "numpy<2.5"
cat >gradient.py <<'PY'
import jax
import jax.numpy as jnp
import tensorflow_probability.substrates.jax as tfp

x = jnp.linspace(0.0, 1.0, 12)[:, None]
y = jnp.sin(6 * x[:, 0])
KERNEL = tfp.math.psd_kernels.ExponentiatedQuadratic(jnp.float32(1.0), jnp.float32(0.2))


def by_function(noise):
    factorise = lambda covariance: jnp.linalg.cholesky(covariance + noise * jnp.eye(12))
    process = tfp.distributions.GaussianProcess(KERNEL, x, observation_noise_variance=0.01, cholesky_fn=factorise)
    return process.log_prob(y)


def by_argument(noise):
    return tfp.distributions.GaussianProcess(KERNEL, x, observation_noise_variance=0.01 + noise).log_prob(y)


noise, step = 0.05, 0.005
difference = (by_function(noise + step) - by_function(noise - step)) / (2 * step)
print(f"log likelihoods differ by less than 0.001: {abs(by_function(noise) - by_argument(noise)) < 1e-3}")
print(f"slope by differences is below -10:         {difference < -10}")
print(f"gradient by the argument is below -10:     {jax.grad(by_argument)(noise) < -10}")
print(f"gradient through cholesky_fn is zero:      {jax.grad(by_function)(noise) == 0}")
PY
venv/bin/python gradient.py 2>/dev/null | tee seen
[ "$(awk '{print $NF}' seen | tr '\n' ' ')" = "True True True True " ]

# Printed with tensorflow-probability 0.25.0, jax 0.5.3 and Python 3.11.7:
#
# log likelihoods differ by less than 0.001: True
# slope by differences is below -10:         True
# gradient by the argument is below -10:     True
# gradient through cholesky_fn is zero:      True
