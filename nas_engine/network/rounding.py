"""Scales at which runtimes round alike, whichever way they round.

A kernel sums products up in int32 and rescales the sum, the accumulator a, to int8: round(a / Q), where
Q = output scale / (input scale * weight scale). Runtimes compute this differently:

* XNNPACK multiplies floats and rounds once;
* the reference kernels, TensorFlow Lite Micro and CMSIS-NN multiply a by a 31-bit integer m, 0.5 <= m < 1, round, and
  round a second time when they divide by 2^r, Q = 2^r / m (gemmlowp's "double rounding");
* the optimised kernels round once, in integers.

The second rounding lifts the accumulators of [t - L, t) below each threshold t = (j + 1/2) Q, where L = Q / 2^(r+1) is
in (1/2, 1]; at t itself, ties go up, down or to even. One accumulator in Q thus depends on the runtime, 0.1 to 0.3 % of
usual values.

Q may be chosen, as a weight scale may be larger than it has to be. With Q = 2n - e, n an integer and e small, every t
lies (j + 1/2) e below an integer: no integer is in [t - L, t] as long as (j + 1/2) e < 1 - L. All runtimes then agree
on all accumulators. Even numbers are close to each other, so that weights lose less than a tenth of a bit on average.
"""

import math
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from nas_engine.layers import INPUT_NAME, Add, AveragePool, GlobalAverage, Layer
from nas_engine.network.keras import tf

LEVELS = 255
"""Steps between the lowest and the highest int8 value of a tensor."""

WEIGHT_LEVELS = 127
"""Steps between 0 and the largest weight."""

_FEWEST_STEPS = 8.0  # below, the next even number is too far away
_LARGEST_PART = 7 / 8  # of the next power of two that Q may be, so that L leaves room for e
_SUM_STEPS = 31


def tensor_scales(layers: Sequence[Layer], scales: Mapping[str, float]) -> dict[str, float]:
    """Scales of tensors by name, of the network's input under INPUT_NAME, enlarged so that sums and averages are safe.

    `scales` are the smallest allowed. An average pool has the scale of its input. The tensors of a sum become odd
    multiples of one number: their sum is then never half-way between two int8 values. A global average becomes safe as
    an accumulator is, its sum being rescaled by the number of pixels.
    """
    sources = {INPUT_NAME: INPUT_NAME}
    for layer in layers:
        sources[layer.name] = sources[layer.inputs[0]] if isinstance(layer, AveragePool) else layer.name
    found = {name: scales[name] for name in sources.values()}
    for group in _summed(layers, sources):
        unit = min(found[name] for name in group) / _SUM_STEPS
        found |= {name: unit * _odd_above(found[name] / unit) for name in group}
    for layer in layers:
        if isinstance(layer, GlobalAverage):
            per_step = found[sources[layer.inputs[0]]] / prod(layer.input_shape[:-1])
            found[layer.name] = per_step * steps_above(found[layer.name] / per_step)
    return {name: found[source] for name, source in sources.items()}


def _summed(layers: Sequence[Layer], sources: Mapping[str, str]) -> list[set[str]]:
    """Groups of tensors that sums connect."""
    groups: list[set[str]] = []
    for layer in layers:
        if isinstance(layer, Add):
            joined = {layer.name, *(sources[name] for name in layer.inputs)}
            touching = [group for group in groups if group & joined]
            groups = [group for group in groups if not group & joined] + [joined.union(*touching)]
    return groups


def _odd_above(value: float) -> int:
    return 2 * math.ceil((value - 1 - 1e-6) / 2) + 1


def steps_above(least: float) -> float:
    """The smallest safe Q of at least `least`; `least` itself below 8, where safe ones are rare."""
    if least < _FEWEST_STEPS:
        return least
    even = 2 * math.ceil(least / 2)
    power = _power_above(even)
    if even > _LARGEST_PART * power:
        even, power = power + 2, 2 * power
    return even - float(_shift(even / power))


def _power_above(even: int) -> int:
    """The smallest power of two of at least `even`."""
    return 1 << (even - 1).bit_length()


def _shift(lifted: Any) -> Any:
    """e of the module's notation, half of what L leaves for the highest threshold."""
    return (1 - lifted) / (2 * (LEVELS + 0.5))


def safe_limits(limits: Any, unit: float) -> Any:
    """Smallest weights' ranges of at least `limits` (float32 tensor of any shape) that are safe.

    `unit` is WEIGHT_LEVELS * output scale / input scale, so that Q = unit / limit. A limit of Q below 8 stays.
    """
    most = unit / tf.cast(limits, tf.float64)
    even = 2 * tf.floor(most / 2)
    # Half a step below an even number, so that the logarithm of a power of two cannot come out above it.
    power = 2.0 ** tf.math.ceil(tf.math.log(tf.maximum(even, 2.0) - 0.5) / math.log(2))
    even = tf.minimum(even, 2 * tf.floor(_LARGEST_PART * power / 2))
    return tf.cast(tf.where(most < _FEWEST_STEPS, most, even - _shift(even / power)) ** -1 * unit, tf.float32)
