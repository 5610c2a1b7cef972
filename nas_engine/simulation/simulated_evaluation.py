"""Simulated evaluations, without training: for dry runs of a study, benchmarks of designers, and tests.

`evaluate` has the interface of `evaluation.evaluate`; accuracies and curves are simulated (`synthetic_landscape`),
costs are counted as for a real network. Results carry the source "simulated". `report_progress` reports a finished
evaluation, simulated or recorded, to a progress callback as if it ran now.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nas_engine.architecture import Architecture
from nas_engine.cost import ArchitectureCost, cost
from nas_engine.energy.estimators.analytical import predict_energy_mj
from nas_engine.evaluation_result import (
    DetectedClass,
    EpochResult,
    Evaluation,
    EvaluationResult,
    OnProgress,
    Phase,
    Progress,
    StreamResult,
)
from nas_engine.simulation.synthetic_landscape import MAJORITY_ACCURACY, asymptotic_accuracy, epochs_to_learn
from nas_engine.simulation.typical_curve import UsualNetwork
from nas_engine.trial_plan import QAT_EPOCH_PASSES, TRIAL_EPOCHS

SOURCE = "simulated"
SIMULATED_TFLITE = b"simulated: no network was trained"

_TRAINING_NOISE = 0.005  # Table 1: retraining one architecture scatters by 0.4 to 1.2 points
_EPOCH_NOISE = 0.004
_INT8_LOSS = 0.004
_EXAMPLES_PER_CLASS = 500
_SIMULATED_EVENTS = 10_000
_OVERFITTING = 0.05
_USUAL = UsualNetwork(accuracy=0.681, deviation=0.011, guess=MAJORITY_ACCURACY)  # of the paper's 2-D space
_SECONDS_PER_MFLOP_AND_EPOCH = 0.4


class TrainingPlan(Protocol):
    """Part of a training configuration that a simulation depends on; at least one trial epoch."""

    @property
    def trial_epochs(self) -> int:
        """Float epochs, at least 1."""
        ...

    @property
    def qat_epochs(self) -> int:
        """Epochs of quantisation-aware training, at least 0."""
        ...

    @property
    def seed(self) -> int:
        """Seed of initial weights and batches; another seed gives another training noise."""
        ...


@dataclass(frozen=True, slots=True)
class SimulatedPlan:
    """Training plan without a TrainingConfig: numbers of epochs and the seed."""

    trial_epochs: int = TRIAL_EPOCHS
    qat_epochs: int = 10
    seed: int = 0


DEFAULT_PLAN = SimulatedPlan()
Simulate = Callable[[Architecture, TrainingPlan], Evaluation]
"""Simulated training of an architecture by a plan."""


def evaluate(architecture: Architecture, pack: object, config: TrainingPlan, on_progress: OnProgress) -> Evaluation:
    """Interface of `evaluation.evaluate` without training; `pack` is ignored.

    Deterministic: equal architecture and config give an equal result; another seed stands for another training. An
    exception raised by `on_progress` propagates. Raises InfeasibleArchitecture as `cost` does.
    """
    evaluation = simulate(architecture, config)
    report_progress(evaluation, on_progress)
    return evaluation


def report_progress(evaluation: Evaluation, on_progress: OnProgress) -> None:
    """Report the phases and epochs of a finished evaluation in their order, without waiting between them."""
    seconds = evaluation.result.seconds
    last_epoch = {point.phase: point.epoch for point in evaluation.curve}  # epochs ascend: the last one is kept
    on_progress(_between_epochs("build", 0.0))
    for point in evaluation.curve:
        values = (point.loss, point.train_accuracy, point.eval_accuracy)
        on_progress(Progress(point.phase, point.epoch, last_epoch[point.phase], *values, seconds=point.seconds))
    on_progress(_between_epochs("convert", sum(seconds.values()) - seconds.get("evaluate", 0.0)))
    on_progress(_between_epochs("evaluate", sum(seconds.values())))


def simulate(architecture: Architecture, plan: TrainingPlan = DEFAULT_PLAN) -> Evaluation:
    """Simulated result of training `architecture` by `plan`. Raises InfeasibleArchitecture as `cost` does."""
    counted = cost(architecture)
    rng = np.random.default_rng([plan.seed, int(architecture.hash[:16], 16)])
    final_accuracy = asymptotic_accuracy(architecture) + rng.normal(0, _TRAINING_NOISE)
    seconds = _seconds(counted, plan)
    epochs, time_constant = plan.trial_epochs + plan.qat_epochs, epochs_to_learn(architecture)
    deviation = rng.spawn(1)[0].normal()
    noises = rng.normal(0, 1, epochs)
    ended = _risen(final_accuracy, epochs, time_constant) + _EPOCH_NOISE * noises[-1]
    confusion = synthetic_confusion(architecture.head.classes, _clipped(ended) - abs(rng.normal(0, _INT8_LOSS)))
    int8_accuracy = _share_correct(confusion)
    curve = tuple(_learning_curve(int8_accuracy, plan, seconds, noises, deviation))
    float_accuracy = [point.eval_accuracy for point in curve if point.phase == "float"][-1]
    result = EvaluationResult(
        float_accuracy=float_accuracy,
        int8_accuracy=int8_accuracy,
        flash_bytes=counted.flash_bytes_estimate,
        flops=counted.flops,
        parameters=counted.parameters,
        energy_mj=predict_energy_mj(counted).energy_mj,
        energy_source=SOURCE,
        peak_activation_bytes=counted.peak_activation_bytes,
        confusion=confusion,
        seconds=seconds,
    )
    return Evaluation(result, SIMULATED_TFLITE, curve, {"source": SOURCE})


def on_streams(evaluation: Evaluation) -> Evaluation:
    """The evaluation with a simulated result on streams: an accuracy of the square of that on clips.

    Nothing was heard: the square stands for a network that has to answer right and, at few false alarms, be sure of it.
    It has the order of the accuracies on clips, so that it shows nothing of how far the two measures disagree.
    """
    share = evaluation.result.int8_accuracy**2
    misses = round((1.0 - share) * _SIMULATED_EVENTS)
    detected = StreamResult(1.0, 0, (DetectedClass(SOURCE, 0.5, _SIMULATED_EVENTS, misses, 0),))
    return replace(evaluation, result=replace(evaluation.result, streams=detected))


def expected_accuracy(architecture: Architecture, plan: TrainingPlan) -> float:
    """Mean int8 accuracy (0..1) of repeated simulated trainings; for benchmarks."""
    epochs = plan.trial_epochs + plan.qat_epochs
    risen = _risen(asymptotic_accuracy(architecture), epochs, epochs_to_learn(architecture))
    return risen - _INT8_LOSS * math.sqrt(2 / math.pi)  # mean of |N(0, 1)|


def _seconds(counted: ArchitectureCost, plan: TrainingPlan) -> dict[str, float]:
    """Synthetic seconds by phase, in proportion to FLOPs and epochs; an epoch of QAT takes twice as long."""
    epoch = _SECONDS_PER_MFLOP_AND_EPOCH * counted.flops / 1e6
    return {
        "build": 3.0,
        "float": epoch * plan.trial_epochs,
        "qat": QAT_EPOCH_PASSES * epoch * plan.qat_epochs,
        "convert": 0.5,
        "evaluate": 1.0,
    }


def _learning_curve(
    final_accuracy: float,
    plan: TrainingPlan,
    seconds: Mapping[str, float],
    noises: NDArray[np.float64],
    deviation: float,
) -> Iterator[EpochResult]:
    """Epochs on the way from a majority guess to `final_accuracy`, by `typical_curve`; QAT keeps what float reached.

    `noises` [epochs] are those of each epoch's accuracy, `deviation` is that of the training's losses, both N(0, 1).
    """
    passed_seconds, trained = seconds["build"], 0
    epochs: tuple[tuple[Phase, int], ...] = (("float", plan.trial_epochs), ("qat", plan.qat_epochs))
    for phase, count in epochs:
        for epoch in range(1, count + 1):
            share, noise = min(1.0, (trained + 1) / plan.trial_epochs), float(noises[trained])
            trained += 1
            passed_seconds += seconds[phase] / count
            accuracy = _USUAL.accuracy_at(share, final_accuracy, noise)
            yield EpochResult(
                phase,
                epoch,
                loss=_USUAL.loss_at(share, final_accuracy, deviation),
                train_accuracy=_clipped(accuracy + _OVERFITTING * share),
                eval_accuracy=_clipped(accuracy),
                seconds=passed_seconds,
            )


def _risen(final_accuracy: float, epochs: int, time_constant: float) -> float:
    """Accuracy after `epochs` of an exponential rise from a majority guess."""
    return MAJORITY_ACCURACY + (final_accuracy - MAJORITY_ACCURACY) * (1 - math.exp(-epochs / time_constant))


def synthetic_confusion(classes: int, accuracy: float) -> tuple[tuple[int, ...], ...]:
    """Confusion matrix of counts [classes, classes] with about this accuracy (0..1).

    Half of the examples are of the last class, the negatives, which attract all other errors; the errors on negatives
    go to the first class.
    """
    counts = np.zeros((classes, classes), dtype=int)
    examples = np.array([_EXAMPLES_PER_CLASS] * (classes - 1) + [_EXAMPLES_PER_CLASS * (classes - 1)])
    correct = np.round(examples * _clipped(accuracy)).astype(int)
    counts[:, -1] = examples - correct
    counts[-1] = 0
    counts[-1, 0] = examples[-1] - correct[-1]
    np.fill_diagonal(counts, correct)
    return tuple(tuple(int(count) for count in row) for row in counts)


def _share_correct(confusion: tuple[tuple[int, ...], ...]) -> float:
    return sum(row[i] for i, row in enumerate(confusion)) / sum(map(sum, confusion))


def _clipped(accuracy: float) -> float:
    return float(min(max(accuracy, 0.0), 1.0))


def _between_epochs(phase: Phase, seconds: float) -> Progress:
    return Progress(phase, epoch=0, epochs=0, loss=None, train_accuracy=None, eval_accuracy=None, seconds=seconds)
