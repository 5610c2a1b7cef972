"""What the networks of a space cost and how many lie within a study's bounds, from networks drawn at random."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from nas_engine.screening import HardLimits
from nas_engine.space_spec import SpaceSpec
from nas_engine.space_summary import Histogram, Limits, Quantiles, SpaceSummary, summarise
from webapp.models import Study
from webapp.translation import BYTES_PER_KB, hard_limits, screen_for

SAMPLES = 2_000
_LEAST = 1e-9  # a threshold of 0 is allowed: nothing lies within it


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the networks are held against: the reward's thresholds, and the hard limits if the study screens."""

    thresholds: Limits
    hard: HardLimits


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


def bounds_of(study: Study) -> Bounds:
    thresholds = Limits(
        flash_bytes=max(_LEAST, study.flash_threshold_kb * BYTES_PER_KB),
        energy_mj=max(_LEAST, study.energy_threshold_mj),
    )
    return Bounds(thresholds, hard_limits(study))


def summary_of(spec: SpaceSpec, thresholds: Limits) -> SpaceSummary:
    """Raises ValueError where the space, or none of the networks drawn from it, can be built."""
    return _summary_of(_nameless(spec), thresholds)


def share_within(spec: SpaceSpec, hard: HardLimits) -> float:
    """The share of networks drawn at random that screening by these limits lets pass."""
    return _share_within(_nameless(spec), hard)


def _nameless(spec: SpaceSpec) -> SpaceSpec:
    """What is counted of a space is kept for the next request; its name, while it is being typed, changes nothing."""
    return replace(spec, name="any")


@lru_cache(maxsize=64)
def _summary_of(spec: SpaceSpec, thresholds: Limits) -> SpaceSummary:
    return summarise(spec.search_space(), thresholds, samples=SAMPLES)


@lru_cache(maxsize=64)
def _share_within(spec: SpaceSpec, hard: HardLimits) -> float:
    space, passes, rng = spec.search_space(), screen_for(hard), np.random.default_rng(0)
    return sum(passes(space.sample(rng)) is None for _ in range(SAMPLES)) / SAMPLES


def sample_table(spec: SpaceSpec, bounds: Bounds) -> SampleTable:
    """Raises ValueError as `summary_of` does."""
    summary = summary_of(spec, bounds.thresholds)
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
    )


def _shares(spec: SpaceSpec, bounds: Bounds, summary: SpaceSummary) -> list[Share]:
    flash_kb = bounds.thresholds.flash_bytes / BYTES_PER_KB
    thresholds = f"{bounds.thresholds.energy_mj:.3g} mJ and {flash_kb:.4g} kB"
    shares = [
        Share(summary.share_under_limits_packed, f"within {thresholds}, the reward's thresholds"),
        Share(summary.share_under_limits, "the same by the plain .tflite file, as the paper counts"),
    ]
    if bounds.hard != HardLimits():
        shares.append(Share(share_within(spec, bounds.hard), "within the hard limits: the others will not be trained"))
    return shares
