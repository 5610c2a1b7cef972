"""Accuracy and speed of training with BatchNorm's statistics from a sample of positions and from all.

    python -m benchmarks.batch_norm SOUNDS [SOUNDS ...] --json OUT [--stride 4] [--seeds 5] [--full-epochs 40]

Trains Table 2's network by the whole recipe of a trial on the clips of each folder, with every seed and both settings,
one after the other in one process with one thread. A training is kept in OUT as it ends, so that an ended run goes on.
`difference` is the mean accuracy with a sample less that with all, `standard_error` that over pairs of equal seeds.
`float_examples_per_second` counts the processor's seconds of whole float epochs, evaluation included, the median.
"""

import argparse
import json
import math
import statistics
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise, product
from pathlib import Path
from typing import Any

from nas_engine.baselines import nas_bayesian
from nas_engine.evaluation_result import Progress

SETTINGS = ("sample", "all")
ACCURACIES = ("float_accuracy", "int8_accuracy")


def train(pack: Any, stride: int, seed: int, full_epochs: int) -> dict[str, float]:
    """Accuracies (0..1) and examples a second of one training."""
    from nas_engine.evaluation import evaluate
    from nas_engine.network.schedule import TrainingConfig

    ends: list[float] = []

    def note(progress: Progress) -> None:
        if progress.phase == "float":
            ends.append(time.process_time())

    config = TrainingConfig(full_epochs=full_epochs, statistics_stride=stride, seed=seed)
    result = evaluate(nas_bayesian(len(pack.classes)), pack, config, note).result
    seconds = statistics.median(later - earlier for earlier, later in pairwise(ends))
    return {name: round(getattr(result, name), 4) for name in ACCURACIES} | {
        "float_examples_per_second": round(len(pack.split("train")) / seconds, 1)
    }


def summary(trainings: Mapping[str, Mapping[str, Mapping[str, float]]]) -> dict[str, Any]:
    """Difference and speed on one set of sounds, from trainings by setting and seed that have both."""
    sample, full = trainings["sample"], trainings["all"]
    seeds = sorted(set(sample) & set(full))
    if len(seeds) < 2:
        return {"seeds": len(seeds)}
    return {
        "seeds": len(seeds),
        **{name: _difference([sample[s][name] for s in seeds], [full[s][name] for s in seeds]) for name in ACCURACIES},
        "speed_ratio": round(
            statistics.median(
                sample[s]["float_examples_per_second"] / full[s]["float_examples_per_second"] for s in seeds
            ),
            2,
        ),
    }


def _difference(sample: Sequence[float], full: Sequence[float]) -> dict[str, float]:
    error = statistics.stdev(one - other for one, other in zip(sample, full, strict=True)) / math.sqrt(len(sample))
    means = statistics.mean(sample), statistics.mean(full)
    return {
        "sample": round(means[0], 4),
        "all": round(means[1], 4),
        "difference": round(means[0] - means[1], 4),
        "standard_error": round(error, 4),
    }


def main() -> None:
    from nas_engine.network.keras import configure

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sounds", type=Path, nargs="+", help="folders of clips")
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--stride", type=int, default=4, help="a sample has each position at multiples of it")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--full-epochs", type=int, default=40)
    arguments = parser.parse_args()
    configure(1)
    from webapp.management.sounds import packed_features

    found: dict[str, Any] = json.loads(arguments.json.read_text()) if arguments.json.exists() else {}
    for sounds in arguments.sounds:
        with packed_features(sounds, lambda *_: None) as pack:
            for seed, name in product(range(1, arguments.seeds + 1), SETTINGS):
                case = f"{sounds.name}, every {arguments.stride} positions, {arguments.full_epochs} full epochs"
                kept = found.setdefault(case, {"trainings": {setting: {} for setting in SETTINGS}})
                if str(seed) in kept["trainings"][name]:
                    continue
                training = train(pack, arguments.stride if name == "sample" else 1, seed, arguments.full_epochs)
                kept["trainings"][name][str(seed)] = training
                kept["summary"] = summary(kept["trainings"])
                arguments.json.write_text(json.dumps(found, indent=1) + "\n")
                print(case, seed, name, training, flush=True)


if __name__ == "__main__":
    main()
