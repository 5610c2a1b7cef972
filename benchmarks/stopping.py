"""Epochs saved and best reward lost by each stopping rule on real recorded trainings.

    python -m benchmarks.stopping --json benchmarks/results/stopping.json
    python -m benchmarks.stopping --json benchmarks/results/stopping.json --render

A study is all trainings of the recording (`manage.py record_curves`) in an order shuffled by a seed, one after another.
A stopped one saves its remaining float epochs and all of its QAT; its reward is lost if it was the best. Rewards are
recorded int8 accuracies less Equation 1's penalties with the paper's parameters, flash and energy both estimated, as
for a rule. Earshot's rules are compared with Optuna's median pruning and Hyperband, each with several settings, at
equal loss: the most epochs saved by a setting whose median, or mean, of the reward lost over the seeds is at most
0.002. TSGP was developed on trainings with odd numbers; `held_out` are studies of those with even numbers alone.
`--render` writes table and plot in docs/ from the JSON alone.
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import stopping_report
from benchmarks.stopping_rules import entrants
from nas_engine.cost import cost
from nas_engine.early_stopping.base import Curve, StoppingRule, best_reward
from nas_engine.energy.estimators.analytical import predict_energy_mj
from nas_engine.reward import RewardParameters, reward_breakdown
from nas_engine.search_space.architecture_features import feature_vector
from nas_engine.simulation.recording import RecordedTraining, Recording, read_recording

RECORDING = Path("benchmarks/data/paper-2d.jsonl")
FEWEST = 20
SLIGHT_LOSS = 0.002
_PARAMETERS = RewardParameters()


@dataclass(frozen=True, slots=True)
class RecordedStudy:
    """Result of one simulated study; `saved` is a share (0..1) of all epochs, float and QAT; `lost` is reward."""

    saved: float
    lost: float
    seconds_per_decision: float


def curve(training: RecordedTraining) -> Curve:
    """Recorded training to its end."""
    counted = cost(training.architecture)
    energy_mj = predict_energy_mj(counted).energy_mj
    points = [point for point in training.curve if point.phase == "float"]
    return Curve(
        accuracies=tuple(point.eval_accuracy for point in points),
        features=feature_vector(training.architecture),
        penalty=reward_breakdown(1.0, energy_mj, counted.flash_bytes_estimate, _PARAMETERS).penalty,
        final_accuracy=training.int8_accuracy,
        losses=tuple(point.loss for point in points),
    )


def study(rule: StoppingRule, curves: Sequence[Curve], qat_epochs: int) -> RecordedStudy:
    """Simulate a study of `curves` in their order with one worker."""
    ended: list[Curve] = []
    decisions, started = 0, time.process_time()
    for whole in curves:
        outcome = whole
        for epoch in range(1, len(whole.accuracies) + 1):
            running = whole.cut(epoch)
            decisions += 1
            if rule.decide(running, ended).stop:
                outcome = running
                break
        ended.append(outcome)
    seconds = time.process_time() - started
    trained = sum(len(one.accuracies) + qat_epochs * (one.final_accuracy is not None) for one in ended)
    whole_epochs = sum(len(one.accuracies) + qat_epochs for one in curves)
    lost = (best_reward(curves) or 0.0) - (best_reward(ended) or 0.0)
    return RecordedStudy(1 - trained / whole_epochs, lost, seconds / decisions)


def summary(studies: Sequence[RecordedStudy]) -> dict[str, Any]:
    return {
        "epochs_saved": _quartiles([one.saved for one in studies]),
        "reward_lost": _quartiles([one.lost for one in studies]),
        "best_kept": round(float(np.mean([one.lost <= SLIGHT_LOSS for one in studies])), 4),
        "milliseconds_per_decision": round(1e3 * float(np.mean([one.seconds_per_decision for one in studies])), 3),
    }


def _quartiles(values: Sequence[float]) -> dict[str, float]:
    """Rounded quantiles, and the mean, which shows rare losses that a median hides."""
    q25, median, q75 = np.quantile(values, (0.25, 0.5, 0.75))
    named = {"median": median, "q25": q25, "q75": q75, "mean": np.mean(values), "largest": max(values)}
    return {name: round(float(value), 4) for name, value in named.items()}


def compare(curves: Sequence[Curve], qat_epochs: int, seeds: int) -> dict[str, Any]:
    """Results of each rule with each of its settings on the same shuffled studies."""
    epochs = len(curves[0].accuracies)
    found: dict[str, dict[str, list[RecordedStudy]]] = {}
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(len(curves))
        shuffled = [curves[index] for index in order]
        for name, choices in entrants(epochs, seed).items():
            for entrant in choices:
                done = found.setdefault(name, {}).setdefault(entrant.settings, [])
                done.append(study(entrant.make, shuffled, qat_epochs))
        print(f"{len(curves)} trainings: study {seed + 1} of {seeds}", flush=True)
    return {
        name: with_bests({settings: summary(studies) for settings, studies in choices.items()})
        for name, choices in found.items()
    }


def with_bests(settings: dict[str, Any]) -> dict[str, Any]:
    """All `settings`, the default, and those that save most at a small loss, None where there are none."""

    def best(measure: str) -> str | None:
        slight = [name for name, found in settings.items() if found["reward_lost"][measure] <= SLIGHT_LOSS]
        return max(slight, key=lambda name: settings[name]["epochs_saved"]["median"], default=None)

    return {
        "settings": settings,
        "default": next(iter(settings)),
        "most_saved_at_slight_median_loss": best("median"),
        "most_saved_at_slight_mean_loss": best("mean"),
    }


def measure(recording: Recording, seeds: int) -> Iterator[dict[str, Any]]:
    """Results of studies of all trainings, then with those of the trainings that TSGP was not developed on.

    Raises ValueError where there are too few trainings.
    """
    trainings = recording.trainings
    parts = {"all": trainings, "held_out": tuple(one for one in trainings if one.number % 2 == 0)}
    if len(parts["held_out"]) < FEWEST:
        raise ValueError(f"{len(trainings)} trainings are too few: {FEWEST} with even numbers are needed")
    phases = [point.phase for point in trainings[0].curve]
    epochs = {phase: phases.count(phase) for phase in ("float", "qat")}
    studies: dict[str, Any] = {}
    for name, part in parts.items():
        curves = [curve(training) for training in part]
        rewards = sorted(one.reward or 0.0 for one in curves)
        studies[name] = {
            "trainings": len(curves),
            "rewards": {"lowest": round(rewards[0], 4), "best": [round(one, 4) for one in rewards[:-6:-1]]},
            "rules": compare(curves, epochs["qat"], seeds),
        }
        yield {"sounds": recording.header.sounds, "epochs": epochs, "seeds": seeds, "studies": studies}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--recording", type=Path, default=RECORDING)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--render", action="store_true", help="only write table and plot from --json")
    arguments = parser.parse_args()
    if not arguments.render:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        for measured in measure(read_recording(arguments.recording), arguments.seeds):
            arguments.json.write_text(json.dumps(measured, indent=1) + "\n")
    stopping_report.write(json.loads(arguments.json.read_text()))


if __name__ == "__main__":
    main()
