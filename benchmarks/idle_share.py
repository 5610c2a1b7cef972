"""How much of their time trainers wait, in a real study of 24 trials with every process of one machine.

    python -m benchmarks.idle_share --json OUT [--trials 24] [--epochs 16]

A trainer is busy from a trial's claim to its result. Its idle share is what is left of the time between the first
claim and its own last result while trials of the study were still to be had: the tail, in which the other trainer
ends the last trial, is no waiting. Sound is synthetic; the networks are trained, quantised and scored for real.
"""

import argparse
import json
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.throw_away import data_folder, machine_up


def run_study(trials: int, epochs: int) -> int:
    """Create a synthetic set and a study, wait for its end, return its id."""
    from webapp.models import Study
    from webapp.services import datasets, studies

    dataset = datasets.create_synthetic(name="benchmark", seed=1)
    while dataset.state == dataset.State.PREPARING:
        time.sleep(1)
        dataset.refresh_from_db()
    draft = Study(name="benchmark", dataset=dataset, trial_budget=trials, full_epochs=epochs)
    study = studies.start(study_id=studies.create_study(study=draft, owner=None).pk)
    while study.state == Study.State.RUNNING:
        time.sleep(1)
        study.refresh_from_db()
    if study.state != Study.State.COMPLETED:
        raise RuntimeError(f"The study ended {study.state}: {study.reason}")
    return study.pk


def measure(study_id: int) -> dict[str, Any]:
    """Idle share of each trainer and of all together, from the trials' own times."""
    from webapp.models import Trial

    spans = defaultdict(list)
    for trial in Trial.objects.filter(study_id=study_id, finished_at__isnull=False, started_at__isnull=False):
        spans[trial.worker].append((trial.started_at, trial.finished_at))
    first = min(start for times in spans.values() for start, _ in times)
    busy = {name: sum((end - start).total_seconds() for start, end in times) for name, times in spans.items()}
    present = {name: (max(end for _, end in times) - first).total_seconds() for name, times in spans.items()}
    return {
        "trials": sum(len(times) for times in spans.values()),
        "trainers": len(spans),
        "seconds": round(max(present.values()), 1),
        "idle_share_by_trainer": {name: round(1 - busy[name] / present[name], 4) for name in sorted(spans)},
        "idle_share": round(1 - sum(busy.values()) / sum(present.values()), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--epochs", type=int, default=16, help="full training length of the study")
    arguments = parser.parse_args()
    with data_folder(), machine_up():
        result = measure(run_study(arguments.trials, arguments.epochs))
    arguments.json.write_text(json.dumps(result))


if __name__ == "__main__":
    main()
