"""Analytical cost model: energy per inference from FLOPs and memory traffic, fitted to the paper's published figures.

The paper found that FLOPs alone are a poor proxy of energy because they leave out memory traffic (section 2.3), and
that the filters of the first block, where the feature maps are largest, matter most (section 7). The model is

    energy = a * FLOPs + b * bytes of activations written + c

with a, b, c by least squares, on relative errors, over the five published networks whose layers are known: Table 2's
network and the four baselines of Table 1. They span a factor of seventy in energy, and the model is
within 10 % of each.

Limits: one device (a Pixel 4 XL big core, int8 TFLite, one thread); no difference between kinds of layer; no caches; no
penalty of widths that are no multiple of 8. Only one of its five networks is like those of the search space, and the
published energies themselves have standard deviations of 4 to 10 %. Use it to rank networks, and measure before relying
on its values.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from nas_engine import baselines
from nas_engine.architecture import Architecture
from nas_engine.cost import ArchitectureCost, BlockCost, cost
from nas_engine.energy.estimators.published_figures import PublishedNetwork, table_1

SOURCE = "estimate from published figures (Speckhard et al., Tables 1 and 2)"


@dataclass(frozen=True, slots=True)
class AnalyticalEstimate:
    """Estimated energy of one inference (mJ), and the source of the estimate in words for the user."""

    energy_mj: float
    source: str


KNOWN_NETWORKS: tuple[tuple[PublishedNetwork, Architecture], ...] = (
    (table_1("NAS-Bayesian"), baselines.nas_bayesian()),
    *((table_1(model), build(9)) for model, build in baselines.BASELINES.items()),
)
"""Rows of Table 1 whose layers are known; those of the other four networks were not published."""


@dataclass(frozen=True, slots=True)
class AnalyticalCoefficients:
    """Coefficients of energy_mj = mj_per_flop * FLOPs + mj_per_activation_byte * activation bytes + fixed_mj."""

    mj_per_flop: float
    mj_per_activation_byte: float
    fixed_mj: float


def predict_energy_mj(cost: ArchitectureCost) -> AnalyticalEstimate:
    """Estimated energy per inference of a network with this cost, with its source."""
    rule = coefficients()
    return AnalyticalEstimate(rule.fixed_mj + sum(_block_mj(block, rule) for block in cost.blocks), SOURCE)


def analytical_energy_mj(cost: ArchitectureCost) -> float:
    """Estimated energy per inference (mJ) alone, for constraints and penalties."""
    return predict_energy_mj(cost).energy_mj


def block_shares(cost: ArchitectureCost) -> tuple[float, ...]:
    """Share (0..1) of each block of `cost.blocks` in the estimate without its constant `fixed_mj`; they sum to 1."""
    rule = coefficients()
    energies_mj = [_block_mj(block, rule) for block in cost.blocks]
    total_mj = sum(energies_mj)
    return tuple(energy_mj / total_mj for energy_mj in energies_mj)


@cache
def coefficients() -> AnalyticalCoefficients:
    """Least-squares fit to `KNOWN_NETWORKS`, computed once.

    Rows are weighted by 1 / energy, so that relative errors are minimised: unweighted, MobileNetV2's 14 mJ would
    dominate the networks of about 1 mJ that searches are for.
    """
    costs = [cost(architecture) for _, architecture in KNOWN_NETWORKS]
    features = np.array([[c.flops, c.activation_bytes, 1.0] for c in costs])
    energy_mj = np.array([row.energy_mj for row, _ in KNOWN_NETWORKS])
    return AnalyticalCoefficients(*_relative_least_squares(features, energy_mj))


def _relative_least_squares(features: NDArray[np.float64], target: NDArray[np.float64]) -> list[float]:
    """Coefficients x that minimise the sum of ((features @ x - target) / target) ** 2."""
    weighted = features / target[:, None]
    scale = np.linalg.norm(weighted, axis=0)  # FLOPs and bytes are 1e6 times the constant: scaling keeps lstsq exact
    solution = np.linalg.lstsq(weighted / scale, np.ones_like(target), rcond=None)[0]
    return [float(value) for value in solution / scale]


def _block_mj(block: BlockCost, rule: AnalyticalCoefficients) -> float:
    return rule.mj_per_flop * block.flops + rule.mj_per_activation_byte * block.activation_bytes
