"""The tables of NPUs and of the front end on their pages are those of the results kept."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks import frontend, npu

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("name", "page", "marks", "written"),
    [
        ("npu", "deploy", (npu.BEGIN, npu.END), npu.table),
        ("npu", "deploy", (npu.AXES_BEGIN, npu.AXES_END), npu.axes_table),
        ("frontend", "device", (frontend.BEGIN, frontend.END), frontend.tables),
    ],
    ids=["NPUs", "time axes", "front end"],
)
def test_the_page_has_the_table_of_the_results_that_are_kept(
    name: str, page: str, marks: tuple[str, str], written: Callable[[dict[str, Any]], str]
) -> None:
    results = json.loads((ROOT / f"benchmarks/results/{name}.json").read_text())
    text = (ROOT / f"docs/{page}.md").read_text("utf-8")
    assert text.split(marks[0])[1].split(marks[1])[0].strip() == written(results)


def test_the_front_end_in_c_is_as_close_to_training_as_was_asked() -> None:
    measured = json.loads((ROOT / "benchmarks/results/frontend.json").read_text())
    assert max(row["largest_std"] for row in measured["differences"].values()) < 1e-3
    assert max(row["state_bytes"] for row in measured["processors"].values()) <= 4_096


def test_the_front_end_in_fixed_point_is_as_close_and_as_quick_as_the_docs_state() -> None:
    measured = json.loads((ROOT / "benchmarks/results/frontend.json").read_text())
    real, m0plus = measured["differences_fixed"]["real"], measured["processors_fixed"]["cortex-m0plus"]
    assert max(row["largest_std"] for row in measured["differences_fixed"].values()) < 1e-2
    assert (real["clips"], real["inputs_most_steps"]) == (200, 1)
    assert real["inputs_off"] < 1e-3
    assert max(row["state_bytes"] for row in measured["processors_fixed"].values()) <= 4_096
    assert frontend.MOST_CYCLES * frontend.a_second(m0plus) < 0.25 * frontend.CLOCK_HZ
    assert frontend.a_second(m0plus) < 0.1 * frontend.a_second(measured["processors"]["cortex-m0plus"])
    assert measured["answers"]["answers_changed"] == measured["answers"]["detections_changed"] == 0


def test_no_network_is_slower_with_time_along_the_width() -> None:
    measured = json.loads((ROOT / "benchmarks/results/npu.json").read_text())["axes"]
    for network in measured.values():
        assert all(width <= height for height, width in network["cycles"].values())
        assert all(width <= 1.1 * height for height, width in network["seconds"].values())


def test_the_page_of_energies_states_what_an_estimate_before_training_takes() -> None:
    results = json.loads((ROOT / "benchmarks/results/npu.json").read_text())
    assert npu.compiling_sentence(results) in (ROOT / "docs/energy.md").read_text("utf-8")


def test_a_fallback_is_named_by_operator_and_output_and_parts_are_counted() -> None:
    operators = [
        {"operator": "Conv2D", "tensor": "10", "on_cpu": True, "parts": 1, "cycles": 0},
        {"operator": "Conv2D", "tensor": "11", "on_cpu": False, "parts": 49, "cycles": 75},
        {"operator": "Mean", "tensor": "12", "on_cpu": False, "parts": 1, "cycles": 25},
    ]
    found = {
        "accelerator": "ethos-u55-128",
        "clock_hz": 5e8,
        "cycles": 100,
        "seconds": 2e-7,
        "sram_bytes_used": 1_234,
        "vela_macs": 150,
        "operators": operators,
    }
    line = npu.row("it", found, 100)
    assert "| Conv2D 10 | Conv2D in 49 parts: 75 % of the cycles | +50.0 % |" in line
    assert "| none |" in npu.row("it", found | {"operators": operators[1:]}, 100)
