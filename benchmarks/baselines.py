"""Seconds to build, quantise and convert the baselines and Table 2's network, and their int8 latency on this machine.

    python -m benchmarks.baselines --json OUT [--seconds 5]

One thread throughout. The networks are untrained, which changes neither time nor size. Latency is that of the delivered
file in TensorFlow Lite's interpreter with XNNPACK, as on a phone: single inferences for `--seconds` after a warm-up.
Quartiles are reported, since other work on the machine only adds time.
"""

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.network import tflite
from nas_engine.network.keras import configure, keras, tf
from nas_engine.network.untrained import untrained_model
from nas_engine.paper.tables import NETWORKS

WARM_UP_RUNS = 20
LEAST_RUNS = 30


def seconds_to_file(architecture: Architecture) -> tuple[dict[str, float], bytes]:
    """Seconds by step, and the packed .tflite file."""
    started = time.perf_counter()
    model = untrained_model(architecture)
    quantised = time.perf_counter()
    content = tflite.convert(model)
    converted = time.perf_counter()
    keras.backend.clear_session()
    seconds = {
        "build_and_quantise": round(quantised - started, 2),
        "convert": round(converted - quantised, 2),
        "total": round(converted - started, 2),
    }
    return seconds, content


def latencies_ms(content: bytes, seconds: float) -> list[float]:
    """Single inferences until `seconds` have passed, at least `LEAST_RUNS`."""
    interpreter = tf.lite.Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]
    rng = np.random.default_rng(0)
    interpreter.set_tensor(source["index"], rng.integers(-128, 128, source["shape"], np.int8))
    for _ in range(WARM_UP_RUNS):
        interpreter.invoke()
    taken: list[float] = []
    until = time.perf_counter() + seconds
    while len(taken) < LEAST_RUNS or time.perf_counter() < until:
        started = time.perf_counter()
        interpreter.invoke()
        taken.append(1e3 * (time.perf_counter() - started))
    return taken


def measure(architecture: Architecture, seconds: float) -> dict[str, Any]:
    steps, content = seconds_to_file(architecture)
    taken = latencies_ms(content, seconds)
    low, median, high = statistics.quantiles(taken, n=4)
    return {
        "seconds": steps,
        "flash_bytes": len(content),
        "int8_latency_ms": {"p25": round(low, 3), "median": round(median, 3), "p75": round(high, 3)},
        "runs": len(taken),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=5.0, help="seconds of inferences per network")
    arguments = parser.parse_args()
    configure(1)
    warm_up, _ = seconds_to_file(NETWORKS["TCResNet8-1.0"])  # TensorFlow's first steps take longer than any later
    measured = {name: measure(network, arguments.seconds) for name, network in NETWORKS.items()}
    arguments.json.write_text(json.dumps({"warm_up_seconds": warm_up["total"]} | measured))


if __name__ == "__main__":
    main()
