"""Simulated measurement campaign on a fictitious device, to test energy models on thousands of networks.

It predicts no real device, but has the properties that make real ones hard to model: kinds of layer of different
efficiency, channels that do not fill the vector unit, feature maps that do or do not fit a cache, an overhead per
operator, and measurements with the paper's noise (0.068 mJ, section 2.4). One constant is set so that Table 2's network
takes its published 1.30 mJ; networks of 10 MFLOPs then spread from about 0.7 to 1.5 mJ, as in Figure 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, prod

import numpy as np

from nas_engine.architecture import Architecture, Block, Head, Layout
from nas_engine.baselines import nas_bayesian
from nas_engine.cost import layer_flops, layer_weight_bytes
from nas_engine.energy.estimators.published_figures import table_1
from nas_engine.energy.estimators.training import MeasuredNetwork
from nas_engine.layers import INPUT_NAME, AveragePool, Depthwise, Layer, Tensor, expand_block, expand_head
from nas_engine.search_space.space import SearchSpace

NOISE_MJ = 0.068
"""Standard deviation of one measurement (section 2.4)."""

_DEPTHWISE_SLOWNESS = 2.2
_LANES = 16
_CACHE_BYTES = 32_000
_FLOP, _CACHED_BYTE, _FAR_BYTE, _OPERATOR = 1.0, 6.0, 14.0, 25_000.0  # relative to the energy of a FLOP


@dataclass(frozen=True, slots=True)
class SimulatedCampaign:
    """Networks [n] with one simulated measurement each, and their exact energies on the device (mJ) [n]."""

    measured: tuple[MeasuredNetwork, ...]
    exact_mj: tuple[float, ...]


def campaign(space: SearchSpace, networks: int, seed: int, noise_mj: float = NOISE_MJ) -> SimulatedCampaign:
    """Draw `networks` different networks of `space` and simulate one measurement of each, with noise (mJ).

    Deterministic for equal arguments. Does not return where the space has fewer networks.
    """
    rng = np.random.default_rng(seed)
    drawn: dict[str, Architecture] = {}
    while len(drawn) < networks:
        network = space.sample(rng)
        drawn.setdefault(network.network_hash, network)
    exact = [energy_mj(network) for network in drawn.values()]
    seen = np.maximum(np.array(exact) + rng.normal(0, noise_mj, networks), noise_mj / 10)
    measured = (MeasuredNetwork(network, float(mj)) for network, mj in zip(drawn.values(), seen, strict=True))
    return SimulatedCampaign(tuple(measured), tuple(exact))


def energy_mj(network: Architecture) -> float:
    """Energy of one inference (mJ) on the fictitious device, without noise."""
    return _work(network) * _mj_per_work()


@lru_cache
def _mj_per_work() -> float:
    return table_1("NAS-Bayesian").energy_mj / _work(nas_bayesian())


def _work(network: Architecture) -> float:
    x, total = Tensor(INPUT_NAME, network.stem.input_shape), 0.0
    for number, block in enumerate(network.blocks, start=1):
        work, x = _block_work(block, x, network.stem.layout, f"b{number}")
        total += work
    return total + _head_work(network.head, x)


@lru_cache(maxsize=65_536)
def _block_work(block: Block, x: Tensor, layout: Layout, name: str) -> tuple[float, Tensor]:
    expanded = expand_block(block, x, layout, name)
    return _layers_work(expanded.layers), expanded.output


@lru_cache(maxsize=4_096)
def _head_work(head: Head, x: Tensor) -> float:
    return _layers_work(expand_head(head, x).layers)


def _layers_work(layers: Sequence[Layer]) -> float:
    return sum(_layer_work(layer) for layer in layers)


def _layer_work(layer: Layer) -> float:
    channels = layer.output_shape[-1]
    filled = channels / (_LANES * ceil(channels / _LANES))
    slowness = _DEPTHWISE_SLOWNESS if isinstance(layer, Depthwise | AveragePool) else 1.0
    output_bytes = prod(layer.output_shape)
    byte = _CACHED_BYTE if output_bytes <= _CACHE_BYTES else _FAR_BYTE
    arithmetic = _FLOP * layer_flops(layer) * slowness / filled
    return arithmetic + byte * (output_bytes + layer_weight_bytes(layer)) + _OPERATOR
