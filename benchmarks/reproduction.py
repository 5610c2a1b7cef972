"""Finished trials trained once more: whether the files come out the same, bit for bit.

    python -m benchmarks.reproduction --json OUT [--trials 5] [--epochs 24] [--trainers 2]

Random networks of the paper's 2-D space are trained for real on a few synthetic clips, by all processes of a machine.
Everything is stopped and started again, so that other processes train the repetitions, which `manage.py reproduce`
requests, waits for and compares. Reported: both hashes of each trial, and its verdict.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.simulated_study import Settings, add_few_sounds, start_study, wait_until_ended
from benchmarks.throw_away import BASE, data_folder, machine_up


def wait_for_trainers() -> None:
    from webapp.models import Worker
    from webapp.queries.budget import live_workers

    while not live_workers(Worker.Role.TRAINING):
        time.sleep(0.2)


def reproduced(study_id: int, numbers: Sequence[int]) -> None:
    """Have `manage.py reproduce` train and compare these trials; prints its output."""
    command = [sys.executable, str(BASE / "manage.py"), "reproduce", *(f"{study_id}/{number}" for number in numbers)]
    subprocess.run(command, cwd=BASE, check=False)  # code 1: some differ, which is reported


def outcomes(study_id: int) -> list[dict[str, Any]]:
    """Hashes, verdict and seconds of each trial and its repetition."""
    from webapp.models import Trial
    from webapp.queries.reproduction import outcome

    rows = []
    for trial in Trial.objects.filter(study=study_id, state=Trial.State.COMPLETED).order_by("number"):
        found = outcome(trial, Trial.objects.get(reproduces=trial, state=Trial.State.COMPLETED))
        rows.append(
            {
                "trial": trial.number,
                "architecture": trial.architecture_id[:12],
                "sha256": [found.first.sha256, found.second.sha256],
                "identical": found.is_identical,
                "verdict": found.verdict,
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--trainers", type=int, default=2)
    given = parser.parse_args()
    with data_folder() as folder:
        trainers = ("--trainers", str(given.trainers))
        with machine_up(*trainers):
            add_few_sounds(folder / "sounds", train_clips=40, eval_clips=10)
            study_id = start_study("reproduction", Settings(given.trials, "random", epochs=given.epochs))
            wait_until_ended(study_id, given.trials)
        with machine_up(*trainers):
            wait_for_trainers()
            reproduced(study_id, range(1, given.trials + 1))
            rows = outcomes(study_id)
    identical = sum(row["identical"] for row in rows)
    given.json.write_text(json.dumps({"trials": len(rows), "identical": identical, "pairs": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
