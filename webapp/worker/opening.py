"""Evaluation of an opening of the test split in a data worker: answers of all seeds, and their statistics."""

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import cast

from django.conf import settings
from django.core.files.storage import default_storage

from nas_engine.audio.cache import CLOSED_SPLIT, EVALUATION_SPLIT
from nas_engine.errors import EarshotError
from nas_engine.evaluation_result import BothSplits, Runtime
from webapp import translation
from webapp.models import Clip, Dataset, SplitOpening, Trial
from webapp.services import jobs, openings
from webapp.services.working import Write, never, reason, work
from webapp.worker.child.messages import AnswerSplits, TrainedNetwork
from webapp.worker.child.process import call_once
from webapp.worker.packs import discard_if_damaged, local_pack
from webapp.worker.statistics import pairs_of, statistics_of


def evaluate_splits(opening_id: int, worker: str, stopping: Callable[[], bool] = never) -> None:
    """Evaluate the seeds of one opening, unless another worker does."""
    work(
        jobs.OPENINGS,
        opening_id,
        worker,
        claim=partial(openings.claim, opening_id=opening_id, worker=worker),
        do=partial(_outcome, worker),
        reject=partial(_refuse, worker),
        stopping=stopping,
    )


def _outcome(worker: str, opening: SplitOpening) -> Write:
    dataset = opening.dataset
    if opening.finalist is None or dataset is None:
        raise EarshotError("The finalist was deleted.")
    seeds = openings.trained_seeds(opening.finalist)
    answers = _answers(opening, dataset, seeds)
    recordings = {name: recordings_of(dataset, name) for name in (EVALUATION_SPLIT, CLOSED_SPLIT)}
    _check(answers, recordings[EVALUATION_SPLIT], recordings[CLOSED_SPLIT])
    evaluated = openings.Evaluated(
        [trial.pk for trial in seeds], answers, recordings, statistics_of(opening, seeds, answers, recordings)
    )
    return partial(_complete, opening, worker, evaluated)


def _complete(opening: SplitOpening, worker: str, evaluated: openings.Evaluated) -> bool:
    """Write the result, then compare: of two openings that end at once each sees the other."""
    if not openings.complete(opening_id=opening.pk, worker=worker, evaluated=evaluated):
        return False
    openings.add_statistics(opening_id=opening.pk, statistics=pairs_of(opening.pk))
    return True


def _refuse(worker: str, opening: SplitOpening, error: Exception) -> bool:
    return openings.fail(opening_id=opening.pk, worker=worker, reason=reason(error, "It could not be evaluated"))


def _answers(opening: SplitOpening, dataset: Dataset, seeds: Sequence[Trial]) -> BothSplits:
    settings.DATA_FOLDER.ensure()
    pack = local_pack(dataset.pack.name or "")
    architecture = translation.architecture(opening.architecture)
    with tempfile.TemporaryDirectory(dir=settings.DATA_FOLDER.root, prefix="opening-") as folder:
        networks = tuple(TrainedNetwork(str(_copy(trial, Path(folder))), architecture, trial.seed) for trial in seeds)
        runtime = cast(Runtime, seeds[0].study.runtime)
        clips = sum(sum(dataset.counts.get(name, {}).values()) for name in (EVALUATION_SPLIT, CLOSED_SPLIT))
        try:
            return call_once(AnswerSplits(networks, str(pack), runtime, clips))
        except EarshotError:
            discard_if_damaged(pack)  # another attempt fetches the features again
            raise


def _copy(trial: Trial, folder: Path) -> Path:
    path = folder / f"{trial.pk}.tflite"
    with default_storage.open(trial.tflite.name) as stored:
        path.write_bytes(stored.read())
    return path


def recordings_of(dataset: Dataset, split: str) -> list[str]:
    """Recording that each clip of a split was cut from, in the pack's order; a clip without one stands alone: ""."""
    clips = Clip.objects.filter(dataset=dataset, split=split).order_by("position")
    return list(clips.values_list("group", flat=True))


def _check(answers: BothSplits, evaluation: Sequence[str], test: Sequence[str]) -> None:
    if (len(evaluation), len(test)) != (len(answers.evaluation.labels), len(answers.test.labels)):
        raise EarshotError("The data set's clips and its features differ in number: prepare it again.")
