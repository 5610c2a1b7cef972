"""`manage.py record_curves FOLDER --out FILE`: real trainings of sampled networks as a table, for simulated studies."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from nas_engine.architecture import Architecture
from nas_engine.audio.cache import FeaturePack
from nas_engine.errors import InfeasibleArchitecture, TrainingDiverged
from nas_engine.evaluation_result import Evaluation, Progress
from nas_engine.network.schedule import TrainingConfig
from nas_engine.search_space.paper_spaces import NAMES, by_name
from nas_engine.simulation.recording import RecordingHeader, record
from nas_engine.trial_plan import FULL_EPOCHS
from webapp.management.plain_errors import plain_errors
from webapp.management.progress import Line
from webapp.management.sounds import packed_features


class Command(BaseCommand):
    help = (
        "Train sampled networks of a search space and keep architecture, learning curve, int8 accuracy, size and "
        "seconds of each. Needs no database. Run again with the same settings, it goes on where it stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("sounds", type=Path, help="a folder or list of clips, as for add_dataset")
        parser.add_argument("--out", type=Path, required=True, help="the table, JSON lines")
        parser.add_argument("--name", help="what the clips are called in the table; default: the folder's name")
        parser.add_argument("--trainings", type=int, default=150, help="the number of the last training")
        parser.add_argument(
            "--first", type=int, default=1, help="the number of the first; with it, processes can share the work"
        )
        parser.add_argument(
            "--repetitions",
            type=int,
            default=0,
            help="how many times each is trained again, with other seeds: what a search cannot learn",
        )
        parser.add_argument("--space", default="paper-2d", type=lambda name: name.replace("-", "_"), choices=NAMES)
        parser.add_argument(
            "--full-epochs", type=int, default=FULL_EPOCHS, help="a trial trains for three quarters of them"
        )
        parser.add_argument("--seed", type=int, default=0, help="which networks are sampled")
        parser.add_argument("--threads", type=int, default=1)
        parser.add_argument("--files", type=Path, help="also keep each .tflite in this folder, named by its seed")

    def handle(self, *args: Any, **options: Any) -> None:
        source: Path = options["sounds"]
        if not source.exists():
            raise CommandError(f"There is no file or folder {source}.")
        line = Line()

        def show(done: int, total: int, phase: str) -> None:
            line.show(f"{phase} {done}/{total}")

        with plain_errors(), packed_features(source, show) as pack:
            try:
                _Recorder(pack, options, line).run()
            except ValueError as error:
                raise CommandError(str(error)) from error


class _Recorder:
    """Trains one network after another in this process."""

    def __init__(self, pack: FeaturePack, options: dict[str, Any], line: Line) -> None:
        self._pack = pack
        self._options = options
        self._line = line
        self._files: Path | None = options["files"]

    def run(self) -> None:
        from nas_engine.network.keras import configure, versions  # loads TensorFlow

        configure(self._options["threads"])
        header = self._header(versions())
        total = self._options["trainings"]
        first, repetitions = self._options["first"], self._options["repetitions"]
        trainings = record(self._options["out"], header, total, self._train, first=first, repetitions=repetitions)
        for training in trainings:
            again = f", repetition {training.repetition}" if training.repetition else ""
            self._line.end(
                f"{training.number}/{total}{again}: float {training.float_accuracy:.3f}, "
                f"int8 {training.int8_accuracy:.3f}, {training.flash_bytes / 1000:.1f} kB"
            )

    def _header(self, environment: dict[str, str]) -> RecordingHeader:
        clips = {split: len(self._pack.split(split)) for split in ("train", "eval")}
        name = self._options["name"] or self._options["sounds"].resolve().stem
        training = self._config(0).to_json()
        del training["seed"]  # each training has its own
        return RecordingHeader(
            space=by_name(self._options["space"], len(self._pack.classes)),
            seed=self._options["seed"],
            sounds=f"{name}: {clips['train']} clips for training, {clips['eval']} for evaluation",
            training=training,
            environment=environment | {"threads": str(self._options["threads"])},
        )

    def _config(self, seed: int) -> TrainingConfig:
        return TrainingConfig(full_epochs=self._options["full_epochs"], seed=seed)

    def _train(self, seed: int, architecture: Architecture) -> Evaluation | None:
        from nas_engine.evaluation import evaluate

        def show(progress: Progress) -> None:
            self._line.show(f"seed {seed}: {progress.phase} {progress.epoch}/{progress.epochs}")

        try:
            evaluation = evaluate(architecture, self._pack, self._config(seed), show)
        except (InfeasibleArchitecture, TrainingDiverged) as error:
            self._line.end(f"The training with seed {seed} is left out: {error}")
            return None
        if self._files is not None:
            self._files.mkdir(parents=True, exist_ok=True)
            (self._files / f"{seed}.tflite").write_bytes(evaluation.tflite)
        return evaluation
