"""Summaries of searches whose courses are known."""

import pytest

from benchmarks.compute.spending import ComputeRecord, Handover
from benchmarks.compute.summary import summary

PEERS = ("median", "tpe")


def record(entrant: str, seed: int, rewards: dict[int, float], seconds: float = 10.0) -> ComputeRecord:
    """Search of 3,000 epochs of so many seconds each that hands over these rewards from these epochs on."""
    handovers = tuple(Handover(epochs, seconds * epochs, reward) for epochs, reward in rewards.items())
    return ComputeRecord(
        "sounds",
        "",
        "even",
        entrant,
        seed,
        3_000,
        300,
        200,
        0,
        1.0,
        (300 * seconds, 1_000 * seconds, 3_000 * seconds),
        handovers,
    )


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
    assert ours["lead_95"][0] > 0
    assert ours["wins"] == 4
    assert (ours["epochs_to_reference"], ours["ratio"]) == (900, 0.3)
    assert ours["ratio_quartiles"] == [0.3, 0.3]
    assert (ours["at_seconds"]["seconds_to_reference"], ours["at_seconds"]["ratio"]) == (9_000, 0.3)


def test_at_equal_seconds_another_peer_may_be_the_best() -> None:
    """It trains twice as quickly: at 3,000 epochs it is behind, at 30,000 seconds it has been ahead for long."""
    quick = [record("quick", seed, {34: 0.70, 2_900: 0.77}, seconds=5.0) for seed in range(4)]
    slow = [record("tpe", seed, {34: 0.70, 2_000: 0.76, 2_999: 0.775}) for seed in range(4)]
    found = summary([*quick, *slow], ("tpe", "quick"))["sounds"]["3000"]
    assert (found["best_peer"], found["seconds"]) == ("tpe", 30_000)
    found = summary([*quick, *slow], ("tpe", "quick"))["sounds"]["1000"]
    assert found["entrants"]["quick"]["at_seconds"]["mean"] == pytest.approx(0.70)
    early = [record("quick", seed, {34: 0.70, 1_500: 0.77}, seconds=5.0) for seed in range(4)]
    found = summary([*early, *slow], ("tpe", "quick"))["sounds"]["1000"]
    assert (found["best_peer"], found["best_peer_at_seconds"]) == ("tpe", "quick")


def test_a_reference_that_was_touched_and_lost_again_was_not_reached() -> None:
    """What is measured best may turn out worse without noise."""
    fickle = [record("ours", seed, {34: 0.70, 100: 0.77, 200: 0.71, 2_500: 0.765}) for seed in range(4)]
    ours = summary([*RECORDS, *fickle], PEERS)["sounds"]["3000"]["entrants"]["ours"]
    assert ours["epochs_to_reference"] == 2_500


def test_a_reference_that_is_not_reached_has_no_epochs() -> None:
    median = summary(RECORDS, PEERS)["sounds"]["3000"]["entrants"]["median"]
    assert (median["epochs_to_reference"], median["ratio"], median["wins"]) == (None, None, 0)


def test_shorter_searches_and_those_without_a_peer_are_left_out() -> None:
    short = [record("ours", 0, {34: 0.7})]
    assert summary(short, PEERS) == {"sounds": {}}
