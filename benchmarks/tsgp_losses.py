"""What the training losses bring to TSGP: the same studies of recorded trainings with them and without.

    python -m benchmarks.tsgp_losses [--json benchmarks/results/tsgp_losses.json] [--seeds 20]

Studies as in `benchmarks.stopping`: trainings with even numbers, which TSGP was not developed on, in orders shuffled by
the seeds, at the default confidence.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.stopping import RecordedStudy, curve, study, summary
from nas_engine.early_stopping import registry
from nas_engine.early_stopping.base import Curve
from nas_engine.simulation.recording import read_recording
from nas_engine.trial_plan import QAT_EPOCHS

_RECORDINGS = [Path("benchmarks/data/paper-2d.jsonl"), Path("benchmarks/data/synthetic-1d.jsonl")]
_CONFIDENCE = 0.95


def compare(curves: Sequence[Curve], seeds: int) -> dict[str, Any]:
    """Summaries with and without losses, and how many studies of each pair save more epochs with them."""
    found: dict[str, list[RecordedStudy]] = {"with_losses": [], "without_losses": []}
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(len(curves))
        whole = [curves[index] for index in order]
        epochs = len(curves[0].accuracies)
        rule = registry.create("tsgp", epochs=epochs, qat_epochs=QAT_EPOCHS, confidence=_CONFIDENCE, seed=seed)
        bare = [replace(one, losses=()) for one in whole]
        for name, curves_seen in (("with_losses", whole), ("without_losses", bare)):
            found[name].append(study(rule, curves_seen, QAT_EPOCHS))
        print(f"study {seed + 1} of {seeds}", flush=True)
    pairs = zip(found["with_losses"], found["without_losses"], strict=True)
    more = sum(one.saved > other.saved for one, other in pairs)
    return {**{name: summary(studies) for name, studies in found.items()}, "save_more_with_losses": more}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, default=Path("benchmarks/results/tsgp_losses.json"))
    parser.add_argument("--recordings", type=Path, nargs="+", default=_RECORDINGS)
    parser.add_argument("--seeds", type=int, default=20)
    arguments = parser.parse_args()
    found = {}
    for path in arguments.recordings:
        first = [one for one in read_recording(path).trainings if one.number % 2 == 0 and not one.repetition]
        curves = [curve(training) for training in first]
        print(f"{path.stem}: {len(curves)} trainings", flush=True)
        found[path.stem] = {"trainings": len(curves), "seeds": arguments.seeds, **compare(curves, arguments.seeds)}
    arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
