"""Study through every process of one machine with simulated training: results are simulated, trials sleep.

Import before anything of `webapp`.
"""

import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.throw_away import BASE, RunningMachine, machine_up
from nas_engine.trial_plan import trial_epochs

_PAGE_EVERY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a study. A simulated trial reports three quarters of `epochs`, rounded up, plus seven times."""

    trials: int
    designer: str
    switch_at: int = 1_000
    epochs: int = 4
    seed: int = 1

    @property
    def reports(self) -> int:
        return trial_epochs(self.epochs) + 7


@contextmanager
def simulating(workers: int, report_seconds: float) -> Iterator[RunningMachine]:
    """All processes of a machine with simulated training: a trial sleeps `report_seconds` at each report."""
    os.environ |= {"EARSHOT_EVALUATOR": "simulated", "EARSHOT_SIMULATED_EPOCH_SECONDS": str(report_seconds)}
    with machine_up("--trainers", str(workers)) as machine:
        yield machine


def add_few_sounds(folder: Path, *, train_clips: int = 2, eval_clips: int = 1) -> None:
    """A dataset named "sounds" of a few synthetic clips, so many of each class."""
    from nas_engine.audio.synthesis.generator import Recipe, synthesise

    few = Recipe(train_clips_per_class=train_clips, eval_clips_per_class=eval_clips, test_clips_per_class=1)
    synthesise(folder, 1, lambda done, total, phase: None, recipe=few)
    command = [sys.executable, str(BASE / "manage.py"), "add_dataset", str(folder), "--name", "sounds"]
    subprocess.run(command, check=True, cwd=BASE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def start_study(name: str, settings: Settings) -> int:
    """Start a study and return its id."""
    from webapp.models import Dataset, Study
    from webapp.services import studies

    draft = Study(
        name=name,
        dataset=Dataset.objects.get(name="sounds"),
        trial_budget=settings.trials,
        designer=settings.designer,
        early_stopping=Study.EarlyStopping.NONE,
        switch_at=settings.switch_at,
        full_epochs=settings.epochs,
        seed=settings.seed,
    )
    return studies.start(study_id=studies.create_study(study=draft, owner=None).pk).pk


def wait_until_ended(study_id: int, trials: int) -> None:
    """Wait until so many trials have ended. Raises RuntimeError when the study ends before."""
    from webapp.models import Study
    from webapp.queries.budget import budget_of

    while budget_of(study := Study.objects.get(pk=study_id)).finished < trials:
        if study.state not in (Study.State.RUNNING, Study.State.COMPLETED):
            raise RuntimeError(f"The study is {study.state}: {study.reason}")
        time.sleep(0.2)


def account_of(study_id: int) -> dict[str, Any]:
    """Whether every trial is accounted for: numbers, states, budget, and networks trained more than once."""
    from django.db.models import Q

    from nas_engine.architecture import Architecture
    from webapp.models import Study, Trial
    from webapp.queries.budget import budget_of

    study = Study.objects.get(pk=study_id)
    rows = list(study.trials.order_by("number").values_list("number", "state", "architecture__spec", "finished_at"))
    trained = [
        Architecture.from_json(spec).network_hash for _, state, spec, _ in rows if state in ("COMPLETED", "STOPPED")
    ]
    budget = budget_of(study)
    return {
        "study_state": study.state,
        "trials_by_state": dict(Counter(state for _, state, _, _ in rows)),
        "budget": budget.budget,
        "counted": budget.counted,
        "open": budget.open,
        "gaps_in_numbers": len(set(range(1, len(rows) + 1)) ^ {number for number, *_ in rows}),
        "without_an_end": sum(finished is None for *_, finished in rows),
        "failed_without_retry": study.trials.filter(Q(state=Trial.State.FAILED, retry=None, retried_from=None)).count(),
        "networks_trained_twice": len(trained) - len(set(trained)),
        "duplicates_answered": study.duplicates_answered,
        "best_reward": max(filter(None, study.trials.values_list("reward", flat=True)), default=None),
    }


def sequence_of(study_id: int) -> list[tuple[str, float]]:
    """(architecture, reward) of the completed trials; a retry takes the place of its original."""
    from django.db.models.functions import Coalesce

    from webapp.models import Study

    turns = Study.objects.get(pk=study_id).trials.annotate(turn=Coalesce("retried_from__number", "number"))
    return list(turns.filter(state="COMPLETED").order_by("turn").values_list("architecture_id", "reward"))


class Visitor:
    """Client that loads the study's page repeatedly."""

    def __init__(self, study_id: int) -> None:
        from django.contrib.auth.models import User
        from django.test import Client

        client = Client()
        client.force_login(User.objects.get_or_create(username="visitor")[0])
        self._cookie = f"sessionid={client.cookies['sessionid'].value}"
        self._path = f"/studies/{study_id}/"
        self.seconds: list[float] = []
        self.failures: list[str] = []

    @contextmanager
    def looking_at(self, machine: RunningMachine) -> Iterator[None]:
        stopped = threading.Event()
        address = machine.address.rstrip("/") + self._path
        thread = threading.Thread(target=self._look, args=(address, stopped.wait), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()

    def _look(self, address: str, wait: Callable[[float], bool]) -> None:
        request = urllib.request.Request(address, headers={"Cookie": self._cookie})
        while not wait(_PAGE_EVERY_SECONDS):
            began = time.monotonic()
            try:
                with urllib.request.urlopen(request, timeout=30) as response:
                    response.read()
                self.seconds.append(time.monotonic() - began)
            except OSError as error:
                self.failures.append(str(error))
