"""Idle share of trainers in a study with every process of one machine.

    python -m benchmarks.idle_share --json OUT [--trials 24] [--epochs 16]
    python -m benchmarks.idle_share --json OUT --simulated-seconds 20 [--trials 64] [--workers 8]
        [--designer gaussian_process] [--finished 960]

A trainer is busy from a trial's claim to its result. Its idle share is the rest of the time between the first claim and
its own last result; the end of the study, in which only another trainer has a trial left, is not counted. Sound is
synthetic; the networks are trained, quantised and evaluated.
With `--simulated-seconds` nothing is trained: a trial sleeps about so long, in ten parts. The study has many finished
trials already (the tests' rows: results simulated, shapes real), whose history its designer must process first. Its
beginning is thus unlike a real study's: no trainer is busy, and the first suggestions are made for all of them at once.
`idle_share_at_work` leaves that out: it counts each trainer from the moment when the last one had its first trial.
"""

import argparse
import json
import os
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.simulated_study import Settings, add_few_sounds, simulating, wait_until_ended
from benchmarks.throw_away import data_folder, machine_up

Spans = defaultdict[str, list[tuple[datetime, datetime]]]


def run_study(trials: int, epochs: int) -> int:
    """Create a synthetic set and a study, wait for its end, return its id."""
    from webapp.models import Study
    from webapp.services import datasets, studies

    dataset = datasets.create_synthetic(name="benchmark", seed=1)
    while dataset.state == dataset.State.PREPARING:
        time.sleep(1)
        dataset.refresh_from_db()
    draft = Study(
        name="benchmark",
        dataset=dataset,
        trial_budget=trials,
        full_epochs=epochs,
        early_stopping=Study.EarlyStopping.NONE,
    )
    study = studies.start(study_id=studies.create_study(study=draft, owner=None).pk)
    while study.state == Study.State.RUNNING:
        time.sleep(1)
        study.refresh_from_db()
    if study.state != Study.State.COMPLETED:
        raise RuntimeError(f"The study ended {study.state}: {study.reason}")
    return study.pk


def run_simulated(settings: Settings, finished: int) -> int:
    """Make a study with finished trials, run `settings.trials` more, return its id."""
    from tests.webapp.factories import make_study
    from webapp.models import Dataset

    study = make_study(
        completed=finished,
        dataset=Dataset.objects.get(name="sounds"),
        designer=settings.designer,
        full_epochs=settings.epochs,
        state="RUNNING",
        trial_budget=finished + settings.trials,
    )
    wait_until_ended(study.pk, finished + settings.trials)
    return study.pk


def measure(study_id: int, after: int = 0) -> dict[str, Any]:
    """Idle share of each trainer and of all together, from the times of the trials after number `after`."""
    from webapp.models import Trial

    spans: Spans = defaultdict(list)
    ended = Trial.objects.filter(study_id=study_id, number__gt=after, finished_at__isnull=False)
    for trial in ended.filter(started_at__isnull=False):
        spans[trial.worker].append((trial.started_at, trial.finished_at))
    first_claims = [min(start for start, _ in times) for times in spans.values()]
    by_trainer = {name: _idle(spans[name], min(first_claims)) for name in sorted(spans)}
    return {
        "trials": sum(len(times) for times in spans.values()),
        "trainers": len(spans),
        "seconds": round(max(present for _, present in by_trainer.values()), 1),
        "seconds_until_all_had_a_trial": round((max(first_claims) - min(first_claims)).total_seconds(), 1),
        "idle_share_by_trainer": {name: round(idle / present, 4) for name, (idle, present) in by_trainer.items()},
        "idle_share": _share(by_trainer.values()),
        "idle_share_at_work": _share([_idle(times, max(first_claims)) for times in spans.values()]),
    }


def _idle(times: Sequence[tuple[datetime, datetime]], since: datetime) -> tuple[float, float]:
    """Idle seconds and all seconds of a trainer from `since` to its last result."""
    present = (max(end for _, end in times) - since).total_seconds()
    busy = sum((end - max(start, since)).total_seconds() for start, end in times if end > since)
    return present - busy, present


def _share(seconds: Iterable[tuple[float, float]]) -> float:
    idle, present = map(sum, zip(*seconds, strict=True))
    return round(idle / present, 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--epochs", type=int, default=16, help="full training length of the study")
    parser.add_argument("--simulated-seconds", type=float, help="duration of a trial, which sleeps")
    parser.add_argument("--workers", type=int, default=8, help="simulated: trainers")
    parser.add_argument("--designer", default="gaussian_process", help="simulated: name of the designer")
    parser.add_argument("--finished", type=int, default=960, help="simulated: trials that have ended before")
    arguments = parser.parse_args()
    with data_folder() as folder:
        if arguments.simulated_seconds is None:
            with machine_up():
                result = measure(run_study(arguments.trials, arguments.epochs))
        else:
            settings = Settings(arguments.trials, arguments.designer)
            with simulating(0, 0.0):
                add_few_sounds(folder / "clips")
            with simulating(arguments.workers, arguments.simulated_seconds / settings.reports) as machine:
                result = measure(run_simulated(settings, arguments.finished), after=arguments.finished)
                result["processor_seconds"] = machine.processor_seconds()
    result["load_afterwards"] = os.getloadavg()
    print(json.dumps(result, indent=1))
    arguments.json.write_text(json.dumps(result))


if __name__ == "__main__":
    main()
