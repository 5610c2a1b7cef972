"""How long the page "Try it" waits for the scores of a piece of sound, without browser and network.

    python -m benchmarks.listening --json benchmarks/results/listening.json

Table 2's network and the baselines, untrained, hear noise in half-second pieces through the listening process of a web
server, as its pages do: from the end of a piece to its scores, for pieces that complete a window and those that do not.
The start is that of a process that was not warm, its first scores included. Sizes are of that process.
"""

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from nas_engine.architecture import Architecture
from nas_engine.audio.frontend import FrontendConfig
from nas_engine.baselines import BASELINES, nas_bayesian
from nas_engine.network.keras import configure
from nas_engine.network.untrained import untrained_files
from nas_engine.streaming.loop import LoopSettings

PIECES, WARM_UP, PIECE = 80, 10, 8_000
CLASSES = 9


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", type=Path)
    path = arguments.parse_args().json
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    configure(1)
    networks = {"Table 2": nas_bayesian()} | {name: build(CLASSES) for name, build in BASELINES.items()}
    found = {name: measured(architecture) for name, architecture in networks.items()}
    print(json.dumps(found, indent=1))
    if path:
        path.write_text(json.dumps(found, indent=1) + "\n")


def measured(architecture: Architecture) -> dict[str, Any]:
    """Seconds of pieces with and without a window, of the start, and bytes of the process."""
    from webapp.listening.messages import HearPiece
    from webapp.listening.process import ListeningProcess

    _, network = untrained_files(architecture)
    config, rng = FrontendConfig(), np.random.default_rng(0)
    flat = {"mean": [-9.0] * config.mel_bins, "std": [3.0] * config.mel_bins}
    labels, process, state = tuple(f"class {n}" for n in range(CLASSES)), ListeningProcess(), b""
    seconds: dict[bool, list[float]] = {True: [], False: []}
    start = 0.0
    for number in range(PIECES):
        samples = rng.integers(-3_000, 3_000, PIECE, dtype=np.int16).tobytes()
        loop = LoopSettings().to_json()
        began = time.perf_counter()
        answer = process.call(HearPiece(network, config.to_json(), flat, labels, "xnnpack", loop, state, samples))
        took = time.perf_counter() - began
        state = answer.state
        start = start or took
        if number >= WARM_UP:
            seconds[bool(answer.outputs)].append(took)
    size = psutil.Process(process.pid).memory_info().rss
    process.close()
    return {
        "start_seconds": round(start, 2),
        "with_window_ms": milliseconds(seconds[True]),
        "without_window_ms": milliseconds(seconds[False]),
        "process_mb": round(size / 1e6),
    }


def milliseconds(seconds: list[float]) -> dict[str, float]:
    """Median and 95th percentile in ms."""
    return {
        "median": round(1e3 * float(np.median(seconds)), 1),
        "p95": round(1e3 * float(np.quantile(seconds, 0.95)), 1),
    }


if __name__ == "__main__":
    main()
