"""Energy per inference before anyone has measured anything: a rule of three numbers from the paper's own figures.

The paper found that FLOPs alone are a poor proxy of energy because they leave out memory traffic (section 2.3), and
that the filters of the first block, where the feature maps are largest, matter most (section 7). So the rule is

    energy = a * FLOPs + b * bytes of activations written + c

with a, b, c by least squares, on relative errors, over the five published networks whose layers are known: Table 2's
network and the four baselines of Table 1. They span a factor of seventy in energy and the rule meets each
within 10 %.

What it cannot know: any device but the paper's (one Pixel 4 XL big core, int8 TFLite, one thread); the difference
between kinds of layer; caches; widths that are no multiple of 8. Only one of its five networks is like those of the
search space, and the published energies themselves scatter by 4 to 10 %. Use it to rank, and measure before you
believe it.
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
    """Predicted energy of one inference, and where the prediction comes from, in words for the user."""

    energy_mj: float
    source: str


KNOWN_NETWORKS: tuple[tuple[PublishedNetwork, Architecture], ...] = (
    (table_1("NAS-Bayesian"), baselines.nas_bayesian()),
    *((table_1(model), build(9)) for model, build in baselines.BASELINES.items()),
)
"""The rows of Table 1 whose layers are known; those of the other four networks were not published."""


@dataclass(frozen=True, slots=True)
class AnalyticalCoefficients:
    """The rule: energy_mj = mj_per_flop * FLOPs + mj_per_activation_byte * activation bytes + fixed_mj."""

    mj_per_flop: float
    mj_per_activation_byte: float
    fixed_mj: float


def predict_energy_mj(cost: ArchitectureCost) -> AnalyticalEstimate:
    """Energy per inference of a network with this cost, by the published networks alone."""
    rule = coefficients()
    return AnalyticalEstimate(rule.fixed_mj + sum(_block_mj(block, rule) for block in cost.blocks), SOURCE)


def analytical_energy_mj(cost: ArchitectureCost) -> float:
    """The prediction alone, as screens and penalties take it."""
    return predict_energy_mj(cost).energy_mj


def block_shares(cost: ArchitectureCost) -> tuple[float, ...]:
    """The share (0..1) of each block of `cost.blocks` in the energy that depends on the network; they sum to 1."""
    rule = coefficients()
    energies_mj = [_block_mj(block, rule) for block in cost.blocks]
    total_mj = sum(energies_mj)
    return tuple(energy_mj / total_mj for energy_mj in energies_mj)


@cache
def coefficients() -> AnalyticalCoefficients:
    """The least-squares fit to `KNOWN_NETWORKS`.

    Rows are weighted by 1 / energy, so that each counts by its relative error: unweighted, MobileNetV2's 14 mJ alone
    would decide, and networks of 1 mJ are what is searched for.
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
