"""Training examples per second, float and QAT: Earshot's trainers together, compared with plain `model.fit`.

    python -m benchmarks.training_throughput --json OUT [--seconds 20] [--rounds 3]

Ours: one process per core, each with one thread, each training the paper's Table 2 network with
`network.training.ModelTrainer`, random crops, SpecAugment and balanced batches. Theirs: one process, default threads,
`model.fit` on features in memory (no crops, no augmentation), float the same network, QAT by `tfmot.quantize_model`.
The two alternate, so that drifts of the machine's speed affect both; only one side runs at a time.
"""

import argparse
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.features import random_pack

PHASES = ("float", "qat")
BATCH = 64
Runner = Callable[[float], tuple[int, float]]
"""Training for about the given seconds; returns (examples, seconds)."""


def our_runner(phase: str, pack_path: str) -> Runner:
    from nas_engine.network.keras import configure

    configure(1)
    import numpy as np

    from nas_engine.audio.batches import training_batches
    from nas_engine.audio.cache import open_pack
    from nas_engine.baselines import nas_bayesian
    from nas_engine.network import builder, quantization
    from nas_engine.network.schedule import CosineDecay
    from nas_engine.network.training import ModelTrainer

    pack, rng = open_pack(Path(pack_path)), np.random.default_rng(0)

    def batches() -> Any:
        return training_batches(pack.split("train"), pack.config, pack.mean, pack.std, BATCH, rng)

    model = builder.build(nas_bayesian(), 0.2)
    if phase == "qat":
        ranges = quantization.measure_ranges(nas_bayesian(), model, [next(iter(batches()))[0][..., np.newaxis]])
        model = quantization.quantise(nas_bayesian(), model, ranges)
    trainer = ModelTrainer(model, phase, CosineDecay(1e-3, 1_000_000), weight_decay=0.01, label_smoothing=0.1)

    def run(seconds: float) -> tuple[int, float]:
        examples, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            epoch = list(batches())
            trainer.epoch(epoch)
            examples += sum(len(y) for _, y in epoch)
        return examples, time.perf_counter() - start

    return run


def plain_runner(phase: str, pack_path: str) -> Runner:
    from nas_engine.audio.batches import evaluation_arrays
    from nas_engine.audio.cache import open_pack
    from nas_engine.baselines import nas_bayesian
    from nas_engine.network import builder
    from nas_engine.network.keras import keras, tfmot

    x, y = evaluation_arrays(open_pack(Path(pack_path)), "train")
    x = x[..., None]
    model = builder.build(nas_bayesian(), 0.2)
    if phase == "qat":
        model = tfmot.quantization.keras.quantize_model(model)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    steps = len(y) // BATCH

    def run(seconds: float) -> tuple[int, float]:
        examples, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            model.fit(x[: steps * BATCH], y[: steps * BATCH], batch_size=BATCH, epochs=1, verbose=0)
            examples += steps * BATCH
        return examples, time.perf_counter() - start

    assert isinstance(model, keras.Model)
    return run


SIDES: dict[str, Callable[[str, str], Runner]] = {"ours": our_runner, "plain": plain_runner}


def serve(side: str, phase: str, pack_path: str, pipe: Connection) -> None:
    """Child process: builds, warms up, then trains for each duration that it receives."""
    run = SIDES[side](phase, pack_path)
    run(0.1)
    pipe.send("ready")
    while (seconds := pipe.recv()) is not None:
        pipe.send(run(seconds))


class Children:
    """Warm processes of one side in one phase."""

    def __init__(self, side: str, phase: str, count: int, pack_path: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipes = []
        for _ in range(count):
            here, there = context.Pipe()
            context.Process(target=serve, args=(side, phase, pack_path, there), daemon=True).start()
            self._pipes.append(here)
        for pipe in self._pipes:
            pipe.recv()

    def examples_per_second(self, seconds: float) -> float:
        """Train in all processes at once."""
        for pipe in self._pipes:
            pipe.send(seconds)
        return sum(examples / took for examples, took in [pipe.recv() for pipe in self._pipes])

    def end(self) -> None:
        for pipe in self._pipes:
            pipe.send(None)


def compare(phase: str, processes: int, seconds: float, rounds: int, pack_path: str) -> dict[str, Any]:
    sides = {"ours": Children("ours", phase, processes, pack_path), "plain": Children("plain", phase, 1, pack_path)}
    rates: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side, children in sides.items():
            rates[side].append(children.examples_per_second(seconds))
    for children in sides.values():
        children.end()
    ratios = [ours / plain for ours, plain in zip(rates["ours"], rates["plain"], strict=True)]
    return {
        "trainers": processes,
        "ours_examples_per_second": [round(rate) for rate in rates["ours"]],
        "plain_examples_per_second": [round(rate) for rate in rates["plain"]],
        "ratio": round(statistics.median(ratios), 3),
        "goal": 1.5,
    }


def main() -> None:
    from webapp.supervisor.plan import core_count

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=20.0, help="seconds of training per side and round")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pack_path = str(random_pack(Path(folder) / "noise.pack"))
        result = {
            phase: compare(phase, core_count(), arguments.seconds, arguments.rounds, pack_path) for phase in PHASES
        }
    arguments.json.write_text(json.dumps(result))


if __name__ == "__main__":
    main()
