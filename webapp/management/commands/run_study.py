"""`manage.py run_study FILE --dataset N`: start a study without a browser, and perhaps wait for it."""

import sys
import time
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Max
from tqdm import tqdm

from webapp.forms.study_file import StudyFileError, errors_in_words, form_from_file, read_study_file, settings_from
from webapp.management.plain_errors import plain_errors
from webapp.models import Dataset, Study, Worker
from webapp.queries.budget import budget_of, live_workers
from webapp.services import studies
from webapp.services.exports import write_study_summary
from webapp.services.persistence import persist

_ROUND_SECONDS = 0.5
_LOG_SECONDS = 15.0  # between lines where the bar goes to a file
_PATIENCE_SECONDS = 15.0  # workers that are just starting take this long to show themselves
_OVER = (Study.State.COMPLETED, Study.State.STOPPED, Study.State.FAILED)


class Command(BaseCommand):
    help = "Create and start a study from a study file; the same fields as in the browser."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a study file such as studies/quick.toml")
        parser.add_argument("--dataset", help="name of the dataset; overrides the file's")
        parser.add_argument(
            "--set", action="append", default=[], metavar="FIELD=VALUE", help="override a field, e.g. trials=12"
        )
        parser.add_argument("--wait", action="store_true", help="show progress until the study has ended")
        parser.add_argument("--json", type=Path, metavar="OUT", help="with --wait: write the results to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["json"] and not options["wait"]:
            raise CommandError("--json writes results, so it needs --wait.")
        with plain_errors():
            study = _create(options["file"], options["dataset"], options["set"])
            try:
                self._run(study, options["wait"], options["json"])
            except KeyboardInterrupt:
                self.stderr.write(f"\nThe study {study.name} goes on without this command; stop it on its page.")
                raise SystemExit(130) from None

    def _run(self, study: Study, wait: bool, path: Path | None) -> None:
        studies.start(study_id=study.pk)
        self.stdout.write(f"Study {study.pk} ({study.name}) has started: {study.trial_budget} trials.")
        if wait:
            _Watch(study).wait()
            self._finish(study, path)

    def _finish(self, study: Study, path: Path | None) -> None:
        persist(study.refresh_from_db)
        if path is not None:
            persist(partial(write_study_summary, study_id=study.pk, path=path))
            self.stdout.write(f"Results: {path}")
        if study.state != Study.State.COMPLETED:
            raise CommandError(f"The study {study.name} is {study.get_state_display()}: {study.reason}")
        self.stdout.write(self.style.SUCCESS(f"The study {study.name} is completed. {study.reason}"))


def _create(path: Path, dataset_name: str | None, overrides: list[str]) -> Study:
    if not path.is_file():
        raise CommandError(f"There is no study file {path}.")
    try:
        settings = read_study_file(path) | _overrides(overrides)
        settings["name"] = studies.free_name(str(settings.get("name") or path.stem))
        form = form_from_file(settings, _dataset(dataset_name))
    except StudyFileError as error:
        raise CommandError(f"{path}: {error}") from error
    if not form.is_valid():
        raise CommandError(f"{path}: {errors_in_words(form)}")
    return studies.create_study(study=form.save(commit=False), owner=None)


def _overrides(assignments: list[str]) -> dict[str, Any]:
    values = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise CommandError(f"--set takes FIELD=VALUE, such as trials=12, not {assignment!r}.")
        values[name.strip()] = value.strip()
    return settings_from(values)


def _dataset(name: str | None) -> Dataset | None:
    if name is None:
        return None
    dataset = Dataset.objects.filter(name=name).first()
    if dataset is None:
        names = ", ".join(Dataset.objects.order_by("name").values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no dataset {name!r}. There are: {names}. Add one with `manage.py add_dataset`.")
    return dataset


class _Watch:
    """Shows a study's progress until it has ended. An outage of the database is told and waited out."""

    def __init__(self, study: Study) -> None:
        self._study = study
        pause = _ROUND_SECONDS if sys.stderr.isatty() else _LOG_SECONDS
        self._bar = tqdm(total=study.trial_budget, unit="trial", desc=study.name, mininterval=pause, miniters=0)
        self._began = time.monotonic()
        self._told: str = ""

    def wait(self) -> None:
        with self._bar:
            while not self._is_over():
                time.sleep(_ROUND_SECONDS)

    def _is_over(self) -> bool:
        try:
            self._study.refresh_from_db()
            self._show()
            self._tell(self._missing_workers())
        except (OperationalError, InterfaceError):
            connection.close()
            self._tell("The database is out of reach; waiting for it.")
            return False
        return self._study.state in _OVER

    def _show(self) -> None:
        budget = budget_of(self._study)
        self._bar.total = budget.budget
        best = self._study.trials.aggregate(best=Max("reward"))["best"]
        shown = "-" if best is None else f"{best:.3f}"
        self._bar.set_postfix(state=self._study.get_state_display(), best=shown, refresh=False)
        self._bar.update(budget.finished - self._bar.n)

    def _missing_workers(self) -> str:
        if time.monotonic() - self._began < _PATIENCE_SECONDS or self._study.state != Study.State.RUNNING:
            return ""
        missing = [role.value for role in (Worker.Role.SEARCH, Worker.Role.TRAINING) if not live_workers(role)]
        if not missing:
            return ""
        return f"No {' and no '.join(missing)} worker is alive: start them with `manage.py up`. The study waits."

    def _tell(self, message: str) -> None:
        """Say it once, above the bar."""
        if message and message != self._told:
            self._bar.write(message, file=sys.stderr)
        self._told = message
