"""Compare `nas_engine.cost` with TensorFlow's counts: 300 random architectures, Table 2's and the baselines.

    python -m benchmarks.counts --json OUT [--count 150] [--seed 0] [--only flops parameters ...]

Of each network: FLOPs by tf.profiler, trainable parameters of the float Keras model, `count_params()` of the model that
the toolkit's `quantize_model` makes (the published parameters), and the bytes of weights in the .tflite file. Every
difference is listed; the exit code is 1 if there is any. Takes half an hour, so `make bench` leaves it out (the tests
count each distinct layer instead).
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nas_engine.architecture import Architecture
from nas_engine.baselines import BASELINES, nas_bayesian
from nas_engine.cost import cost
from nas_engine.network import builder
from nas_engine.network.keras import configure, keras
from nas_engine.network.untrained import untrained_files
from nas_engine.search_space.paper_spaces import SearchSpace, paper_1d, paper_2d
from nas_engine.testing import counting

COSTED = 10_000


def networks(count: int, seed: int) -> dict[str, Architecture]:
    import numpy as np

    rng = np.random.default_rng(seed)
    spaces: tuple[SearchSpace, ...] = (paper_2d(), paper_1d())
    drawn = {f"{space.name} {number}": space.sample(rng) for number in range(count) for space in spaces}
    return {name: build(9) for name, build in BASELINES.items()} | {"NAS-Bayesian": nas_bayesian()} | drawn


MEASURES: dict[str, Callable[[Architecture], int]] = {
    "flops": lambda network: counting.profiled_flops({"n": builder.assemble(network, counting.apply_folded)})["n"],
    "parameters": lambda network: counting.trainable_parameters(builder.build(network)),
    "published_parameters": counting.quantized_parameters,
    "weight_bytes": lambda network: counting.stored_weight_bytes(untrained_files(network)[0]),
}
"""TensorFlow's counts by name of the property of `ArchitectureCost`."""


def counted_by_tensorflow(architecture: Architecture, only: list[str], seconds: Counter[str]) -> dict[str, int]:
    """Count with TensorFlow; adds the duration of each count to `seconds`."""
    counted = {}
    for name in only:
        started = time.perf_counter()
        counted[name] = MEASURES[name](architecture)
        seconds[name] += time.perf_counter() - started
        keras.backend.clear_session()
    return counted


def seconds_to_cost(count: int) -> float:
    """Seconds of `cost` for networks that are not in its cache."""
    import numpy as np

    rng = np.random.default_rng(1)
    drawn = [paper_2d().sample(rng) for _ in range(count)]
    started = time.perf_counter()
    for architecture in drawn:
        cost(architecture)
    return time.perf_counter() - started


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--count", type=int, default=150, help="random architectures of each space")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=list(MEASURES))
    arguments = parser.parse_args()
    configure(1)
    costed_seconds = seconds_to_cost(COSTED)
    seconds: Counter[str] = Counter()
    differences: list[dict[str, Any]] = []
    drawn = networks(arguments.count, arguments.seed)
    for number, (name, architecture) in enumerate(drawn.items(), start=1):
        walk = cost(architecture)
        counted = counted_by_tensorflow(architecture, arguments.only, seconds)
        found = {what: [getattr(walk, what), value] for what, value in counted.items() if getattr(walk, what) != value}
        differences += [{"network": name, "walk_and_tensorflow": found}] if found else []
        print(f"{number} of {len(drawn)}: {name} {found or 'equal'}", file=sys.stderr, flush=True)
    result = {
        "networks": len(drawn),
        "differences": differences,
        "seconds": {name: round(value, 1) for name, value in seconds.items()},
        f"seconds_to_cost_{COSTED}": round(costed_seconds, 3),
    }
    arguments.json.write_text(json.dumps(result))
    return int(bool(differences))


if __name__ == "__main__":
    sys.exit(main())
