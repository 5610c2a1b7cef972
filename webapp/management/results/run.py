"""The steps of a run of results. Each looks at what there is and does what is missing: any of them may repeat."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction

from webapp.management.results.finalists import (
    WAITING,
    containers_of,
    name_in_journal,
    repetitions_of,
    request_finals,
    restore_seeds,
)
from webapp.management.results.journal import Journal
from webapp.management.results.lines import TRIAL
from webapp.management.results.lost_networks import being_repeated, request_lost
from webapp.management.results.openings import open_missing, opening_lines, restore_openings
from webapp.management.results.plan import Plan
from webapp.management.results.searches import ensure_comparison, ensure_searches, resumed
from webapp.management.results.streams import evaluate_missing, networks_without_evaluation, reopen_failed
from webapp.management.results.troubles import failed_studies, failures_of, waiting_studies
from webapp.models import Dataset, Study, Trial
from webapp.services.restoring import ENDED, trial_as_values

State = Study.State


class ResultsRun:
    """The run of `plan` on a READY data set, with its journal. Studies that are paused or failed are resumed.

    Raises JournalError where the journal or studies of the same names are of another run.
    """

    def __init__(self, dataset: Dataset, plan: Plan, journal: Journal) -> None:
        self._plan = plan
        self._journal = journal
        self._kept = list(journal.lines())
        self.searches = ensure_searches(dataset, plan, self._kept)
        self.comparison = ensure_comparison(self.searches)
        for container in self._containers():
            resumed(container)
        reopen_failed(self.searches)

    def advance(self) -> str | None:
        """Write down what has ended and begin what can begin; what is under way in words, None when nothing is left.

        A search that failed ends the run before its finalists are chosen; `failures` states it.
        """
        self._write_down()
        stage = self._step()
        self._write_down_openings()  # those that the step began, or that ended meanwhile
        return stage

    def _step(self) -> str | None:
        if self._states(self.searches) - {State.COMPLETED, State.STOPPED, State.FAILED}:
            trials = self._plan.trials * len(self.searches)
            return self._stage(f"searches: {self._ended_in(self.searches)} of {trials} trials", self.searches)
        if failed_studies(self.searches):
            return None
        with transaction.atomic():  # a worker sees only what the journal does not have
            request_finals(self.searches, self._plan)
            containers = containers_of(self.searches)
            restore_seeds(containers, self._kept, self._journal)
        waiting = Trial.objects.filter(study__in=containers, state__in=Trial.OPEN).count()
        if waiting or self._states(containers) & set(WAITING):
            trained = self._ended_in(containers)
            return self._stage(f"finalists and baselines: {trained} trained, {waiting} to go", containers)
        if failed_studies(containers):
            return None
        restore_openings(containers, self._kept)
        pending = open_missing(self.searches, self._kept)
        if pending:
            return f"test split: {pending} networks being evaluated"
        return self._on_streams(containers)

    def _on_streams(self, containers: Sequence[Study]) -> str | None:
        unheard = networks_without_evaluation(self.searches)
        with transaction.atomic():
            request_lost(unheard)
            restore_seeds(repetitions_of(containers), self._kept, self._journal)
        repeated = being_repeated(unheard)
        if repeated:
            stage = f"streams: {repeated} networks, whose files are lost, being trained again"
            return self._stage(stage, repetitions_of(containers))
        listening = evaluate_missing(self.searches)
        return f"streams: {listening} networks being evaluated" if listening else None

    def failures(self) -> list[str]:
        """What has failed so far, each with its reason and what to do."""
        return failures_of(self.searches)

    def _stage(self, stage: str, studies: Sequence[Study]) -> str:
        return " ".join([f"{stage}.", *failed_studies(studies), *waiting_studies(studies)]).removesuffix(".")

    def _containers(self) -> list[Study]:
        """Studies of what is trained after the searches."""
        finals = containers_of(self.searches)
        return [*finals, *repetitions_of(finals)]

    def _write_down(self) -> None:
        containers = self._containers()
        for study in containers:
            for name in study.trials.filter(state=Trial.State.COMPLETED).values_list("tflite", flat=True):
                if not self._journal.has_network(name) and default_storage.exists(name):
                    with default_storage.open(name) as stored:
                        self._journal.add_network(name, stored.read())
        for line in self._ended_trials(containers):
            self._journal.add(line)
        self._write_down_openings()

    def _write_down_openings(self) -> None:
        for line in opening_lines(containers_of(self.searches)):
            self._journal.add(line)

    def _ended_trials(self, containers: Iterable[Study]) -> Iterator[dict[str, Any]]:
        for study in (*self.searches, *containers):
            name = name_in_journal(study)
            rows = study.trials.filter(state__in=ENDED).select_related("architecture").order_by("number")
            yield from ({"kind": TRIAL, "study": name, **trial_as_values(trial)} for trial in rows)

    def _states(self, rows: Iterable[Study]) -> set[str]:
        return set(Study.objects.filter(pk__in=[study.pk for study in rows]).values_list("state", flat=True))

    def _ended_in(self, rows: Iterable[Study]) -> int:
        return Trial.objects.filter(study__in=list(rows), state__in=ENDED).count()
