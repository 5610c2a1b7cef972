"""`manage.py run_study FILE --dataset N`: start a study without a browser, and perhaps wait for it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import pluralize

from webapp.forms.scale import ScaleError, consequences, scale_of, scaled
from webapp.forms.study_file import StudyFileError, errors_in_words, form_from_file, read_study_file, settings_from
from webapp.management.plain_errors import plain_errors
from webapp.management.watch import (
    add_wait_arguments,
    check_wait_arguments,
    dataset_named,
    going_on_without_command,
    wait_for,
)
from webapp.models import Study
from webapp.services import studies


class Command(BaseCommand):
    help = "Create and start a study from a study file; the same fields as in the browser."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a study file such as studies/quick.toml")
        parser.add_argument("--dataset", help="name of the dataset; overrides the file's")
        parser.add_argument(
            "--set", action="append", default=[], metavar="FIELD=VALUE", help="override a field, e.g. trials=12"
        )
        parser.add_argument(
            "--scale", default="1", help="share of the file's trials, switch point and epochs, such as 0.1 or 10%%"
        )
        add_wait_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        check_wait_arguments(options)
        with plain_errors():
            study, smaller = _create(options["file"], options["dataset"], options["set"], options["scale"])
            if smaller:
                self.stdout.write(smaller)
            with going_on_without_command(study, self.stderr):
                studies.start(study_id=study.pk)
                trials = f"{study.trial_budget} trial{pluralize(study.trial_budget)}"
                self.stdout.write(f"Study {study.pk} ({study.name}) has started: {trials}.")
                if options["wait"]:
                    wait_for(study, options["json"], self.stdout)
                    self.stdout.write(self.style.SUCCESS(f"The study {study.name} is completed. {study.reason}"))


def _create(path: Path, dataset_name: str | None, overrides: list[str], scale: str) -> tuple[Study, str]:
    """The study, and what its scale changes, in words."""
    if not path.is_file():
        raise CommandError(f"There is no study file {path}.")
    try:
        values, overridden, share = read_study_file(path), _overrides(overrides), scale_of(scale)
        settings = scaled(values, share) | overridden
        settings["name"] = studies.free_name(str(settings.get("name") or path.stem))
        form = form_from_file(settings, dataset_named(dataset_name) if dataset_name else None)
    except StudyFileError as error:
        raise CommandError(f"{path}: {error}") from error
    except ScaleError as error:
        raise CommandError(f"--scale: {error}") from error
    if not form.is_valid():
        raise CommandError(f"{path}: {errors_in_words(form)}")
    smaller = consequences({name: value for name, value in values.items() if name not in overridden}, share)
    return studies.create_study(study=form.save(commit=False), owner=None), smaller


def _overrides(assignments: list[str]) -> dict[str, Any]:
    values = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise CommandError(f"--set takes FIELD=VALUE, such as trials=12, not {assignment!r}.")
        values[name.strip()] = value.strip()
    return settings_from(values)
