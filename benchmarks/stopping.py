"""How many epochs each stopping rule saves on real recorded trainings, and how much of the best reward it loses.

    python -m benchmarks.stopping --json OUT --recording FILE [--seeds 20]

A study is all trainings of the recording (`manage.py record_curves`) in an order shuffled by a seed, one after another.
A stopped one saves its remaining float epochs and all of its QAT; what it would have reached is lost if it was the
best. Rewards are recorded int8 accuracies less Equation 1's penalties with the paper's parameters, flash and energy
both by estimate, as a rule knows them. Beside our rules stand median pruning and Hyperband as Optuna has them, which
have no confidence. Quartiles are over the seeds. `after_warm_up` counts the trials after the tenth alone: before ten
have finished, TSGP stops nothing, which weighs the more the shorter the recording is.
"""

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.stopping_peers import Hyperband, MedianPruning
from nas_engine.cost import cost
from nas_engine.early_stopping import registry
from nas_engine.early_stopping.base import Curve, StoppingRule, best_reward
from nas_engine.energy.prior import predict_energy_mj
from nas_engine.features import describe
from nas_engine.recording import RecordedTraining, read_recording
from nas_engine.reward import RewardParameters, reward

CONFIDENCES = (0.9, 0.95, 0.99)
WARM_UP = 10
_PARAMETERS = RewardParameters()


@dataclass(frozen=True, slots=True)
class Study:
    """What became of one replayed study; epochs are float and QAT, `lost` is reward."""

    epochs: tuple[int, ...]
    lost: float
    seconds_per_decision: float


def curve(training: RecordedTraining) -> Curve:
    """A whole recorded training."""
    counted = cost(training.architecture)
    energy_mj = predict_energy_mj(counted).energy_mj
    return Curve(
        accuracies=tuple(point.eval_accuracy for point in training.curve if point.phase == "float"),
        features=describe(training.architecture),
        penalty=1.0 - reward(1.0, energy_mj, counted.flash_bytes_estimate, _PARAMETERS),
        final_accuracy=training.int8_accuracy,
    )


def study(rule: StoppingRule, curves: Sequence[Curve], qat_epochs: int) -> Study:
    """Replay `curves` in their order with one worker."""
    ended: list[Curve] = []
    decisions, started = 0, time.perf_counter()
    for whole in curves:
        outcome = whole
        for epoch in range(1, len(whole.accuracies) + 1):
            running = replace(whole, accuracies=whole.accuracies[:epoch], final_accuracy=None)
            decisions += 1
            if rule.decide(running, ended).stop:
                outcome = running
                break
        ended.append(outcome)
    seconds = time.perf_counter() - started
    epochs = tuple(len(one.accuracies) + qat_epochs * (one.final_accuracy is not None) for one in ended)
    return Study(epochs, (best_reward(curves) or 0.0) - (best_reward(ended) or 0.0), seconds / decisions)


def rules(epochs: int, seed: int) -> Mapping[str, StoppingRule]:
    """Every rule compared, by the name it has in the result."""
    ours = {
        f"{name} {confidence}": registry.create(name, epochs=epochs, confidence=confidence, seed=seed)
        for name in registry.NAMES
        for confidence in CONFIDENCES
        if name != "none"
    }
    return {"none": registry.create("none", epochs=epochs, confidence=0.95, seed=seed)} | ours | {
        "median_pruning": MedianPruning(),
        "hyperband": Hyperband(epochs, seed),
    }  # fmt: skip


def summary(studies: Sequence[Study], whole_epochs: int) -> dict[str, Any]:
    saved = [1 - sum(one.epochs) / (whole_epochs * len(one.epochs)) for one in studies]
    later = [1 - sum(one.epochs[WARM_UP:]) / (whole_epochs * len(one.epochs[WARM_UP:])) for one in studies]
    return {
        "epochs_saved": _quartiles(saved),
        "epochs_saved_after_warm_up": _quartiles(later),
        "reward_lost": _quartiles([one.lost for one in studies]),
        "milliseconds_per_decision": round(1e3 * float(np.mean([one.seconds_per_decision for one in studies])), 3),
    }


def _quartiles(values: Sequence[float]) -> dict[str, float]:
    """Rounded; with the mean, which shows the rare loss that a median hides."""
    q25, median, q75 = np.quantile(values, (0.25, 0.5, 0.75))
    named = {"median": median, "q25": q25, "q75": q75, "mean": np.mean(values), "largest": max(values)}
    return {name: round(float(value), 4) for name, value in named.items()}


def compare(curves: Sequence[Curve], qat_epochs: int, seeds: int) -> dict[str, Any]:
    """Each rule on the same shuffled studies."""
    epochs = len(curves[0].accuracies)
    found: dict[str, list[Study]] = {}
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(len(curves))
        shuffled = [curves[index] for index in order]
        for name, rule in rules(epochs, seed).items():
            found.setdefault(name, []).append(study(rule, shuffled, qat_epochs))
    return {name: summary(studies, epochs + qat_epochs) for name, studies in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--recording", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=20)
    arguments = parser.parse_args()
    recording = read_recording(arguments.recording)
    curves = [curve(training) for training in recording.trainings]
    if len(curves) <= WARM_UP:
        parser.error(f"{arguments.recording} has {len(curves)} trainings; more than {WARM_UP} are needed")
    qat_epochs = sum(point.phase == "qat" for point in recording.trainings[0].curve)
    results = {
        "recording": {"sounds": recording.header.sounds, "trainings": len(curves), "best": best_reward(curves)},
        "seeds": arguments.seeds,
        "rules": compare(curves, qat_epochs, arguments.seeds),
    }
    for name, measured in results["rules"].items():
        print(name, json.dumps(measured), flush=True)
    arguments.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
