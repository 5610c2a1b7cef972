"""The networks of `manage.py paper figure2`: trained here, or the trials of a study."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from django.core.management.base import CommandError

from nas_engine.architecture import Architecture
from nas_engine.audio.cache import FeaturePack
from nas_engine.audio.synthesis.generator import synthesise
from nas_engine.cost import cost
from nas_engine.errors import InfeasibleArchitecture, TrainingDiverged
from nas_engine.evaluation_result import Evaluation, Progress
from nas_engine.network.schedule import TrainingConfig
from nas_engine.paper.figure2 import Figure2Point
from nas_engine.search_space.paper_spaces import by_name
from webapp.management.progress import Line
from webapp.management.sounds import packed_features
from webapp.models import Study
from webapp.queries.pages.paper import study_points

SYNTHETIC = "synthetic sounds"


def points_of_study(study_id: int) -> tuple[tuple[Figure2Point, ...], str]:
    """The completed trials of a study, and what they were trained on."""
    study = Study.objects.select_related("dataset").filter(pk=study_id).first()
    if study is None:
        raise CommandError(f"There is no study {study_id}.")
    sounds = f"{study.dataset.name}{' (synthetic)' if study.dataset.synthetic else ''}"
    return study_points(study), f"study {study.pk} on {sounds}"


@contextmanager
def sounds(folder: Path | None, line: Line) -> Iterator[tuple[FeaturePack, str]]:
    """The clips of `folder`, or a synthetic set, ready to train on, and what they are called."""

    def show(done: int, total: int, phase: str) -> None:
        line.show(f"{phase} {done}/{total}")

    if folder is not None:
        with packed_features(folder, show) as pack:
            yield pack, folder.resolve().name
        return
    with tempfile.TemporaryDirectory() as made:
        synthesise(Path(made), 0, show)
        with packed_features(Path(made), show) as pack:
            yield pack, SYNTHETIC


def trained_points(
    pack: FeaturePack, space: str, samples: int, epochs: int, seed: int, line: Line
) -> list[Figure2Point]:
    """Train `samples` random networks of `space` on one thread, `epochs` being the full training time."""
    from nas_engine.network.keras import configure

    configure(1)
    config = TrainingConfig(full_epochs=epochs, warmup_epochs=min(2, epochs // 4), seed=seed)
    line.end(
        f"Training {samples} networks, each {config.trial_epochs} epochs in float and {config.qat_epochs} quantised, "
        f"on {len(pack.split('train'))} clips. With the defaults that takes about five minutes."
    )
    rng = np.random.default_rng(seed)
    drawn = [by_name(space, len(pack.classes)).sample(rng) for _ in range(samples)]
    points = [_trained(f"network {number}", each, pack, config, line) for number, each in enumerate(drawn, start=1)]
    return [point for point in points if point is not None]


def _trained(
    name: str, architecture: Architecture, pack: FeaturePack, config: TrainingConfig, line: Line
) -> Figure2Point | None:
    from nas_engine.evaluation import evaluate

    def show(progress: Progress) -> None:
        line.show(f"{name}: {progress.phase} {progress.epoch}/{progress.epochs}")

    try:
        point = _point(name, architecture, evaluate(architecture, pack, config, show))
    except (InfeasibleArchitecture, TrainingDiverged) as error:
        line.end(f"{name} is left out: {error}")
        return None
    line.end(f"{name}: float {point.float_accuracy:.3f}, int8 {point.int8_accuracy:.3f}")
    return point


def _point(name: str, architecture: Architecture, evaluation: Evaluation) -> Figure2Point:
    counted, measured = cost(architecture), evaluation.result
    return Figure2Point(
        name=name,
        float_accuracy=measured.float_accuracy,
        int8_accuracy=measured.int8_accuracy,
        parameters=counted.published_parameters,
        parameters_trainable=counted.parameters,
        flash_bytes=measured.flash_bytes,
    )
