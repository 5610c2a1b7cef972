"""Tensor arenas as TensorFlow Lite Micro needs them, next to the estimate from the architecture.

    python -m benchmarks.arena --json benchmarks/results/arena.json --page docs/deploy.md [--random 10]

Table 2's network, the baselines and N random networks of each of the paper's spaces, untrained: the arena does not
depend on weights. The estimate is `peak_activation_bytes` of `nas_engine.cost`; it stands next to the planned part of
the arena, which it estimates, and next to all of it. The table of the page is written between its marks.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.marked_part import replaced
from nas_engine.architecture import Architecture
from nas_engine.baselines import BASELINES, nas_bayesian
from nas_engine.cost import cost
from nas_engine.deployment.arena import measure_arena, weight_channels
from nas_engine.files.tflite_operators import operator_codes
from nas_engine.network.keras import configure
from nas_engine.network.untrained import untrained_files
from nas_engine.search_space.paper_spaces import paper_1d, paper_2d

BEGIN, END = "<!-- arenas begin -->", "<!-- arenas end -->"


def networks(random: int) -> dict[str, Architecture]:
    found = {"Table 2": nas_bayesian()} | {name: build(9) for name, build in BASELINES.items()}
    rng = np.random.default_rng(0)
    for space in (paper_2d(), paper_1d()):
        found |= {f"{space.name} {number}": space.sample(rng) for number in range(1, random + 1)}
    return found


def measure(architecture: Architecture) -> dict[str, Any]:
    """Measured and estimated bytes; errors are (estimate - measured) / measured."""
    _, packed = untrained_files(architecture)
    measured = measure_arena(packed)
    estimate = cost(architecture).peak_activation_bytes
    return {
        **measured.to_json(),
        "file_bytes": len(packed),
        "operators": len(operator_codes(packed)),
        "channels": weight_channels(packed),
        "estimate_bytes": estimate,
        "error_of_head": estimate / measured.head_bytes - 1,
        "error_of_arena": estimate / measured.arena_bytes - 1,
    }


def summary(rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """How many estimates are exact, and the worst and median error of both comparisons."""
    found: dict[str, Any] = {"networks": len(rows)}
    for part in ("head", "arena"):
        errors = [row[f"error_of_{part}"] for row in rows.values()]
        found[f"{part}_exact"] = sum(error == 0 for error in errors)
        found[f"{part}_median_error"] = float(np.median(errors))
        found[f"{part}_worst_error"] = max(errors, key=abs)
    return found


def table(results: dict[str, Any]) -> str:
    """The page's table, and a sentence with the errors."""
    lines = ["| network | arena, measured | activations, measured | activations, estimated | error | structures |"]
    lines.append("|---|---|---|---|---|---|")
    for name, row in results["networks"].items():
        error = "exact" if row["error_of_head"] == 0 else f"{100 * row['error_of_head']:+.1f} %"
        counts = " | ".join(f"{row[key]:,}" for key in ("arena_bytes", "head_bytes", "estimate_bytes"))
        lines.append(f"| {name} | {counts} | {error} | {row['tail_bytes']:,} |")
    found = results["summary"]
    lines.append("")
    lines.append(
        f"Bytes. Of {found['networks']} estimates {found['head_exact']} equal the bytes planned for activations, the "
        f"worst is off by {100 * found['head_worst_error']:+.1f} %. Against the whole arena, which has the structures "
        f"besides, the median is {100 * found['arena_median_error']:+.1f} % and the worst "
        f"{100 * found['arena_worst_error']:+.1f} %. Interpreter: tflite-micro "
        f"{next(iter(results['networks'].values()))['interpreter']}."
    )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--page", type=Path, help="page whose table is written")
    parser.add_argument("--random", type=int, default=10, help="random networks of each space")
    arguments = parser.parse_args()
    configure(1)
    rows = {}
    for name, architecture in networks(arguments.random).items():
        rows[name] = measure(architecture)
        print(f"{name}: {rows[name]['arena_bytes']} bytes", file=sys.stderr, flush=True)
    results = {"networks": rows, "summary": summary(rows)}
    arguments.json.write_text(json.dumps(results, indent=1) + "\n")
    if arguments.page:
        text = arguments.page.read_text("utf-8")
        arguments.page.write_text(replaced(text, BEGIN, END, table(results), arguments.page), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
