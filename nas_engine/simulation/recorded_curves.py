"""Learning curves of recorded trainings, moved to other final accuracies as the recording's own epochs go with theirs.

What an epoch reports about the end of a training is what a stopping rule lives on. So each epoch of a recorded curve is
moved by the slope of that epoch's value by the final accuracy over all recorded trainings (Theil-Sen), and keeps what
its own training deviates from that line: rank correlations with the final accuracy, epoch by epoch, are those recorded.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import theilslopes

from nas_engine.evaluation_result import EpochResult, Phase
from nas_engine.simulation.recording import RecordedTraining
from nas_engine.simulation.simulated_evaluation import TrainingPlan
from nas_engine.simulation.synthetic_landscape import MAJORITY_ACCURACY

Values = NDArray[np.float64]
_PRECEDING: Mapping[Phase, tuple[str, ...]] = {"float": ("build", "float_trace"), "qat": ("quantise", "qat_trace")}
_LOWEST_LOSS = 1e-4  # losses are kept with four digits


@dataclass(frozen=True, slots=True)
class Difference:
    """Final accuracy (0..1) of a simulated training less that of its donor.

    `network` is between the networks (and the noise of their trainings), `length` is what another number of epochs
    takes.
    """

    network: float = 0.0
    length: float = 0.0

    @property
    def total(self) -> float:
        """Both together."""
        return self.network + self.length


@dataclass(frozen=True, slots=True)
class PhaseSlopes:
    """Slopes by the final int8 accuracy at each recorded epoch [epochs]: of both accuracies and of the log loss."""

    train_accuracy: Values
    eval_accuracy: Values
    log_loss: Values


class RecordedCurves:
    """Curves of at least one recorded training, each with float epochs."""

    def __init__(self, trainings: Sequence[RecordedTraining]) -> None:
        finals = np.array([training.int8_accuracy for training in trainings])
        self._slopes: Mapping[Phase, PhaseSlopes] = {
            phase: PhaseSlopes(
                _slopes(finals, _table(trainings, phase, "train_accuracy")),
                _slopes(finals, _table(trainings, phase, "eval_accuracy")),
                _slopes(finals, np.log(np.maximum(_table(trainings, phase, "loss"), _LOWEST_LOSS)), usual=0.0),
            )
            for phase in _PRECEDING
        }
        mean = _table(trainings, "float", "eval_accuracy").mean(axis=0)
        self._mean_curve = np.maximum.accumulate(mean)

    def share_learned(self, epochs: int) -> float:
        """Gain over a majority guess after `epochs`, as a share (0..1) of the gain after all recorded epochs."""
        gained = self._mean_curve - MAJORITY_ACCURACY
        return clipped(gained[min(epochs, len(gained)) - 1] / gained[-1]) if gained[-1] > 0 else 1.0

    def moved(
        self, donor: RecordedTraining, plan: TrainingPlan, difference: Difference, seconds: Mapping[str, float]
    ) -> Iterator[EpochResult]:
        """Epochs of `donor` for a training that ends `difference` higher, with `seconds` by phase.

        With other epochs than recorded, each is the recorded one at the same share of the training.
        """
        learned = {"float": _learned(values(donor, "float", "eval_accuracy")), "qat": np.ones(epochs_of(donor, "qat"))}
        passed_seconds = 0.0
        for phase, epochs in planned(plan).items():
            passed_seconds += sum(seconds.get(name, 0.0) for name in _PRECEDING[phase])
            points = [point for point in donor.curve if point.phase == phase]
            for epoch in range(1, epochs + 1 if points else 1):
                index = math.ceil(epoch * len(points) / epochs) - 1
                passed_seconds += seconds[phase] / epochs
                yield self._point(points[index], epoch, difference, float(learned[phase][index]), passed_seconds)

    def _point(
        self, recorded: EpochResult, epoch: int, difference: Difference, learned: float, seconds: float
    ) -> EpochResult:
        slopes, index = self._slopes[recorded.phase], recorded.epoch - 1
        shorter = learned * difference.length
        return EpochResult(
            recorded.phase,
            epoch,
            loss=recorded.loss * math.exp(_at(slopes.log_loss, index) * difference.total),
            train_accuracy=clipped(
                recorded.train_accuracy + _at(slopes.train_accuracy, index) * difference.network + shorter
            ),
            eval_accuracy=clipped(
                recorded.eval_accuracy + _at(slopes.eval_accuracy, index) * difference.network + shorter
            ),
            seconds=seconds,
        )


def planned(plan: TrainingPlan) -> dict[Phase, int]:
    """Epochs by phase."""
    return {"float": plan.trial_epochs, "qat": plan.qat_epochs}


def epochs_of(training: RecordedTraining, phase: Phase) -> int:
    """Number of recorded epochs of a phase."""
    return sum(point.phase == phase for point in training.curve)


def values(training: RecordedTraining, phase: Phase, name: str) -> Values:
    """Loss or accuracy `name` of each epoch of a phase [epochs]."""
    return np.array([getattr(point, name) for point in training.curve if point.phase == phase], dtype=np.float64)


def clipped(share: float) -> float:
    """`share`, or the end of 0..1 that it lies beyond."""
    return float(min(max(share, 0.0), 1.0))


def _table(trainings: Sequence[RecordedTraining], phase: Phase, name: str) -> Values:
    """Values [trainings, epochs], of the epochs that all of them have."""
    epochs = min(epochs_of(training, phase) for training in trainings)
    return np.array([values(training, phase, name)[:epochs] for training in trainings])


def _slopes(finals: Values, table: Values, usual: float = 1.0) -> Values:
    """Theil-Sen slopes [epochs] of the columns of `table` [n, epochs] by `finals` [n].

    They are `usual` where all finals are equal, or a training has no epochs of the phase.
    Medians of pairs: where most networks still answer the majority class, the few that do not make no slope.
    """
    if not np.ptp(finals) or not table.shape[1]:
        return np.full(max(1, table.shape[1]), usual)
    with np.errstate(invalid="ignore"):  # its interval, which is not used, divides by none where all values are equal
        return np.array([theilslopes(column, finals).slope for column in table.T])


def _at(slopes: Values, index: int) -> float:
    """Slope of an epoch; of the last one that all trainings have, where this one goes on."""
    return float(slopes[min(index, len(slopes) - 1)])


def _learned(accuracies: Values) -> Values:
    """Share of the final gain in accuracy reached so far, 0..1, rising, by the best accuracy so far [epochs]."""
    best = np.maximum.accumulate(accuracies)
    gained = best[-1] - best[0]
    return (best - best[0]) / gained if gained > 0 else np.arange(1, len(best) + 1) / len(best)
