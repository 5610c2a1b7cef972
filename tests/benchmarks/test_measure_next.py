"""What is said of chosen and random measurements."""

from typing import Any

import pytest

from benchmarks.measure_next import SIMULATED, SIZES, learn, summary, task


def piece(way: str, seed: int, errors: dict[int, float]) -> dict[str, Any]:
    curve = [{"measured": size, "rmse": error, "mae": error / 2, "spearman": 0.5} for size, error in errors.items()]
    return {"device": "a", "known": None, "way": way, "seed": seed, "curve": curve}


def test_so_many_random_measurements_are_as_good_as_chosen_ones() -> None:
    chosen = [piece("chosen", seed, {16: 4.0 + seed, 24: 2.0 + seed, 36: 0.5}) for seed in (-1, 0, 1)]
    random = [piece("random", seed, {16: 8.0, 32: 4.0, 64: 5.0, 128: 2.0}) for seed in (-1, 0, 1)]
    found = summary(chosen + random)[0]
    at_16, at_24, at_36 = found["chosen"]
    assert (found["seeds"], at_16["rmse"]["low"], at_16["rmse"]["high"]) == (3, 3.5, 4.5)
    assert at_16["rmse"]["ratio"] == 0.5
    assert at_24["mae"] == {"low": 0.75, "median": 1.0, "high": 1.25, "random_as_good": 128.0, "ratio": 0.19}
    assert at_36["rmse"]["random_as_good"] is None  # more than were tried


def test_the_simulated_campaign_is_learned_batch_by_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("SIZES", SIZES[:2]), ("OFFERED", 60), ("HELD_BACK", 100)):
        monkeypatch.setattr(f"benchmarks.measure_next.{name}", value)
    curve = learn(task(None, SIMULATED, None, 0), "chosen", seed=0)
    assert [point["measured"] for point in curve] == list(SIZES[:2])
    assert all(point["spearman"] > 0.7 for point in curve)
