"""Summaries of searches whose courses are known."""

import pytest

from benchmarks.compute.spending import ComputeRecord, Handover
from benchmarks.compute.summary import summary

PEERS = ("median", "tpe")


def record(entrant: str, seed: int, rewards: dict[int, float]) -> ComputeRecord:
    """Search of 3,000 epochs of ten seconds each that hands over these rewards from these epochs on."""
    handovers = tuple(Handover(epochs, 10.0 * epochs, reward) for epochs, reward in rewards.items())
    return ComputeRecord("sounds", "", "even", entrant, seed, 3_000, 300, 200, 0, 1.0, (3e3, 1e4, 3e4), handovers)


RECORDS = [
    *(record("tpe", seed, {34: 0.70, 2_000: 0.76}) for seed in range(4)),
    *(record("median", seed, {34: 0.74}) for seed in range(4)),
    *(record("ours", seed, {34: 0.70, 900: 0.75 + 0.01 * seed, 1_200: 0.77 + 0.01 * seed}) for seed in range(4)),
]


def test_each_budget_has_its_own_best_peer() -> None:
    found = summary(RECORDS, PEERS)["sounds"]
    assert {budget: part["best_peer"] for budget, part in found.items()} == {
        "300": "median",
        "1000": "median",
        "3000": "tpe",
    }


def test_the_epochs_and_seconds_to_the_best_peers_mean() -> None:
    ours = summary(RECORDS, PEERS)["sounds"]["3000"]["entrants"]["ours"]
    assert ours["mean"] == pytest.approx(0.785)
    assert ours["lead"] == pytest.approx(0.025)
    assert ours["wins"] == 4
    assert (ours["epochs_to_reference"], ours["ratio"]) == (900, 0.3)
    assert (ours["seconds_to_reference"], ours["seconds_ratio"]) == (9_000, 0.3)
    assert ours["ratio_quartiles"] == [0.3, 0.3]


def test_a_reference_that_is_not_reached_has_no_epochs() -> None:
    median = summary(RECORDS, PEERS)["sounds"]["3000"]["entrants"]["median"]
    assert (median["epochs_to_reference"], median["ratio"], median["wins"]) == (None, None, 0)


def test_shorter_searches_and_those_without_a_peer_are_left_out() -> None:
    short = [record("ours", 0, {34: 0.7})]
    assert summary(short, PEERS) == {"sounds": {}}
