"""Seconds of a trial outside of training: a warm Earshot trainer compared with a naive script.

    python -m benchmarks.trial_overhead --json OUT [--trials 4]

Ours: `evaluate` in one warm process with one thread, different networks of the 2-D space, everything but the training
epochs counted: build, tracing, quantise, convert, evaluation in the interpreter, write. The first trial of the process
is reported separately. `stopped`: the same networks ended by their watcher after STOPPED_EPOCHS float epochs, as a
stopping rule does. The naive script: a new process per trial that imports TensorFlow, computes the features of the
clips it trains on, calls `quantize_model` and `from_keras_model`, evaluates in the interpreter and writes the file.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.features import CLASSES, CLIPS, random_pack

TRAINING = ("float", "qat")
STOPPED_EPOCHS = 6


def measure_ours(folder: Path, trials: int) -> dict[str, Any]:
    from nas_engine.network.keras import configure

    configure(1)
    import numpy as np

    from nas_engine.audio.cache import open_pack
    from nas_engine.evaluation import evaluate
    from nas_engine.network.schedule import TrainingConfig
    from nas_engine.search_space.paper_spaces import paper_2d

    pack = open_pack(random_pack(folder / "noise.pack"))
    rng = np.random.default_rng(1)
    rows, stopped = [], []
    for _ in range(trials + 1):
        network = paper_2d(len(CLASSES)).sample(rng)
        started = time.perf_counter()
        evaluation = evaluate(network, pack, TrainingConfig(full_epochs=4, qat_epochs=2), lambda _: None)
        (folder / "network.tflite").write_bytes(evaluation.tflite)
        total = time.perf_counter() - started
        phases = dict(evaluation.result.seconds)
        phases["not training"] = total - sum(phases[name] for name in TRAINING)
        rows.append(phases)
        stopped.append(stopped_trial(network, pack))
    return {
        "first_trial_seconds": round(rows[0]["not training"], 2),
        "warm_seconds": _medians(rows[1:]),
        "stopped_seconds": _medians(stopped[1:]),
    }


def stopped_trial(network: Any, pack: Any) -> dict[str, float]:
    """Seconds of a trial that ends after STOPPED_EPOCHS float epochs: training, and everything else.

    An epoch trains as long as the quickest after the first, which holds traces.
    """
    from nas_engine.errors import EvaluationCancelled
    from nas_engine.evaluation import evaluate
    from nas_engine.evaluation_result import Progress
    from nas_engine.network.schedule import TrainingConfig

    ends = []

    def stop(progress: Progress) -> None:
        ends.append(time.perf_counter())
        if progress.epoch == STOPPED_EPOCHS:
            raise EvaluationCancelled("stopped")

    started = time.perf_counter()
    with suppress(EvaluationCancelled):
        evaluate(network, pack, TrainingConfig(), stop)
    total = time.perf_counter() - started
    epochs = [after - before for before, after in pairwise(ends)]
    training = sum(epochs[1:]) + min(epochs[1:])
    return {"training": training, "not training": total - training, "share": (total - training) / training}


def _medians(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(row[name] for row in rows), 3) for name in rows[0]}


def naive_trial(clips: Path) -> None:
    """Steps of a script written for one network. Runs in a new process."""
    import numpy as np
    import soundfile

    from nas_engine.audio.frontend import FrontendConfig, evaluation_crop, log_mel
    from nas_engine.baselines import nas_bayesian
    from nas_engine.network import builder
    from nas_engine.network.keras import tf, tfmot
    from nas_engine.network.tflite import evaluate_tflite

    started = time.perf_counter()
    config = FrontendConfig()
    features = np.stack(
        [evaluation_crop(log_mel(soundfile.read(path, dtype="float32")[0], config), config) for path in clips.iterdir()]
    )
    labels = np.arange(len(features)) % len(CLASSES)
    model = builder.build(nas_bayesian())
    training = 0.0
    for network in (model, tfmot.quantization.keras.quantize_model(model)):
        network.compile("adam", "sparse_categorical_crossentropy")
        network.fit(features[:64, ..., None], labels[:64], batch_size=64, verbose=0)  # traces, then one step
        step = time.perf_counter()
        network.fit(features[:64, ..., None], labels[:64], batch_size=64, verbose=0)
        training += 2 * (time.perf_counter() - step)
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    content = converter.convert()
    evaluate_tflite(content, features[-CLIPS["eval"] :], labels[-CLIPS["eval"] :], len(CLASSES))
    (clips.parent / "naive.tflite").write_bytes(content)
    print(json.dumps({"inside": time.perf_counter() - started - training, "training": training}))


def measure_naive(folder: Path) -> dict[str, Any]:
    import numpy as np
    import soundfile

    clips = folder / "clips"
    clips.mkdir()
    rng = np.random.default_rng(0)
    for number in range(sum(CLIPS.values())):
        samples = rng.normal(0, 0.1, rng.integers(24_000, 80_000)).astype(np.float32)
        soundfile.write(clips / f"{number}.flac", samples, 16_000)
    command = [sys.executable, "-m", "benchmarks.trial_overhead", "--naive", str(clips), "--json", "unused"]
    started = time.perf_counter()
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    total = time.perf_counter() - started
    inside = json.loads(output.splitlines()[-1])
    return {
        "seconds": round(total - inside["training"], 2),
        "of_which_start_and_import": round(total - inside["inside"] - inside["training"], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--trials", type=int, default=4, help="warm trials")
    parser.add_argument("--naive", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.naive:
        naive_trial(arguments.naive)
        return
    with tempfile.TemporaryDirectory() as name:
        naive = measure_naive(Path(name))
        ours = measure_ours(Path(name), arguments.trials)
    result = {"ours": ours, "naive": naive, "ratio": round(naive["seconds"] / ours["warm_seconds"]["not training"], 1)}
    arguments.json.write_text(json.dumps(result | {"goal_seconds": 6.0, "goal_convert_seconds": 1.5}))


if __name__ == "__main__":
    main()
