"""The page of devices shows the figures that were measured."""

import json
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOPS_A_SECOND = 50


def test_the_page_of_devices_shows_the_measured_figures() -> None:
    page = (ROOT / "docs" / "device.md").read_text("utf-8")
    measured = json.loads((ROOT / "benchmarks" / "results" / "frontend.json").read_text("utf-8"))
    names = {"cortex-m4f": "Cortex-M4F", "cortex-m55": "Cortex-M55", "cortex-m0plus": "Cortex-M0+"}
    for name, row in measured["processors"].items():
        millions = (row["push_mean"] + row["quantise_mean"]) * HOPS_A_SECOND / 1e6
        assert f"| {names[name]} | {row['push_mean']:,} | {row['quantise_mean']:,} | {millions:.1f} |" in page
    for words, name in (("200 real clips", "real"), ("18 synthetic clips", "synthetic")):
        row = measured["differences"][name]
        assert f"| {words} | {row['rows']:,} | {row['largest_std']:.1e} |" in page
        assert row["largest_std"] < 1e-3
    m4f = measured["processors"]["cortex-m4f"]
    assert f"counters (8) | {m4f['state_bytes']:,} |" in page
    assert f"| tables in flash | {sum(measured['table_bytes'].values()):,} |" in page
    assert f"Cortex-M4F | {m4f['flash_bytes']:,} |" in page
    assert f"stack frame, Cortex-M4F | {m4f['largest_stack_frame_bytes']} |" in page
