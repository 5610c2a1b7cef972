"""Shared parts of commands that start a study and wait for it: the dataset by its name, the progress bar, the end."""

import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, OutputWrapper
from django.db import InterfaceError, OperationalError, connection
from tqdm import tqdm

from webapp.models import Dataset, Study, Trial, Worker
from webapp.queries.budget import budget_of, live_workers
from webapp.queries.deliberation import searcher_of
from webapp.queries.pages.results import bests, results
from webapp.services.exports import write_study_summary
from webapp.services.persistence import persist

_ROUND_SECONDS = 0.5
_LOG_SECONDS = 15.0  # between lines where the bar goes to a file
_PATIENCE_SECONDS = 15.0  # workers that are just starting take this long to show themselves
_OVER = (Study.State.COMPLETED, Study.State.STOPPED, Study.State.FAILED)


def dataset_named(name: str) -> Dataset:
    """The dataset called `name`; CommandError with the names there are if there is none."""
    dataset = Dataset.objects.filter(name=name).first()
    if dataset is None:
        names = ", ".join(Dataset.objects.order_by("name").values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no dataset {name!r}. There are: {names}. Add one with `manage.py add_dataset`.")
    return dataset


@contextmanager
def going_on_without_command(study: Study, errors: OutputWrapper, *others: Study) -> Iterator[None]:
    """Ctrl-C ends the command with code 130 and reports that the study, and `others`, go on."""
    try:
        yield
    except KeyboardInterrupt:
        goes_on = f"The study {study.name} goes on without this command; stop it on its page."
        more = f" So do {', '.join(other.name for other in others)}." if others else ""
        errors.write(f"\n{goes_on}{more}")
        raise SystemExit(130) from None


def add_wait_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--wait", action="store_true", help="show progress until the study has ended")
    parser.add_argument("--json", type=Path, metavar="OUT", help="with --wait: write the results to this file")


def check_wait_arguments(options: Mapping[str, Any]) -> None:
    if options["json"] and not options["wait"]:
        raise CommandError("--json writes results, so it needs --wait.")


def wait_for(study: Study, path: Path | None, output: OutputWrapper) -> None:
    """Show progress until the study has ended, and write its results to `path`, if any.

    CommandError if it ended otherwise than completed.
    """
    _Watch(study).wait()
    persist(study.refresh_from_db)
    if path is not None:
        persist(partial(write_study_summary, study_id=study.pk, path=path))
        output.write(f"Results: {path}")
    if study.state != Study.State.COMPLETED:
        raise CommandError(f"The study {study.name} is {study.get_state_display()}: {study.reason}")


class _Watch:
    """Shows a study's progress until it has ended. An outage of the database is reported and waited out."""

    def __init__(self, study: Study) -> None:
        self._study = study
        pause = _ROUND_SECONDS if sys.stderr.isatty() else _LOG_SECONDS
        self._bar = tqdm(total=study.trial_budget, unit="trial", desc=study.name, mininterval=pause, miniters=0)
        self._began = time.monotonic()
        self._last_message: str = ""

    def wait(self) -> None:
        with self._bar:
            while not self._is_over():
                time.sleep(_ROUND_SECONDS)

    def _is_over(self) -> bool:
        try:
            self._study.refresh_from_db()
            self._show()
            self._report(self._missing_workers())
        except (OperationalError, InterfaceError):
            connection.close()
            self._report("The database is out of reach; waiting for it.")
            return False
        return self._study.state in _OVER

    def _show(self) -> None:
        budget = budget_of(self._study)
        self._bar.total = budget.budget
        best = bests(results(self._study)).by_reward
        shown = "-" if best is None else f"{best.reward:.3f}"
        running = ", ".join(self._named_and_running())
        more = {"now": running} if running else {}
        self._bar.set_postfix(state=self._study.get_state_display(), best=shown, **more, refresh=False)
        self._bar.update(budget.finished - self._bar.n)

    def _named_and_running(self) -> list[str]:
        """Phase and epoch of the running trials that have a name; there are few of those, and each takes long."""
        running = self._study.trials.filter(state=Trial.State.RUNNING).exclude(label="").order_by("number")
        return [f"{trial.label} {trial.phase} {trial.epoch}/{trial.epochs}" for trial in running if trial.epochs]

    def _missing_workers(self) -> str:
        if time.monotonic() - self._began < _PATIENCE_SECONDS or self._study.state != Study.State.RUNNING:
            return ""
        searchers = (searcher_of(self._study),) if self._study.kind == Study.Kind.SEARCH else ()
        missing = [role.value for role in (*searchers, Worker.Role.TRAINING) if not live_workers(role)]
        if not missing:
            return ""
        return f"No {' and no '.join(missing)} worker is alive: start them with `manage.py up`. The study waits."

    def _report(self, message: str) -> None:
        """Print the message once, above the bar."""
        if message and message != self._last_message:
            self._bar.write(message, file=sys.stderr)
        self._last_message = message
