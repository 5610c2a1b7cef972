"""What to measure next."""

import numpy as np

from nas_engine.cost import ArchitectureCost, cost
from nas_engine.energy.estimators.base import AnalyticalCostModel
from nas_engine.energy.estimators.proposals import propose
from nas_engine.search_space.paper_spaces import paper_2d


def networks(count: int, seed: int = 1) -> list[ArchitectureCost]:
    rng = np.random.default_rng(seed)
    return [cost(paper_2d().sample(rng)) for _ in range(count)]


def test_a_batch_holds_each_network_once_and_no_more_than_there_are() -> None:
    offered = networks(30)
    chosen = propose(offered, networks(10, seed=2), AnalyticalCostModel(), 12)
    assert len({proposal.index for proposal in chosen}) == 12
    assert len(propose(offered, [], AnalyticalCostModel(), 100)) == 30
    assert propose([], offered, AnalyticalCostModel(), 5) == []


def test_what_is_measured_already_is_not_proposed_before_what_is_not() -> None:
    offered = networks(30)
    chosen = propose(offered, offered[:15], AnalyticalCostModel(), 15)
    assert {proposal.index for proposal in chosen} == set(range(15, 30))


def test_a_batch_is_more_spread_out_than_chance() -> None:
    offered = networks(200)
    batch = [offered[proposal.index] for proposal in propose(offered, [], AnalyticalCostModel(), 10)]

    def spread(some: list[ArchitectureCost]) -> float:
        return float(np.std(np.log([one.flops for one in some])))

    assert spread(batch) > spread(offered)


def test_equal_arguments_propose_the_same() -> None:
    offered = networks(40)
    assert propose(offered, offered[:5], AnalyticalCostModel(), 8) == propose(
        offered, offered[:5], AnalyticalCostModel(), 8
    )
