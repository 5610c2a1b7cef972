"""SMAC trains the best of a rung again with more epochs, and without Hyperband its incumbents."""

import pytest

from benchmarks.compute.entrants import BY_NAME
from benchmarks.compute.landscapes import MADE_UP, Landscape, landscape
from tests.benchmarks.compute.training import train

pytest.importorskip("smac", reason="needs smac (requirements-bench.txt)")


@pytest.fixture(scope="module")
def where() -> Landscape:
    return landscape(MADE_UP, "odd", 0)


def test_hyperband_of_smac_trains_the_best_of_a_rung_again(where: Landscape) -> None:
    entrant = BY_NAME["smac-hyperband_5-accuracy"].make(where.space, 2, where.plan)
    trained = []
    for number in range(4 + 2 + 4):
        network = entrant.begin()
        trained.append((network, train(entrant, where.train(network, 2, number))))
    assert [epochs for _, epochs in trained] == [10, 10, 10, 30, 30, 30, 10, 10, 10, 30]
    networks = [network for network, _ in trained]
    assert networks[3] in networks[:3]
    assert networks[9] in networks[6:9]
    assert len(set(networks)) == len(networks) - 2
    assert entrant.incumbent() in (networks[3], networks[4], networks[5], networks[9])


def test_smac_trains_whole_networks_and_its_incumbents_up_to_three_times(where: Landscape) -> None:
    entrant = BY_NAME["smac"].make(where.space, 2, where.plan)
    networks = []
    for number in range(20):
        networks.append(entrant.begin())
        assert train(entrant, where.train(networks[-1], 2, number)) == where.plan.trial_epochs
    times = [networks.count(network) for network in set(networks)]
    assert 1 < max(times) <= 3
    assert networks.count(entrant.incumbent()) > 1
