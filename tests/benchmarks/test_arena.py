"""The table of arenas on its page is that of the results kept, and states the worst error."""

import json
from pathlib import Path

from benchmarks.arena import BEGIN, END, summary, table

ROOT = Path(__file__).parents[2]


def test_the_page_has_the_table_of_the_results_that_are_kept() -> None:
    results = json.loads((ROOT / "benchmarks/results/arena.json").read_text())
    page = (ROOT / "docs/deploy.md").read_text("utf-8")
    assert page.split(BEGIN)[1].split(END)[0].strip() == table(results)
    assert results["summary"] == summary(results["networks"])
    assert len(results["networks"]) == 25


def test_the_summary_counts_exact_estimates_and_keeps_the_sign_of_the_worst() -> None:
    rows = {
        "a": {"error_of_head": 0.0, "error_of_arena": -0.1},
        "b": {"error_of_head": -0.25, "error_of_arena": -0.5},
        "c": {"error_of_head": 0.1, "error_of_arena": -0.2},
    }
    found = summary(rows)
    assert (found["head_exact"], found["head_worst_error"], found["head_median_error"]) == (1, -0.25, 0.0)
    assert (found["arena_exact"], found["arena_worst_error"], found["arena_median_error"]) == (0, -0.5, -0.2)
