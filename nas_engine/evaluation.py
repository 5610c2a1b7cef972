"""Evaluation of one architecture: build, train in float, quantise, train quantisation-aware, convert, evaluate."""

import gc
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nas_engine.architecture import Architecture
from nas_engine.audio.batches import evaluation_arrays, steps_per_epoch, training_batches
from nas_engine.audio.cache import EVALUATION_SPLIT, FeaturePack
from nas_engine.cost import cost
from nas_engine.energy.estimators.analytical import predict_energy_mj
from nas_engine.errors import BadDataset
from nas_engine.evaluation_result import (
    EpochResult,
    Evaluation,
    EvaluationResult,
    OnProgress,
    Phase,
    Progress,
    StreamResult,
)
from nas_engine.layers import all_layers, check_computed
from nas_engine.network import quantization, runtimes, tflite
from nas_engine.network.graphs.float_network import FloatNetwork
from nas_engine.network.graphs.networks import TrainableNetwork
from nas_engine.network.keras import keras, versions
from nas_engine.network.schedule import CosineDecay, TrainingConfig
from nas_engine.network.training import Batch, ModelTrainer
from nas_engine.streaming.procedure.detecting import HeardStreams, detect
from nas_engine.streaming.scores import ListeningNetwork

_CALIBRATION_BATCHES = 4


def evaluate(
    architecture: Architecture,
    pack: FeaturePack,
    config: TrainingConfig,
    on_progress: OnProgress,
    heard: HeardStreams | None = None,
) -> Evaluation:
    """Train `architecture` on the pack's train split and evaluate its int8 .tflite file on the eval split.

    With `heard`, streams of the pack's front end, the file is evaluated on these, too. `energy_mj` of the result is
    estimated by the analytical cost model. An exception raised by `on_progress` ends the evaluation and propagates.
    Raises InfeasibleArchitecture, TrainingDiverged, ConversionError, BadDataset where the shapes or classes of network
    and data differ, and TransientError where this machine lacks the runtime.
    """
    _check_fit(architecture, pack)
    runtimes.require(config.runtime)
    trial = _Trial(architecture, pack, config, on_progress, heard)
    try:
        return trial.run()
    finally:
        keras.backend.clear_session()
        gc.collect()


def _check_fit(architecture: Architecture, pack: FeaturePack) -> None:
    if architecture.head.classes != len(pack.classes):
        raise BadDataset(
            f"The network answers {architecture.head.classes} classes, the dataset has {len(pack.classes)}: "
            f"{', '.join(pack.classes)}. Choose a search space with {len(pack.classes)} classes."
        )
    needed = architecture.stem.frames, architecture.stem.mel_bins
    if needed != (pack.config.frames, pack.config.mel_bins):
        raise BadDataset(
            f"The network takes {needed[0]} frames of {needed[1]} mel bins, the dataset's features are "
            f"{pack.config.frames} x {pack.config.mel_bins}. Choose a front end that fits the search space."
        )
    check_computed(all_layers(architecture))


@dataclass(slots=True)
class _Clock:
    """Wall time by phase."""

    start: float = field(default_factory=time.perf_counter)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.add(name, time.perf_counter() - began)

    def add(self, name: str, seconds: float) -> None:
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds

    def move(self, source: str, target: str, seconds: float) -> None:
        """Count `seconds` as `target` that were counted as `source`."""
        self.add(source, -seconds)
        self.add(target, seconds)

    @property
    def elapsed(self) -> float:
        return time.perf_counter() - self.start


