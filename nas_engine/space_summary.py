"""Cost of the networks of a search space before training: distributions, and the share under two limits.

Everything is an estimate: flash by `nas_engine.flash`, energy by the caller's predictor, by default
`nas_engine.energy.estimators.analytical`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from nas_engine.constraints import Constraints, find_violation
from nas_engine.cost import ArchitectureCost, cost
from nas_engine.energy.estimators.analytical import SOURCE, analytical_energy_mj
from nas_engine.errors import InfeasibleArchitecture
from nas_engine.reward import RewardParameters, within_thresholds
from nas_engine.search_space.space import SearchSpace

METRICS = ("flops", "parameters", "plain_flash_bytes", "flash_bytes", "peak_ram_bytes", "energy_mj")
"""Metrics of each network; `flash_bytes` is the packed file that is delivered, see `nas_engine.flash`."""

EnergyEstimates = Callable[[Sequence[ArchitectureCost]], Sequence[float]]
"""Predicted mJ per inference [n] of n networks, in one call since predictors are vectorised."""

MOST_SAMPLES = 100_000  # some six seconds
_BINS = 30


@dataclass(frozen=True, slots=True)
class SummaryLimits:
    """Limits of a device: bytes of flash, mJ per inference. Defaults: thresholds of the paper's reward (E0, M0)."""

    flash_bytes: float = 60_000.0
    energy_mj: float = 1.25

    def __post_init__(self) -> None:
        for name, value in (("flash_bytes", self.flash_bytes), ("energy_mj", self.energy_mj)):
            if not (isfinite(value) and value > 0):
                raise ValueError(f"the limit {name} must be a finite number above 0, not {value}")


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Five quantiles and the range of one metric, in the metric's unit."""

    p5: float
    p25: float
    p50: float
    p75: float
    p95: float
    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True)
