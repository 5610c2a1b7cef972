"""What the benchmark says of fronts: ours, and of one that lets a NaN remove others."""

import json
from pathlib import Path

import numpy as np

from benchmarks.pareto_fronts import lost_to_nan, measure, ours
from nas_engine.pareto import Points

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "pareto_fronts.json"


def none(points: Points) -> np.ndarray:
    return np.zeros(len(points), dtype=bool)


def easily_lost(points: Points) -> np.ndarray:
    return none(points) if np.isnan(points).any() else ours(points)


def refusing(points: Points) -> np.ndarray:
    if np.isnan(points).any():
        raise ValueError("no NaN, please")
    return ours(points)


def test_what_a_nan_removes_is_counted() -> None:
    assert lost_to_nan(ours) == 0
    assert lost_to_nan(easily_lost) == int(ours(np.random.default_rng(1).random((1_000, 3))).sum())
    assert lost_to_nan(refusing) == "ValueError: no NaN, please"


def test_fronts_are_held_against_ours() -> None:
    points = np.random.default_rng(0).random((200, 3))
    rows = measure({"ours": ours, "none": none}, {"uniform": points})["uniform"]
    assert (rows["ours"]["as_ours"], rows["none"]["as_ours"]) == (True, False)
    assert rows["ours"]["on_front"] == ours(points).sum() > rows["none"]["on_front"] == 0


def test_the_published_figures_are_those_of_the_run() -> None:
    """Also the claim: less than 20 ms however many are on the front."""
    found = json.loads(RESULTS.read_text("utf-8"))
    page = (RESULTS.parents[2] / "docs" / "benchmarks.md").read_text("utf-8")
    for rows in found["fronts"].values():
        assert rows["ours"]["ms"] < 20
        for row in rows.values():
            assert f" {row['ms']:,.1f} |" in page
            assert row["as_ours"]
    assert set(found["lost_to_nan"].values()) == {0, 40}
