"""Two results of benchmarks side by side."""

from benchmarks.compare import figures, table

BEFORE = {
    "environment": {"processors": 2},
    "full_stack": {"seconds": 400.0, "trials": 2000, "page": {"median_ms": 50, "failures": []}, "benchmark_seconds": 9},
    "training_throughput": {"ours_examples_per_second": [10, 30, 20], "goal": 1.5, "ratio": 1.5},
    "gp_suggestions": {"cases": [{"trials": 20, "first": {"seconds": 2}}, {"trials": 100, "first": {"seconds": 3}}]},
}


def test_figures_are_numbers_with_a_unit_and_lists_their_median() -> None:
    assert figures(BEFORE) == {
        "full_stack.seconds": 400.0,
        "full_stack.page.median_ms": 50.0,
        "training_throughput.ours_examples_per_second": 20.0,
        "training_throughput.ratio": 1.5,
        "gp_suggestions.cases.1.first.seconds": 2.0,
        "gp_suggestions.cases.2.first.seconds": 3.0,
    }


def test_a_table_has_what_both_have_with_ratios() -> None:
    after = {"full_stack": {"seconds": 300, "page": {"failures": []}}, "training_throughput": {"failed": 1}}
    assert table(BEFORE, after).splitlines()[2:] == ["| full_stack.seconds | 400 | 300 | 0.75 |"]
