"""Networks on Arm's Ethos-U as Arm's compiler Vela estimates them: cycles, time, SRAM, fallbacks, multiply-accumulates.

    python -m benchmarks.npu --json benchmarks/results/npu.json --page docs/deploy.md

Table 2's network, TC-ResNet8, and two 1-D networks that begin with a convolution over time at stride 4, of nine frames
and of four; all untrained, for the estimate does not depend on weights. Nothing runs on a device. The table of the page
is written between its marks.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.marked_part import replaced
from nas_engine.architecture import Architecture, Block
from nas_engine.baselines import nas_bayesian, tc_resnet8
from nas_engine.deployment.vela import estimate, network_macs
from nas_engine.network.keras import configure
from nas_engine.network.untrained import untrained_files
from nas_engine.search_space.paper_spaces import paper_1d

BEGIN, END = "<!-- npu begin -->", "<!-- npu end -->"
ACCELERATORS = ("ethos-u55-128", "ethos-u65-256", "ethos-u85-256")
HEAD = "| network | NPU | MHz | cycles | ms | SRAM, bytes | falls back to the CPU | costliest operator | MACs, Vela's |"


def one_dimensional(kernel_size: int) -> Architecture:
    """A 1-D network that begins with a convolution of `kernel_size` frames at stride 4."""
    drawn = paper_1d().sample(np.random.default_rng(0))
    first = Block(kind="kx1_1xk", kernel_size=kernel_size, filters=16, strides=(4, 1))
    return replace(drawn, blocks=(first, *drawn.blocks[4:6]))


def networks() -> dict[str, Architecture]:
    return {
        "Table 2": nas_bayesian(),
        "TC-ResNet8-1.0": tc_resnet8(),
        "1-D, 9x1 at stride 4": one_dimensional(9),
        "1-D, 4x1 at stride 4": one_dimensional(4),
    }


def row(name: str, found: Mapping[str, Any], macs: int) -> str:
    """Line of the table for an estimate in JSON."""
    operators = found["operators"]
    fallbacks = ", ".join(f"{one['operator']} {one['tensor']}" for one in operators if one["on_cpu"]) or "none"
    most = max(operators, key=lambda one: one["cycles"])
    parts = f" in {most['parts']} parts" if most["parts"] > 1 else ""
    cells = (
        name,
        found["accelerator"],
        f"{found['clock_hz'] / 1e6:.0f}",
        f"{found['cycles']:,}",
        f"{1e3 * found['seconds']:.3f}",
        f"{found['sram_bytes_used']:,}",
        fallbacks,
        f"{most['operator']}{parts}: {100 * most['cycles'] / found['cycles']:.0f} % of the cycles",
        f"{100 * (found['vela_macs'] / macs - 1):+.1f} %",
    )
    return f"| {' | '.join(cells)} |"


def table(results: Mapping[str, Any]) -> str:
    """The page's table and a sentence below it."""
    lines = [HEAD, "|---" * (HEAD.count("|") - 1) + "|"]
    for name, network in results["networks"].items():
        lines += [row(name, found, network["macs"]) for found in network["estimates"]]
    lines += ["", f"Vela {results['vela']}. Its count of multiply-accumulates is against ours."]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--page", type=Path, help="page whose table is written")
    arguments = parser.parse_args()
    configure(1)
    results: dict[str, Any] = {"vela": version("ethos-u-vela"), "networks": {}}
    for name, architecture in networks().items():
        macs, packed = network_macs(architecture), untrained_files(architecture)[1]
        found = [estimate(packed, accelerator) for accelerator in ACCELERATORS]
        results["networks"][name] = {"macs": macs, "estimates": [one.to_json() for one in found]}
        print(name, file=sys.stderr, flush=True)
    arguments.json.write_text(json.dumps(results, indent=1) + "\n")
    if arguments.page:
        text = arguments.page.read_text("utf-8")
        arguments.page.write_text(replaced(text, BEGIN, END, table(results), arguments.page), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
