"""What the networks of a space cost: every number comes from the same estimates as a single network's."""

import time
from dataclasses import replace

import numpy as np
import pytest

from nas_engine.architecture import Head, Stem
from nas_engine.baselines import nas_bayesian
from nas_engine.constraints import Constraints
from nas_engine.cost import cost
from nas_engine.energy.estimators.analytical import predict_energy_mj
from nas_engine.search_space.paper_spaces import paper_1d, paper_2d
from nas_engine.search_space.space import Position, SearchSpace
from nas_engine.search_space.spec import PositionSpec, SpaceSpec
from nas_engine.space_summary import METRICS, SummaryLimits, share_keeping, summarise
from nas_engine.testing.spaces import everything, tiny_2d

PAPER = SummaryLimits(flash_bytes=60_000, energy_mj=1.25)


def test_about_a_quarter_of_the_papers_space_is_under_its_limits() -> None:
    """Section 3 of the paper; 20,000 networks in the time a person waits for a page."""
    started = time.process_time()
    summary = summarise(paper_2d(), PAPER, samples=20_000)
    assert time.process_time() - started < 6  # it takes 1 to 2 where nothing else runs
    assert 0.22 <= summary.share_under_limits <= 0.28
    assert summary.option_counts == (9, 9, 27, 28, 27, 10, 10, 10, 10, 12, 10, 13)
    assert (summary.samples, summary.is_exact, summary.infeasible) == (20_000, False, 0)


def test_a_small_space_is_counted_completely() -> None:
    space = tiny_2d()
    totals = [cost(architecture) for architecture in everything(space)]
    summary = summarise(space, SummaryLimits(5_000, 0.3), samples=18)
    assert (summary.samples, summary.cardinality, summary.is_exact) == (18, 18, True)
    for name, values in {
        "flops": [total.flops for total in totals],
        "parameters": [total.parameters for total in totals],
        "plain_flash_bytes": [total.plain_flash_bytes_estimate for total in totals],
        "flash_bytes": [total.flash_bytes_estimate for total in totals],
        "peak_ram_bytes": [total.peak_activation_bytes for total in totals],
        "energy_mj": [predict_energy_mj(total).energy_mj for total in totals],
    }.items():
        found = summary.quantiles[name]
        assert (found.minimum, found.p50, found.maximum) == (min(values), np.median(values), max(values))
        assert (found.p5, found.p95) == tuple(np.quantile(values, (0.05, 0.95)))
    assert not summarise(space, PAPER, samples=17).is_exact


def test_shares_are_of_the_networks_under_both_limits() -> None:
    space = tiny_2d()
    totals = [cost(architecture) for architecture in everything(space)]
    flash = float(np.median([total.flash_bytes_estimate for total in totals]))
    energy = float(np.median([predict_energy_mj(total).energy_mj for total in totals]))
    under = [t.flash_bytes_estimate <= flash and predict_energy_mj(t).energy_mj <= energy for t in totals]
    assert 0 < sum(under) < len(totals) / 2
    assert summarise(space, SummaryLimits(flash, energy)).share_under_limits_packed == sum(under) / len(totals)
    assert summarise(space, SummaryLimits(1e9, 1e9)).share_under_limits == 1
    assert summarise(space, SummaryLimits(1e9, 1e-9)).share_under_limits == 0


@pytest.mark.parametrize("space", [paper_2d(), paper_1d(), tiny_2d()], ids=lambda space: space.name)
def test_histograms_hold_every_network_once_over_the_whole_range(space: SearchSpace) -> None:
    summary = summarise(space, PAPER, samples=500)
    assert tuple(summary.histograms) == tuple(summary.quantiles) == METRICS
    for name, histogram in summary.histograms.items():
        assert sum(histogram.counts) == summary.samples
        assert len(histogram.edges) == len(histogram.counts) + 1
        assert (histogram.edges[0], histogram.edges[-1]) == (
            summary.quantiles[name].minimum,
            summary.quantiles[name].maximum,
        )


