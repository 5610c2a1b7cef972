"""Costs of a search space's networks by a study's energy predictor, and the shares within the study's bounds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nas_engine.constraints import Constraints
from nas_engine.cost import ArchitectureCost
from nas_engine.search_space.spec import SpaceSpec
from nas_engine.space_summary import (
    EnergyEstimates,
    Histogram,
    Quantiles,
    SpaceSummary,
    SummaryLimits,
    share_keeping,
    summarise,
)
from webapp.caches import kept
from webapp.energy_predictors import predictor
from webapp.models import EnergyModel, Study
from webapp.models.study import BYTES_PER_KB
from webapp.translation import constraints

SAMPLES = 2_000
_LEAST = 1e-9  # a threshold of 0 is allowed: nothing lies within it


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds on the networks: the reward's thresholds, and the hard limits if the study has constraints.

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
    """Share, 0..1, of networks drawn at random that keep the hard limits."""
    return _share_within(_nameless(spec), bounds.hard, bounds.energy_model)


def _nameless(spec: SpaceSpec) -> SpaceSpec:
    """What is counted of a space is kept for the next request; its name, while it is being typed, changes nothing."""
    return replace(spec, name="any")


@kept("spaces")
def _summary_of(spec: SpaceSpec, thresholds: SummaryLimits, energy_model: EnergyModel | None) -> SpaceSummary:
    return summarise(
        spec.search_space(),
        thresholds,
        samples=SAMPLES,
        energies_mj=_estimates(energy_model),
        energy_source=predictor(energy_model).source,
    )


@kept("shares within hard limits")
def _share_within(spec: SpaceSpec, hard: Constraints, energy_model: EnergyModel | None) -> float:
    return share_keeping(hard, spec.search_space(), samples=SAMPLES, energies_mj=_estimates(energy_model))


def _estimates(energy_model: EnergyModel | None) -> EnergyEstimates:
    found = predictor(energy_model)

    def energies_mj(costs: Sequence[ArchitectureCost]) -> list[float]:
        return [estimate.energy_mj for estimate in found.estimates(costs)]

    return energies_mj


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
