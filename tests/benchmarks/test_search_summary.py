"""Medians, quartiles and regret of searches."""

from dataclasses import replace

import pytest

from benchmarks.search_run import Record
from benchmarks.search_summary import claims, curve_points, quartiles, summary


def record(*best: tuple[int, float, float], known: float, trials: int = 100) -> Record:
    return Record(trials, best, known, repeated=2, answered=5, seconds=0.1, late_seconds=0.2)


ONE = {0: record((1, 0.6, 0.61), (60, 0.7, 0.69), known=0.72), 1: record((1, 0.5, 0.52), known=0.60)}
OTHER = {0: record((1, 0.8, 0.75), known=0.75), 1: record((1, 0.5, 0.55), known=0.58)}


def test_regret_is_to_the_best_that_anybody_trained_on_the_same_landscape() -> None:
    found = summary({"one": ONE, "other": OTHER}, is_one_landscape=False)
    assert found["one"]["checkpoints"]["100"]["regret"] == quartiles([0.75 - 0.69, 0.60 - 0.52])
    assert found["other"]["checkpoints"]["100"]["regret"] == quartiles([0.0, 0.60 - 0.55])
    together = summary({"one": ONE, "other": OTHER}, is_one_landscape=True)
    assert together["one"]["checkpoints"]["100"]["regret"] == quartiles([0.75 - 0.69, 0.75 - 0.52])


def test_a_checkpoint_says_what_was_measured_and_what_it_is_worth_by_then() -> None:
    checkpoints = summary({"one": ONE}, is_one_landscape=False)["one"]["checkpoints"]
    assert list(checkpoints) == ["50", "100"]
    assert checkpoints["50"]["observed"] == {"median": 0.55, "q25": 0.525, "q75": 0.575}
    assert checkpoints["100"]["noise_free"]["median"] == pytest.approx((0.69 + 0.52) / 2)


def test_a_curve_ends_with_the_shortest_search_and_who_did_not_run_is_left_out() -> None:
    short = {0: ONE[0], 1: record((1, 0.5, 0.5), known=0.5, trials=20)}
    found = summary({"one": short, "absent": {}}, is_one_landscape=False)
    assert set(found) == {"one"}
    assert found["one"]["curve"][-1][0] == 20
    assert found["one"]["trials"] == 100


def test_a_checkpoint_is_of_the_searches_that_came_so_far_and_says_how_many() -> None:
    mixed = {0: ONE[0], 1: record((1, 0.5, 0.5), known=0.5, trials=60)}
    checkpoints = summary({"one": mixed}, is_one_landscape=False)["one"]["checkpoints"]
    assert {trial: checkpoint["seeds"] for trial, checkpoint in checkpoints.items()} == {"50": 2, "100": 1}
    assert checkpoints["100"]["observed"]["median"] == 0.7


def test_curves_are_thinned_evenly_on_a_logarithmic_axis() -> None:
    points = curve_points(2_000)
    assert (points[0], points[-1]) == (10, 2_000)
    assert len(points) <= 40
    assert curve_points(5) == [5]


def test_a_claim_is_about_the_seeds_that_all_compared_have_and_peers_with_fewer_are_compared_apart() -> None:
    entrants = {"hyperfirefly": ONE, "gaussian_process": {0: ONE[0]}, "peer": OTHER, "shorter": {0: OTHER[0]}}
    long = {name: {seed: longer(record) for seed, record in records.items()} for name, records in entrants.items()}
    held = claims(long, ["shorter", "peer"])
    measured = [
        one for one in held if (one["designer"], one["trials"], one["measure"]) == ("hyperfirefly", 300, "observed")
    ]
    common = {"designer": "hyperfirefly", "trials": 300, "measure": "observed"}
    assert measured == [
        {**common, "seeds": 2, "ours": 0.6, "best_peer": "peer", "best_peers": 0.65},
        {**common, "seeds": 1, "ours": 0.7, "best_peer": "shorter", "best_peers": 0.8},
    ]
    by_process = [one for one in held if one["designer"] == "gaussian_process" and one["measure"] == "noise_free"]
    assert [(one["trials"], one["seeds"], one["best_peers"]) for one in by_process] == [(50, 1, 0.75), (100, 1, 0.75)]
    assert all(one["trials"] < 1_000 for one in held)
    assert claims({"hyperfirefly": {}, "gaussian_process": {}, "peer": OTHER}, ["peer"]) == []


def longer(short: Record) -> Record:
    return replace(short, trials=300)
