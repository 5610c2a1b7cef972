"""The demo's dataset and study: made if absent, taken up where an earlier demo left them."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Max

from webapp.forms.study_file import errors_in_words, form_from_file
from webapp.management.progress import Line
from webapp.models import Dataset, Study, Trial
from webapp.queries.accuracy import above_chance, evaluation_split
from webapp.queries.budget import budget_of
from webapp.services import datasets, preparation, studies
from webapp.services.jobs import OPTION_FOLDER

SYNTHETIC_NAME = "Synthetic sounds"
_ROUND_SECONDS = 0.5
_WORKER = "demo#"  # and the process id of the guide


class DemoError(Exception):
    """The demo cannot go on; the message states why and what to do."""


def ensure_dataset(path: Path | None, owner: AbstractBaseUser, line: Line) -> Dataset:
    """A READY dataset: of the clips in `path`, else synthetic ones. Raises DemoError if its preparation fails."""
    dataset = _existing(path)
    if dataset is not None and _is_abandoned(dataset):
        datasets.delete(dataset_id=dataset.pk)
        dataset = None
    if dataset is None:
        dataset = _add(path, owner, line)
    return _wait_until_ready(dataset, line)


def _existing(path: Path | None) -> Dataset | None:
    """The dataset an earlier demo made from the same source."""
    if path is None:
        return Dataset.objects.filter(name=SYNTHETIC_NAME, synthetic=True).first()
    return Dataset.objects.filter(**{f"options__{OPTION_FOLDER}": str(path)}).first()


def _is_abandoned(dataset: Dataset) -> bool:
    """It failed, or the guide that prepared it was ended."""
    if dataset.state == Dataset.State.FAILED:
        return True
    pid = dataset.worker.removeprefix(_WORKER)
    mine = dataset.state == Dataset.State.PREPARING and dataset.worker.startswith(_WORKER)
    return mine and not (pid.isdigit() and psutil.pid_exists(int(pid)))


def _add(path: Path | None, owner: AbstractBaseUser, line: Line) -> Dataset:
    if path is None:
        return datasets.create_synthetic(name=SYNTHETIC_NAME, owner=owner)
    dataset = datasets.create_from_folder(name=_free_name(path), path=path, owner=owner)
    try:
        preparation.prepare(
            dataset_id=dataset.pk,
            worker=f"{_WORKER}{os.getpid()}",
            on_progress=lambda done, total, phase: line.show(_preparing(dataset.name, done, total, phase)),
        )
    except KeyboardInterrupt:
        datasets.delete(dataset_id=dataset.pk)
        raise
    return dataset


def _free_name(path: Path) -> str:
    """The folder's name, or that with a number if another source has it."""
    plain = (path.stem if path.is_file() else path.name)[:70] or "clips"
    names = [plain, *(f"{plain} {number}" for number in range(2, 1000))]
    taken = set(Dataset.objects.filter(name__startswith=plain).values_list("name", flat=True))
    return next(name for name in names if name not in taken)


def _wait_until_ready(dataset: Dataset, line: Line) -> Dataset:
    while True:
        dataset.refresh_from_db()
        if dataset.state == Dataset.State.READY:
            clips = dataset.clips.count()
            line.end(f"Dataset {dataset.name}: {clips} clips, {len(dataset.classes)} classes.")
            return dataset
        if dataset.state == Dataset.State.FAILED:
            raise DemoError(f"The dataset {dataset.name} could not be prepared: {dataset.error}")
        line.show(_preparing(dataset.name, dataset.progress_done, dataset.progress_total, dataset.phase))
        time.sleep(_ROUND_SECONDS)


def _preparing(name: str, done: int, total: int, phase: str) -> str:
    return f"Dataset {name}: {phase or 'waiting for a data worker'}" + (f" {done}/{total}" if total else "")


def ensure_study(dataset: Dataset, settings: Mapping[str, Any], owner: AbstractBaseUser) -> Study:
    """The running (or already completed) study "Demo: <dataset>"."""
    name = f"Demo: {dataset.name}"
    study = Study.objects.filter(name=name).first() or _create(name, dataset, settings, owner)
    if study.state == Study.State.DRAFT:
        return studies.start(study_id=study.pk, actor=owner)
    if study.state in (Study.State.PAUSED, Study.State.STOPPED, Study.State.FAILED):
        return studies.resume(study_id=study.pk, actor=owner)
    return study


def _create(name: str, dataset: Dataset, settings: Mapping[str, Any], owner: AbstractBaseUser) -> Study:
    form = form_from_file({**settings, "name": name}, dataset)
    if not form.is_valid():
        raise DemoError(f"The demo's study file is wrong: {errors_in_words(form)}")
    return studies.create_study(study=form.save(commit=False), owner=owner)


def wait_for_end(study: Study, line: Line) -> None:
    """Show progress until the study has ended. Raises DemoError unless it is COMPLETED with a completed trial."""
    while not _has_ended(study, line):
        time.sleep(_ROUND_SECONDS)
    completed = study.trials.filter(state=Trial.State.COMPLETED).count()
    line.end(f"{study.name}: {study.get_state_display()}, {completed} trials completed.")
    if study.state != Study.State.COMPLETED:
        raise DemoError(f"The study {study.name} is {study.get_state_display()}: {study.reason or 'no reason given'}")
    if not completed:
        reasons = set(study.trials.exclude(reason="").values_list("reason", flat=True)[:3])
        raise DemoError(f"No trial of {study.name} was completed: {'; '.join(sorted(reasons)) or 'no reason given'}")


def _has_ended(study: Study, line: Line) -> bool:
    """One query of the state; an outage of the database is reported and waited out."""
    try:
        study.refresh_from_db()
        budget = budget_of(study)
        shown = _best_in_words(study)
    except (OperationalError, InterfaceError):
        connection.close()
        line.show("The database is out of reach; waiting for it.")
        return False
    line.show(f"{study.name}: {budget.finished}/{budget.budget} trials{shown}")
    return study.state in (Study.State.COMPLETED, Study.State.STOPPED, Study.State.FAILED)


def _best_in_words(study: Study) -> str:
    """The best int8 accuracy with its clips; "" before a trial is above chance."""
    split = evaluation_split(study.dataset)
    best = study.trials.filter(above_chance([study.dataset])).aggregate(best=Max("int8_accuracy"))["best"]
    found = split.accuracy(best) if split else None
    return f", best int8 accuracy {found.share:.3f} ({found.correct} of {found.clips} clips)" if found else ""