class _Trial:
    """The state of one evaluation."""

    def __init__(
        self,
        architecture: Architecture,
        pack: FeaturePack,
        config: TrainingConfig,
        on_progress: OnProgress,
        heard: HeardStreams | None,
    ) -> None:
        self._heard = heard
        self._architecture = architecture
        self._pack = pack
        self._config = config
        self._on_progress = on_progress
        self._clock = _Clock()
        self._rng = np.random.default_rng(config.seed)
        self._curve: list[EpochResult] = []
        self._x, self._y = evaluation_arrays(pack, EVALUATION_SPLIT)

    def run(self) -> Evaluation:
        keras.utils.set_random_seed(self._config.seed)
        with self._clock.phase("build"):
            network: TrainableNetwork = FloatNetwork(
                self._architecture, self._config.dropout, self._config.statistics_stride
            )
        self._report("build")
        self._train(network, "float", self._config.trial_epochs, self._config.learning_rate, self._config.warmup_epochs)
        with self._clock.phase("quantise"):
            batches = [x for (x, _), _ in zip(self._batches(), range(_CALIBRATION_BATCHES), strict=False)]
            ranges = quantization.measure_ranges(self._architecture, network, batches)
            network = quantization.quantise(self._architecture, network, ranges)
        self._train(network, "qat", self._config.qat_epochs, self._config.qat_learning_rate, 0)
        with self._clock.phase("convert"):
            content = tflite.convert(network)
        self._report("convert")
        detected = self._detected(content)
        with self._clock.phase("evaluate"):
            outputs = runtimes.predict(self._config.runtime, content, self._x)
            accuracy, _ = tflite.confusion_of(outputs, self._y, len(self._pack.classes))
        self._report("evaluate", accuracy)
        return self._result(content, outputs, detected)

    def _detected(self, content: bytes) -> StreamResult | None:
        if self._heard is None:
            return None
        with self._clock.phase("streams"):
            pack = self._pack
            network = ListeningNetwork(content, pack.config, pack.normalisation, pack.classes, self._config.runtime)
            return detect(network, self._heard, lambda: self._report("streams"))

    def _train(
        self, network: TrainableNetwork, phase: Phase, epochs: int, learning_rate: float, warmup_epochs: int
    ) -> None:
        steps = steps_per_epoch(len(self._pack.split("train")), self._config.batch_size)
        schedule = CosineDecay(learning_rate, steps * epochs, steps * warmup_epochs)
        trainer = ModelTrainer(
            network,
            phase,
            schedule,
            weight_decay=self._config.weight_decay,
            label_smoothing=self._config.label_smoothing,
        )
        for number in range(1, epochs + 1):
            with self._clock.phase(phase):
                epoch = trainer.epoch(self._batches())
                accuracy = trainer.accuracy(self._x, self._y)
            point = EpochResult(phase, number, epoch.loss, epoch.accuracy, accuracy, self._clock.elapsed)
            self._curve.append(point)
            self._on_progress(
                Progress(phase, number, epochs, epoch.loss, epoch.accuracy, accuracy, self._clock.elapsed)
            )
        self._clock.move(phase, f"{phase}_trace", trainer.trace_seconds)

    def _batches(self) -> Iterable[Batch]:
        return training_batches(
            self._pack.split("train"),
            self._pack.config,
            self._pack.mean,
            self._pack.std,
            self._config.batch_size,
            self._rng,
            negative_share=self._config.negative_share,
        )

    def _report(self, phase: Phase, eval_accuracy: float | None = None) -> None:
        self._on_progress(Progress(phase, 0, 0, None, None, eval_accuracy, self._clock.elapsed))

    def _result(self, content: bytes, outputs: NDArray[np.int8], detected: StreamResult | None) -> Evaluation:
        counted = cost(self._architecture)
        energy = predict_energy_mj(counted)
        accuracy, confusion = tflite.confusion_of(outputs, self._y, len(self._pack.classes))
        with self._clock.phase("compare"):
            compared = runtimes.compare(
                content, self._x, self._y, outputs, runtime=self._config.runtime, flops=counted.flops
            )
        float_accuracy = [point.eval_accuracy for point in self._curve if point.phase == "float"][-1]
        result = EvaluationResult(
            float_accuracy=float_accuracy,
            int8_accuracy=accuracy,
            flash_bytes=len(content),
            flops=counted.flops,
            parameters=counted.parameters,
            energy_mj=energy.energy_mj,
            energy_source=energy.source,
            peak_activation_bytes=counted.peak_activation_bytes,
            confusion=confusion,
            seconds=self._clock.seconds,
            runtimes=compared,
            streams=detected,
            mistakes=tflite.mistakes_of(outputs, self._y),
        )
        return Evaluation(result, content, tuple(self._curve), versions())