class Histogram:
    """`counts[i]` networks lie between `edges[i]` and `edges[i + 1]`; bins are equally wide."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SpaceSummary:
    """Statistics of a space. Shares are 0..1 of the counted networks; those that cannot be built count as over a limit.

    `samples` networks were counted: drawn uniformly or, if `is_exact`, every network of the space once. Quantiles and
    histograms, by the names of `METRICS`, are of those that can be built. `share_under_limits` is by the size of the
    plain file, as the paper counts; `share_under_limits_packed` by that of the file Earshot delivers.
    """

    cardinality: int
    option_counts: tuple[int, ...]
    samples: int
    is_exact: bool
    infeasible: int
    limits: SummaryLimits
    share_under_limits: float
    share_under_limits_packed: float
    quantiles: Mapping[str, Quantiles]
    histograms: Mapping[str, Histogram]
    energy_source: str = SOURCE


def analytical_estimates(costs: Sequence[ArchitectureCost]) -> list[float]:
    """Energy estimates [n] of the analytical cost model, in mJ per inference."""
    return [analytical_energy_mj(total) for total in costs]


def summarise(
    space: SearchSpace,
    limits: SummaryLimits,
    samples: int = 2_000,
    seed: int = 0,
    energies_mj: EnergyEstimates = analytical_estimates,
    energy_source: str = SOURCE,
) -> SpaceSummary:
    """Count `samples` networks of `space`, or each of them if there are no more than that.

    `energies_mj` is the energy predictor, `energy_source` its description for the user.

    Raises ValueError for a number of samples out of 1..`MOST_SAMPLES`, and where no counted network can be built.
    """
    if not 1 <= samples <= MOST_SAMPLES:
        raise ValueError(f"samples must be from 1 to {MOST_SAMPLES:,}, not {samples:,}")
    is_exact = space.cardinality <= samples
    counted = space.cardinality if is_exact else samples
    values, reason = _count(space, _everything(space) if is_exact else _drawn(space, samples, seed), energies_mj)
    if not len(values):
        raise ValueError(f"none of the {counted:,} networks looked at can be built: {reason}")
    columns = dict(zip(METRICS, values.T, strict=True))
    thresholds = RewardParameters(energy_threshold_mj=limits.energy_mj, flash_threshold_bytes=limits.flash_bytes)
    plain, packed = (
        within_thresholds(columns["energy_mj"], columns[size], thresholds)
        for size in ("plain_flash_bytes", "flash_bytes")
    )
    return SpaceSummary(
        cardinality=space.cardinality,
        option_counts=tuple(len(position.options) for position in space.positions),
        samples=counted,
        is_exact=is_exact,
        infeasible=counted - len(values),
        limits=limits,
        share_under_limits=_share(plain, counted),
        share_under_limits_packed=_share(packed, counted),
        quantiles={name: _quantiles(column) for name, column in columns.items()},
        histograms={name: _histogram(column) for name, column in columns.items()},
        energy_source=energy_source,
    )


def share_keeping(
    limits: Constraints,
    space: SearchSpace,
    samples: int = 2_000,
    seed: int = 0,
    energies_mj: EnergyEstimates = analytical_estimates,
) -> float:
    """Share (0..1) of `samples` networks drawn uniformly that can be built and violate none of `limits`."""
    costs = list(_drawn_costs(space, samples, seed))
    energies = energies_mj(costs) if costs else []
    return sum(_keeps(limits, total, energy) for total, energy in zip(costs, energies, strict=True)) / samples


def _drawn_costs(space: SearchSpace, samples: int, seed: int) -> Iterator[ArchitectureCost]:
    """Costs of those of `samples` networks drawn uniformly that can be built."""
    rng = np.random.default_rng(seed)
    for _ in range(samples):
        try:
            yield cost(space.sample(rng))
        except InfeasibleArchitecture:
            continue


def _keeps(limits: Constraints, total: ArchitectureCost, energy_mj: float) -> bool:
    return find_violation(total, limits, lambda _: energy_mj) is None


def _everything(space: SearchSpace) -> Iterator[Sequence[int]]:
    return product(*(range(len(position.options)) for position in space.positions))


def _drawn(space: SearchSpace, samples: int, seed: int) -> list[list[int]]:
    """Indices all drawn at once, a tenth of the time of drawing architecture by architecture."""
    sizes = [len(position.options) for position in space.positions]
    indices: list[list[int]] = np.random.default_rng(seed).integers(0, sizes, (samples, len(sizes))).tolist()
    return indices


def _count(
    space: SearchSpace, indices: Iterator[Sequence[int]] | list[list[int]], energies_mj: EnergyEstimates
) -> tuple[NDArray[np.float64], str]:
    """[networks that can be built, len(METRICS)], and why the last of the others cannot."""
    totals, reason = [], ""
    for chosen in indices:
        try:
            totals.append(cost(space.decode(chosen)))
        except InfeasibleArchitecture as error:
            reason = str(error)
    energies = energies_mj(totals) if totals else []
    rows = [_metrics(total, energy_mj) for total, energy_mj in zip(totals, energies, strict=True)]
    return np.array(rows, dtype=np.float64).reshape(-1, len(METRICS)), reason


def _metrics(total: ArchitectureCost, energy_mj: float) -> tuple[float, ...]:
    return (
        total.flops,
        total.parameters,
        total.plain_flash_bytes_estimate,
        total.flash_bytes_estimate,
        total.peak_activation_bytes,
        energy_mj,
    )


def _share(mask: NDArray[np.bool_], counted: int) -> float:
    return float(mask.sum()) / counted


def _quantiles(values: NDArray[np.float64]) -> Quantiles:
    return Quantiles(*(float(q) for q in np.quantile(values, (0.05, 0.25, 0.5, 0.75, 0.95, 0.0, 1.0))))


def _histogram(values: NDArray[np.float64]) -> Histogram:
    counts, edges = np.histogram(values, _BINS)
    return Histogram(tuple(float(edge) for edge in edges), tuple(int(count) for count in counts))
