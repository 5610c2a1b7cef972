"""`manage.py reproduce STUDY/NUMBER...`: train completed trials again, and report whether they come out the same."""

import time
from argparse import ArgumentParser, BooleanOptionalAction
from collections.abc import Callable, Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from webapp.management.named_trials import FORM, FORM_HELP, trial_named
from webapp.management.plain_errors import plain_errors
from webapp.management.progress import Line
from webapp.models import Trial, Worker
from webapp.queries.budget import live_workers
from webapp.queries.reproduction import outcome
from webapp.services.persistence import persist
from webapp.services.reproduction import reproduce
from webapp.storage import hash_in_name

_ROUND_SECONDS = 0.5
_PATIENCE_SECONDS = 60.0  # for which no worker may be alive while one is restarted
_NO_WORKER = "No training worker is alive: start the workers with `manage.py up`, or train here with --here."


class Command(BaseCommand):
    help = (
        "Train completed trials again with the same seed, settings and data, and compare curve, weights, file and int8 "
        "accuracy bit for bit. Ends with code 0 if all came out the same, else with 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("trials", nargs="+", metavar=FORM, help=FORM_HELP)
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--wait", action=BooleanOptionalAction, default=True, help="wait for the workers; with --no-wait, request"
        )
        how.add_argument("--here", action="store_true", help="train in this process; no worker is needed")

    def handle(self, *args: Any, **options: Any) -> None:
        with plain_errors():
            originals = [trial_named(text) for text in options["trials"]]
            if not options["here"] and options["wait"] and not live_workers(Worker.Role.TRAINING):
                raise CommandError(_NO_WORKER)
            repetitions = _request(originals)
            for one in repetitions:
                self.stdout.write(f"Trial {one.number} of {one.study.name} ({one.study_id}/{one.number}): {one.label}.")
            if options["here"] or options["wait"]:
                self._compare(originals, repetitions, _train_here if options["here"] else _Waiting())

    def _compare(
        self, originals: Sequence[Trial], repetitions: Sequence[Trial], advance: Callable[[Trial], None]
    ) -> None:
        try:
            ended = [_ended(repetition, advance) for repetition in repetitions]
        except KeyboardInterrupt:
            self.stderr.write("\nThe repetitions go on without this command; stop them on the page of their study.")
            raise SystemExit(130) from None
        pairs = list(zip(originals, ended, strict=True))
        different = sum(not self._report(*pair) for pair in pairs)
        if different:
            raise CommandError(f"{different} of {len(pairs)} did not come out the same.")
        self.stdout.write(self.style.SUCCESS(f"All {len(pairs)} came out the same, bit for bit."))

    def _report(self, original: Trial, repetition: Trial) -> bool:
        """Print both hashes and the verdict; whether the two are identical."""
        self.stdout.write(f"Trial {original.number} of {original.study.name}")
        if repetition.state != Trial.State.COMPLETED:
            self.stdout.write(f"  not reproduced: {repetition.label} is {repetition.state_label}. {repetition.reason}")
            return False
        for trial in (original, repetition):
            self.stdout.write(f"  sha256 {hash_in_name(str(trial.tflite.name))}  trial {trial.study_id}/{trial.number}")
        found = outcome(original, repetition)
        self.stdout.write(f"  {found.verdict}")
        return found.is_identical


def _request(originals: Sequence[Trial]) -> list[Trial]:
    """Request all repetitions, or none where one cannot be."""
    with transaction.atomic():
        return [reproduce(trial_id=original.pk) for original in originals]


def _ended(repetition: Trial, advance: Callable[[Trial], None]) -> Trial:
    """The repetition, or the retry that followed it, once it has ended."""
    line = Line()
    trial = _current(repetition.pk)
    while trial.state in Trial.OPEN:
        epoch = f", epoch {trial.epoch} of {trial.epochs}" if trial.epochs else ""
        line.show(f"{trial.label}: {trial.phase or trial.state_label}{epoch}")
        advance(trial)
        trial = _current(trial.pk)
    line.end(f"{trial.label}: {trial.state_label}")
    return trial


def _current(trial_id: int) -> Trial:
    trials = Trial.objects.select_related("study", "reproduces", "retry__study", "retry__reproduces")
    trial = persist(lambda: trials.get(pk=trial_id))
    return getattr(trial, "retry", None) or trial


def _train_here(trial: Trial) -> None:
    from webapp.worker.here import evaluate_here  # Celery and its signals, for this way alone

    if trial.state == Trial.State.REQUESTED:
        evaluate_here(trial.pk, threads=trial.reproduces.environment.get("threads", "1"))
    else:
        time.sleep(_ROUND_SECONDS)  # a worker was faster


class _Waiting:
    """Lets time pass. CommandError once no worker has been alive for a while."""

    def __init__(self) -> None:
        self._alive_at = time.monotonic()

    def __call__(self, trial: Trial) -> None:
        time.sleep(_ROUND_SECONDS)
        if persist(lambda: live_workers(Worker.Role.TRAINING)):
            self._alive_at = time.monotonic()
        elif time.monotonic() - self._alive_at > _PATIENCE_SECONDS:
            raise CommandError(f"{_NO_WORKER} {trial.label} waits for them, as requested.")
