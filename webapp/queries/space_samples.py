"""What the networks of a space cost and how many lie within a study's bounds, from networks drawn at random."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from nas_engine.constraints import Constraints, find_violation
from nas_engine.cost import ArchitectureCost, cost
from nas_engine.errors import InfeasibleArchitecture
from nas_engine.search_space.spec import SpaceSpec
from nas_engine.space_summary import Histogram, Quantiles, SpaceSummary, SummaryLimits, summarise
from webapp.energy_predictors import predictor
from webapp.models import EnergyModel, Study
from webapp.translation import BYTES_PER_KB, constraints

SAMPLES = 2_000
_LEAST = 1e-9  # a threshold of 0 is allowed: nothing lies within it


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the networks are held against: the reward's thresholds, and the hard limits if the study screens.

    Energies are by `energy_model`, by the published figures without one.
    """

    thresholds: SummaryLimits
    hard: Constraints
    energy_model: EnergyModel | None = None


@dataclass(frozen=True, slots=True)
class Quantity:
    """One thing that is counted of each network: `unit` as tables show it, `chart_unit` = value / `chart_scale`."""

    key: str
    name: str
    unit: str
    chart_unit: str
    chart_scale: float
    is_estimate: bool = False


QUANTITIES = (
    Quantity("flops", "FLOPs", "", "M", 1e6),
    Quantity("parameters", "Parameters", "", "k", 1e3),
    Quantity("flash_bytes", "Flash", "kB", "kB", BYTES_PER_KB, is_estimate=True),
    Quantity("peak_ram_bytes", "Peak RAM", "kB", "kB", BYTES_PER_KB),
    Quantity("energy_mj", "Energy", "mJ", "mJ", 1.0, is_estimate=True),
)


@dataclass(frozen=True, slots=True)
class QuantityRow:
    """How one quantity is distributed; `threshold` is the reward's in the same unit, None where it has none."""

    quantity: Quantity
    quantiles: Quantiles
    histogram: Histogram
    threshold: float | None

    @property
    def spread(self) -> tuple[float, float, float]:
        """The 5 % quantile, the median and the 95 % quantile."""
        return self.quantiles.p5, self.quantiles.p50, self.quantiles.p95


@dataclass(frozen=True, slots=True)
class Share:
    """A share 0..1 of the networks, and of what, in words."""

    share: float
    words: str


@dataclass(frozen=True, slots=True)
class SampleTable:
    """A space in numbers. `infeasible` of the `samples` cannot be built."""

    cardinality: int
    samples: int
    is_exact: bool
    infeasible: int
    rows: tuple[QuantityRow, ...]
    shares: tuple[Share, ...]
    energy_source: str


def bounds_of(study: Study) -> Bounds:
    thresholds = SummaryLimits(
        flash_bytes=max(_LEAST, study.flash_threshold_kb * BYTES_PER_KB),
        energy_mj=max(_LEAST, study.energy_threshold_mj),
    )
    return Bounds(thresholds, constraints(study), study.energy_model)


def summary_of(spec: SpaceSpec, bounds: Bounds) -> SpaceSummary:
    """Raises ValueError where the space, or none of the networks drawn from it, can be built."""
    return _summary_of(_nameless(spec), bounds.thresholds, bounds.energy_model)


def share_within(spec: SpaceSpec, bounds: Bounds) -> float:
    """The share of networks drawn at random that screening by the hard limits lets pass."""
    return _share_within(_nameless(spec), bounds.hard, bounds.energy_model)


def _nameless(spec: SpaceSpec) -> SpaceSpec:
    """What is counted of a space is kept for the next request; its name, while it is being typed, changes nothing."""
    return replace(spec, name="any")


@lru_cache(maxsize=64)
def _summary_of(spec: SpaceSpec, thresholds: SummaryLimits, energy_model: EnergyModel | None) -> SpaceSummary:
    def energies_mj(costs: Sequence[ArchitectureCost]) -> list[float]:
        return [estimate.energy_mj for estimate in found.estimates(costs)]

    found = predictor(energy_model)
    space, source = spec.search_space(), found.source
    return summarise(space, thresholds, samples=SAMPLES, energies_mj=energies_mj, energy_source=source)


@lru_cache(maxsize=64)
def _share_within(spec: SpaceSpec, hard: Constraints, energy_model: EnergyModel | None) -> float:
    counted = list(_drawn_costs(spec))
    estimates = predictor(energy_model).estimates(counted)
    return (
        sum(_passes(total, estimate.energy_mj, hard) for total, estimate in zip(counted, estimates, strict=True))
        / SAMPLES
    )


def _passes(total: ArchitectureCost, energy_mj: float, hard: Constraints) -> bool:
    return find_violation(total, hard, lambda _: energy_mj) is None


def _drawn_costs(spec: SpaceSpec) -> Iterator[ArchitectureCost]:
    """Of `SAMPLES` networks drawn at random, those that can be built."""
    space, rng = spec.search_space(), np.random.default_rng(0)
    for _ in range(SAMPLES):
        try:
            yield cost(space.sample(rng))
        except InfeasibleArchitecture:
            continue


def sample_table(spec: SpaceSpec, bounds: Bounds) -> SampleTable:
    """Raises ValueError as `summary_of` does."""
    summary = summary_of(spec, bounds)
    limits = {"flash_bytes": bounds.thresholds.flash_bytes, "energy_mj": bounds.thresholds.energy_mj}
    rows = (
        QuantityRow(
            quantity, summary.quantiles[quantity.key], summary.histograms[quantity.key], limits.get(quantity.key)
        )
        for quantity in QUANTITIES
    )
    return SampleTable(
        cardinality=summary.cardinality,
        samples=summary.samples,
        is_exact=summary.is_exact,
        infeasible=summary.infeasible,
        rows=tuple(rows),
        shares=tuple(_shares(spec, bounds, summary)),
        energy_source=summary.energy_source,
    )


def _shares(spec: SpaceSpec, bounds: Bounds, summary: SpaceSummary) -> list[Share]:
    flash_kb = bounds.thresholds.flash_bytes / BYTES_PER_KB
    thresholds = f"{bounds.thresholds.energy_mj:.3g} mJ and {flash_kb:.4g} kB"
    shares = [
        Share(summary.share_under_limits_packed, f"within {thresholds}, the reward's thresholds"),
        Share(summary.share_under_limits, "the same by the plain .tflite file, as the paper counts"),
    ]
    if bounds.hard != Constraints():
        shares.append(Share(share_within(spec, bounds), "within the hard limits: the others will not be trained"))
    return shares
