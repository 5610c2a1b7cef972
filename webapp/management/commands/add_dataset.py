"""`manage.py add_dataset PATH --name N`: prepare a folder or list of clips on this machine."""

import json
import os
import shlex
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from nas_engine.audio.checks import SPLITS
from nas_engine.audio.layouts.mapping import ListMapping
from nas_engine.errors import BadDataset
from webapp.forms.dataset import ESC50_CHOICES, ESC50_HELP, InputForm, LicenceForm, ReadingForm
from webapp.forms.study_file import errors_in_words
from webapp.management.plain_errors import plain_errors
from webapp.models import Dataset
from webapp.services import datasets, preparation

_SHOWN_PER_KIND = 5


class Command(BaseCommand):
    help = (
        "Add a dataset from a list of clips (CSV, JSON, JSON lines: path, class, split, group), from folders "
        "split/class/*.wav|flac|ogg|mp3, or from a published set as it comes; a .zip of one of these will do, too."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--name", required=True, help="how the dataset will be called")
        for name, field in InputForm.base_fields.items():
            choices = [value for value, _ in getattr(field, "choices", ())] or None
            help_text = f"{field.help_text} Default: {field.initial}."
            parser.add_argument(f"--{name.replace('_', '-')}", choices=choices, help=help_text)
        licence = LicenceForm.base_fields["licence"]
        parser.add_argument("--licence", default="", metavar="TEXT", help=licence.help_text)
        classes = [value for value, _ in ESC50_CHOICES if value]
        parser.add_argument("--esc50-classes", choices=classes, help=ESC50_HELP)
        parser.add_argument(
            "--mapping",
            metavar="JSON",
            help='columns of a list as JSON or a file of it, such as {"path": "file", "label": "kind"}',
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["path"].expanduser().resolve()
        if not path.exists():
            raise CommandError(f"There is no file or folder {path}.")
        form, licence = ReadingForm(options), LicenceForm(options)
        for filled in (form, licence):
            if not filled.is_valid():
                raise CommandError(errors_in_words(filled))
        with plain_errors():
            reading = form.reading | _mapping(options["mapping"])
            dataset = datasets.create_from_folder(
                name=options["name"],
                path=path,
                owner=None,
                frontend=form.frontend,
                reading=reading,
                licence=licence.cleaned_data["licence"],
            )
            try:
                with _Bar() as bar:
                    preparation.prepare(dataset_id=dataset.pk, worker=f"add_dataset#{os.getpid()}", on_progress=bar)
            except KeyboardInterrupt:
                datasets.delete(dataset_id=dataset.pk)
                raise CommandError(f"Interrupted: {dataset.name} was not added.") from None
            self._report(Dataset.objects.get(pk=dataset.pk))

    def _report(self, dataset: Dataset) -> None:
        if dataset.state != Dataset.State.READY:
            error, hint = dataset.error, _hint(dataset.columns)
            datasets.delete(dataset_id=dataset.pk)  # so that another attempt can have the name
            raise CommandError(f"{dataset.name} was not added. {error}{hint}")
        width = max(len(name) for name in ["class", *dataset.classes])
        self.stdout.write("class".ljust(width) + "".join(split.rjust(8) for split in SPLITS))
        for name in dataset.classes:
            counts = "".join(str(dataset.counts.get(split, {}).get(name, 0)).rjust(8) for split in SPLITS)
            self.stdout.write(name.ljust(width) + counts)
        self._list_problems(dataset.problems)
        self.stdout.write(self.style.SUCCESS(f"{dataset.name} is ready: {dataset.clips.count()} clips."))

    def _list_problems(self, problems: list[dict[str, str]]) -> None:
        shown: Counter[str] = Counter()
        for problem in problems:
            shown[problem["kind"]] += 1
            if shown[problem["kind"]] <= _SHOWN_PER_KIND:
                self.stdout.write(f"{problem['severity']}: {problem['where']}: {problem['message']}")
        for kind, count in shown.items():
            if count > _SHOWN_PER_KIND:
                self.stdout.write(
                    f"... and {count - _SHOWN_PER_KIND} more of kind {kind}; the dataset's page lists them."
                )


def _mapping(given: str | None) -> dict[str, Any]:
    """Option of the mapping that is given as JSON or as a file of it. Raises BadDataset."""
    if not given:
        return {}
    try:
        text = given if given.lstrip().startswith("{") else Path(given).expanduser().read_text(encoding="utf-8")
        return {"mapping": ListMapping.from_json(json.loads(text)).to_json()}
    except (OSError, ValueError, RecursionError) as error:
        raise BadDataset(
            f"--mapping: '{given[:100]}' is neither JSON nor a file of JSON ({str(error)[:100]})."
        ) from error


def _hint(columns: dict[str, Any] | None) -> str:
    """Commands' options that a shell accepts: the proposed mapping, and the folders as classes."""
    if not columns:
        return ""
    mappings = [columns["proposal"]] if "label" in columns["proposal"] else []
    mappings.append({"ignore_lists": True})
    options = [f"--mapping {shlex.quote(json.dumps(mapping, ensure_ascii=False))}" for mapping in mappings]
    rows = "\n".join("  " + " | ".join(row) for row in (columns["names"], *columns["rows"]))
    return f"\nIts first rows:\n{rows}\nAdd one of:\n  " + "\n  ".join(options)


class _Bar:
    """One tqdm bar a phase."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None
        self._phase = ""

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def __call__(self, done: int, total: int, phase: str) -> None:
        if phase != self._phase or self._bar is None:
            self.__exit__()
            self._phase, self._bar = phase, tqdm(total=total or None, desc=phase, unit="clip", leave=True)
        self._bar.update(done - self._bar.n)