def test_the_seed_decides_what_is_drawn() -> None:
    first = summarise(paper_2d(), PAPER, samples=200, seed=1)
    assert summarise(paper_2d(), PAPER, samples=200, seed=1) == first
    assert summarise(paper_2d(), PAPER, samples=200, seed=2).quantiles != first.quantiles


def test_a_space_of_one_network_is_that_network() -> None:
    network = nas_bayesian()
    positions = tuple(Position(block.strides, (block,)) for block in network.blocks)
    summary = summarise(SearchSpace("table 2", network.stem, positions, network.head), PAPER)
    assert summary.quantiles["flops"].minimum == summary.quantiles["flops"].maximum == cost(network).flops
    assert sum(summary.histograms["flops"].counts) == 1


def test_networks_that_cannot_be_built_are_counted_and_under_no_limit() -> None:
    """Such a space is no spec's; it may have been stored before a rule was known."""
    fine = PositionSpec(("kxk", "mobilenet_v1"), (3,), (8,), (2, 2)).position()
    unequal = PositionSpec(("kxk", "mobilenet_v1"), (3,), (8,), (2, 1)).position()
    space = SearchSpace("half", Stem(), (fine, unequal), Head())
    summary = summarise(space, SummaryLimits(1e9, 1e9))
    assert (summary.samples, summary.infeasible, summary.share_under_limits) == (4, 2, 0.5)
    assert sum(summary.histograms["flops"].counts) == 2
    nothing = replace(space, positions=(PositionSpec(("mobilenet_v1",), (3,), (8,), (2, 1)).position(),))
    with pytest.raises(ValueError, match="none of the 1 networks looked at can be built: block b1: a depthwise"):
        summarise(nothing, PAPER)


def test_deep_spaces_have_no_limit_on_their_number_of_networks() -> None:
    position = PositionSpec(("mobilenet_v1", "identity"), (3,), tuple(range(8, 200, 8)), (1, 1))
    space = SpaceSpec("deep", Stem(40, 20), (position,) * 40, Head()).search_space()
    assert summarise(space, PAPER, samples=20).cardinality == 25**40


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_limits_are_finite_and_above_zero(value: float) -> None:
    with pytest.raises(ValueError, match="the limit flash_bytes must be a finite number above 0"):
        SummaryLimits(flash_bytes=value)
    with pytest.raises(ValueError, match="the limit energy_mj must be"):
        SummaryLimits(energy_mj=value)


@pytest.mark.parametrize("samples", [0, -5, 100_001])
def test_the_number_of_samples_has_bounds(samples: int) -> None:
    with pytest.raises(ValueError, match="samples must be from 1 to 100,000"):
        summarise(tiny_2d(), PAPER, samples=samples)


def test_an_energy_model_takes_the_place_of_the_published_figures() -> None:
    space = tiny_2d()
    by_flops = summarise(
        space, PAPER, energies_mj=lambda totals: [total.flops / 1e6 for total in totals], energy_source="a meter"
    )
    assert by_flops.quantiles["energy_mj"].p50 == pytest.approx(by_flops.quantiles["flops"].p50 / 1e6)
    assert by_flops.energy_source == "a meter"
    assert summarise(space, PAPER).energy_source != "a meter"


def test_the_share_that_keeps_hard_limits_is_of_all_networks_drawn() -> None:
    fine = PositionSpec(("kxk", "mobilenet_v1"), (3,), (8,), (2, 2)).position()
    unequal = PositionSpec(("kxk", "mobilenet_v1"), (3,), (8,), (2, 1)).position()
    space = SearchSpace("half", Stem(), (fine, unequal), Head())
    assert share_keeping(Constraints(), space, samples=400) == pytest.approx(0.5, abs=0.1)
    assert share_keeping(Constraints(flash_bytes=1.0), space, samples=20) == 0
    everything_costs_two = share_keeping(
        Constraints(energy_mj=2.0), tiny_2d(), samples=20, energies_mj=lambda totals: [2.0] * len(totals)
    )
    assert everything_costs_two == 1
