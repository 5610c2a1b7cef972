"""Bytes of networks' .tflite files by purpose, plain and packed, and the duration of packing.

    python -m benchmarks.file_bytes --json OUT [--random 0]

The networks of the paper, untrained, are converted once; both files are traversed byte by byte. Sizes estimated
before training are printed next to them; `--random N` adds N random networks of each space to that comparison.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.baselines import BASELINES, nas_bayesian
from nas_engine.cost import cost
from nas_engine.network.keras import configure
from nas_engine.network.packing import pack
from nas_engine.network.untrained import untrained_files
from nas_engine.search_space.paper_spaces import paper_1d, paper_2d
from nas_engine.testing.file_bytes import bytes_by_category


def measure(architecture: Architecture) -> dict[str, Any]:
    """Bytes by category, sizes and their estimates, seconds to pack."""
    plain, packed = untrained_files(architecture)
    estimated = cost(architecture)
    started = time.perf_counter()
    pack(plain)
    return {
        "plain": bytes_by_category(plain),
        "packed": bytes_by_category(packed),
        "plain_bytes": len(plain),
        "packed_bytes": len(packed),
        "plain_error": estimated.plain_flash_bytes_estimate / len(plain) - 1,
        "packed_error": estimated.flash_bytes_estimate / len(packed) - 1,
        "pack_seconds": round(time.perf_counter() - started, 3),
    }


def networks(random: int) -> dict[str, Architecture]:
    found = {"Table 2": nas_bayesian()} | {name: build(9) for name, build in BASELINES.items()}
    rng = np.random.default_rng(0)
    for space in (paper_2d(), paper_1d()):
        found |= {f"{space.name} {number}": space.sample(rng) for number in range(random)}
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--random", type=int, default=0, help="random networks of each space")
    arguments = parser.parse_args()
    configure(1)
    measured = {}
    for name, architecture in networks(arguments.random).items():
        measured[name] = row = measure(architecture)
        print(f"{name}: {row['plain_bytes']} -> {row['packed_bytes']} bytes", file=sys.stderr, flush=True)
    worst = {
        file: max(abs(row[f"{file}_error"]) for row in measured.values()) for file in ("plain", "packed")
    }  # fmt: skip
    arguments.json.write_text(json.dumps({"networks": measured, "worst_relative_error": worst}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
