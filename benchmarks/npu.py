"""Networks on Arm's Ethos-U as Arm's compiler Vela estimates them: cycles, time, SRAM, fallbacks, multiply-accumulates.

A second table compares both time axes of 1-D networks: cycles by Vela, and time in interpreters on this machine.

    python -m benchmarks.npu --json benchmarks/results/npu.json --page docs/deploy.md

Table 2's network, TC-ResNet8, and two 1-D networks that begin with a convolution over time at stride 4, of nine frames
and of four; all untrained, for the estimate hardly depends on weights. 1-D networks have time along the width, as in a
deploy bundle. Nothing runs on a device. The tables of the page are written between their marks.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.marked_part import replaced
from nas_engine.architecture import Architecture, Block
from nas_engine.baselines import nas_bayesian, tc_resnet8
from nas_engine.deployment.vela import estimate, network_macs
from nas_engine.files.time_axis import time_along_width
from nas_engine.network.keras import configure, tf
from nas_engine.network.tflite import interpreter_of
from nas_engine.network.untrained import untrained_files
from nas_engine.search_space.paper_spaces import paper_1d, paper_2d

BEGIN, END = "<!-- npu begin -->", "<!-- npu end -->"
AXES_BEGIN, AXES_END = "<!-- npu axes begin -->", "<!-- npu axes end -->"
ACCELERATORS = ("ethos-u55-128", "ethos-u65-256", "ethos-u85-256")
COMPARED = ("ethos-u55-128", "ethos-u55-256", "ethos-u65-256", "ethos-u85-256")
DRAWN, COMPILED, INFERENCES, QUANTILE = 10, 3, 400, 0.1
KERNELS = {
    "XNNPACK": tf.lite.experimental.OpResolverType.AUTO,
    "reference kernels": tf.lite.experimental.OpResolverType.BUILTIN_REF,
}
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


def axes_of(architecture: Architecture) -> dict[str, Any]:
    """Cycles by accelerator and seconds by kernels, each with time along the height and along the width."""
    stored = untrained_files(architecture)[1]
    both = stored, time_along_width(stored)
    cycles = {name: [estimate(content, name).cycles for content in both] for name in COMPARED}
    return {"cycles": cycles, "seconds": {name: seconds(both, kernels) for name, kernels in KERNELS.items()}}


def seconds(contents: Sequence[bytes], kernels: Any) -> list[float]:
    """Low quantile of an inference's time, of interpreters that take turns, so that other load meets them alike."""
    interpreters = [interpreter_of(content, kernels) for content in contents]
    times = np.empty((INFERENCES, len(interpreters)))
    for turn in times:
        for place, interpreter in enumerate(interpreters):
            began = perf_counter()
            interpreter.invoke()
            turn[place] = perf_counter() - began
    return [float(value) for value in np.quantile(times, QUANTILE, axis=0)]


def axes_table(results: Mapping[str, Any]) -> str:
    """Changes from height to width: of TC-ResNet8, and of the drawn networks the median and the extremes."""
    first, *drawn = results["axes"].values()
    lines = ["| | TC-ResNet8-1.0 | drawn networks, median | least change | most change |", "|---|---|---|---|---|"]
    measures = [(f"{name}, cycles", ("cycles", name)) for name in COMPARED]
    measures += [(f"this machine, {name}, time", ("seconds", name)) for name in KERNELS]
    for title, (kind, name) in measures:
        one, *others = (change(*network[kind][name]) for network in (first, *drawn))
        cells = (one, float(np.median(others)), max(others), min(others))
        lines.append(f"| {title} | {' | '.join(f'{100 * value:+.0f} %' for value in cells)} |")
    return "\n".join(lines)


def compiling_of(architecture: Architecture) -> dict[str, Any]:
    """Processor seconds that a network's estimate takes before its training, and cycles with weights of two seeds."""
    began = processor_seconds()
    content = untrained_files(architecture)[1]
    made = processor_seconds()
    found = estimate(time_along_width(content), COMPARED[0])
    ended = processor_seconds()
    other = estimate(time_along_width(untrained_files(architecture, seed=1)[1]), COMPARED[0])
    return {
        "file_seconds": made - began,
        "vela_seconds": ended - made,
        "cycles": [found.cycles, other.cycles],
    }


def processor_seconds() -> float:
    """Of this process and its ended children."""
    return sum(os.times()[:4])


def compiling_sentence(results: Mapping[str, Any]) -> str:
    """What docs/energy.md states of `compiling_of`."""
    rows = list(results["compiling"].values())
    file, vela = (sorted(row[name] for row in rows) for name in ("file_seconds", "vela_seconds"))
    off = max(abs(change(*row["cycles"])) for row in rows)
    return (
        f"{file[0]:.1f} to {file[-1]:.1f} s of processor time for the file and {vela[0]:.1f} to {vela[-1]:.1f} s for "
        f"Vela; other weights change its cycles by {100 * off:.3f} % at most ({len(rows)} networks of both spaces)"
    )


def change(height: float, width: float) -> float:
    """Share by which the second is above the first; below 0 where it is less."""
    return width / height - 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--page", type=Path, help="page whose table is written")
    arguments = parser.parse_args()
    configure(1)
    results: dict[str, Any] = {"vela": version("ethos-u-vela"), "networks": {}, "axes": {}, "compiling": {}}
    for name, architecture in networks().items():
        macs, packed = network_macs(architecture), time_along_width(untrained_files(architecture)[1])
        found = [estimate(packed, accelerator) for accelerator in ACCELERATORS]
        results["networks"][name] = {"macs": macs, "estimates": [one.to_json() for one in found]}
        print(name, file=sys.stderr, flush=True)
    rng = np.random.default_rng(0)
    compared = {"TC-ResNet8-1.0": tc_resnet8()} | {f"paper_1d {n}": paper_1d().sample(rng) for n in range(1, DRAWN + 1)}
    for name, architecture in compared.items():
        results["axes"][name] = axes_of(architecture)
        print(name, file=sys.stderr, flush=True)
    arguments.json.write_text(json.dumps(results, indent=1) + "\n")
    for space in (paper_1d(), paper_2d()):
        for number in range(1, COMPILED + 1):
            results["compiling"][f"{space.name} {number}"] = compiling_of(space.sample(rng))
    print(compiling_sentence(results), file=sys.stderr, flush=True)
    if arguments.page:
        text = arguments.page.read_text("utf-8")
        text = replaced(text, BEGIN, END, table(results), arguments.page)
        text = replaced(text, AXES_BEGIN, AXES_END, axes_table(results), arguments.page)
        arguments.page.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
