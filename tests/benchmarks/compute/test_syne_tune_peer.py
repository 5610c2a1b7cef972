"""Syne Tune stops trainings at its rungs, and BOHB learns from them."""

import numpy as np
import pytest

from benchmarks.compute.entrants import BY_NAME
from benchmarks.compute.landscapes import MADE_UP, Landscape, landscape
from tests.benchmarks.compute.training import train

pytest.importorskip("syne_tune", reason="needs syne-tune (requirements-bench.txt)")


@pytest.fixture(scope="module")
def where() -> Landscape:
    return landscape(MADE_UP, "odd", 0)


def epochs_of_trials(where: Landscape, name: str, trials: int) -> list[int]:
    """Float epochs that the entrant `name` trains its first networks for [trials]."""
    entrant = BY_NAME[name].make(where.space, 2, where.plan)
    found = []
    for number in range(trials):
        evaluation = where.train(entrant.begin(), 2, number)
        found.append(train(entrant, evaluation))
    return found


@pytest.mark.parametrize(("rung", "rungs"), [(1, {1, 3, 9, 27}), (5, {5, 15})])
def test_asha_of_syne_tune_stops_at_its_rungs_and_lets_some_finish(
    where: Landscape, rung: int, rungs: set[int]
) -> None:
    whole = where.plan.trial_epochs
    found = epochs_of_trials(where, f"syne_tune-asha_{rung}-loss", 60)
    assert found[0] == whole  # with no other at its rungs
    assert {rung, whole} < set(found) <= rungs | {whole}


def test_bohb_learns_and_asha_draws_at_random(where: Landscape) -> None:
    def likeness(name: str) -> float:
        """Share of the last 60 networks that have a position's most frequent block, mean over positions."""
        entrant = BY_NAME[name].make(where.space, 2, where.plan)
        networks = []
        for number in range(200):
            networks.append(entrant.begin())
            train(entrant, where.train(networks[-1], 2, number))
        last = np.array([where.space.encode(network) for network in networks[-60:]])
        return float(np.mean([np.bincount(position).max() for position in last.T])) / len(last)

    found = likeness("syne_tune-bohb_5-accuracy"), likeness("syne_tune-asha_5-accuracy")
    assert found[0] > found[1] + 0.03
