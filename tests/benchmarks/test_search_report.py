"""The tables and the plot of docs/search.md say what the JSON says."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks.search_plot import plot
from benchmarks.search_report import BEGIN, END, PAGE, PLOT, TITLES, tables, with_tables

RESULTS = Path("benchmarks/results/search.json")
SVG = "{http://www.w3.org/2000/svg}"


def spread(median: float) -> dict[str, float]:
    return {"median": median, "q25": median - 0.01, "q75": median + 0.01}


def entry(observed: float, noise_free: float) -> dict[str, Any]:
    rewards = {"observed": spread(observed), "noise_free": spread(noise_free), "regret": spread(0.9 - noise_free)}
    return {
        "seeds": 20,
        "trials": 300,
        "checkpoints": {"100": {"seeds": 20, **rewards}, "300": {"seeds": 3, **rewards}},
        "curve": [[10, 0.2, 0.1, 0.3], [300, 0.9 - noise_free, 0.0, 0.2]],
        "seconds_per_suggestion": 0.0123,
        "late_seconds_per_suggestion": 12.3,
        "repeated": 7,
        "answered": 0,
    }


def claim(measure: str, ours: float, peers: float) -> dict[str, Any]:
    values = {"ours": ours, "best_peer": "optuna_tpe", "best_peers": peers}
    return {"designer": "hyperfirefly", "trials": 300, "measure": measure, "seeds": 20, **values}


RESULT = {
    "entrants": {
        "hyperfirefly": {"title": "HyperFirefly", "source": "Earshot"},
        "optuna_tpe": {"title": "Optuna TPE", "source": "optuna 5.0.0"},
        "optuna_gp": {"title": "Optuna GP", "source": "optuna 5.0.0"},
    },
    "claims": {
        "recorded": [claim("observed", 0.80, 0.75), claim("noise_free", 0.70, 0.72)],
        "made_up": [],
    },
    "landscapes": {"recorded": {"hyperfirefly": entry(0.8, 0.70), "optuna_tpe": entry(0.75, 0.72)}, "made_up": {}},
}


def test_the_page_and_the_plot_say_what_the_results_say() -> None:
    result = json.loads(RESULTS.read_text())
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page, result) == page, "python -m benchmarks.search --json ... --render"
    assert PLOT.read_text(encoding="utf-8") == plot(result, TITLES)


def test_the_claims_name_the_best_peer_and_say_where_ours_is_behind() -> None:
    claims = tables(RESULT).split("\n\n")[0].splitlines()[2:]
    assert [line.split(" | ")[3:] for line in claims] == [
        ["measured", "0.8000", "0.7500 (Optuna TPE)", "at least as good |"],
        ["without noise", "0.7000", "0.7200 (Optuna TPE)", "**behind** |"],
    ]


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    rows = tables(RESULT).split("\n\n")[-1].splitlines()
    assert {row.count("|") for row in rows} == {rows[0].count("|")}
    assert any("Optuna GP" in row and "not run" in row for row in rows)


def test_tables_are_replaced_and_the_rest_of_the_page_stays() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter {END}\n"
    written = with_tables(page, RESULT)
    assert written.startswith("before\n")
    assert written.endswith(f"after {END}\n")
    assert "old" not in written
    assert with_tables(written, RESULT) == written
    with pytest.raises(ValueError, match="must hold the lines"):
        with_tables("no marks", RESULT)


def test_every_curve_of_the_plot_is_named_and_falls_with_regret() -> None:
    svg = ElementTree.fromstring(plot(RESULT, TITLES))
    names = {text.text for text in svg.iter(f"{SVG}text")}
    assert {"HyperFirefly", "Optuna TPE"} <= names
    curves = list(svg.iter(f"{SVG}polyline"))
    assert len(curves) == 2
    for curve in curves:
        heights = [float(point.split(",")[1]) for point in curve.attrib["points"].split()]
        assert heights == sorted(heights)
