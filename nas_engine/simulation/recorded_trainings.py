"""Evaluations from a recording of real trainings: recorded networks as recorded, all others simulated from a fit.

The accuracy of a network that was not recorded is that of a `landscape` fitted to all recorded ones, with a deviation
of the network's own and the noise of training. It gets the training of a recorded network that ended about there and is
most like it (the donor), moved to the very accuracy (`recorded_curves`). So curves, their jitter, what their epochs
tell of the end, the step from float to int8 and the seconds are those of real trainings.
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.cost import cost
from nas_engine.energy.estimators.analytical import predict_energy_mj
from nas_engine.evaluation_result import Evaluation, EvaluationResult, OnProgress
from nas_engine.simulation.fitted_landscape import BlockFeatures, FitReport, LandscapeFit
from nas_engine.simulation.recorded_curves import (
    Difference,
    RecordedCurves,
    Values,
    clipped,
    epochs_of,
    planned,
    values,
)
from nas_engine.simulation.recording import RecordedTraining, Recording
from nas_engine.simulation.simulated_evaluation import (
    SOURCE,
    SimulatedPlan,
    TrainingPlan,
    report_progress,
    synthetic_confusion,
)
from nas_engine.simulation.synthetic_landscape import MAJORITY_ACCURACY

RECORDED = "replayed"
NO_TFLITE = {SOURCE: b"simulated: no network was trained", RECORDED: b"replayed: the recording keeps no networks"}
_ALIKE, _DONORS = 24, 12  # trainings that end alike; of those, the networks most alike
_LATE_SHARE = 0.8  # of the float epochs: accuracies after it scatter more than they rise
_FEWEST_REPETITIONS = 10  # degrees of freedom below which jitter is the better estimate of training noise
_OWN, _TRAINING = 0, 1  # uses of a random generator


class RecordedEvaluator:
    """Simulated trainings from a recording; deterministic by recording, landscape, architecture and plan.

    `landscape_seed` draws one of the landscapes that are consistent with the recording. `noise` is the standard
    deviation between trainings of one network (accuracies 0..1) where it is known from elsewhere; by default it is that
    of the recording (`training_noise`). Raises ValueError for a recording that is too small to fit.
    """

    def __init__(self, recording: Recording, landscape_seed: int = 0, noise: float | None = None) -> None:
        self.space = recording.header.space
        self._origin = f"a recording of {len(recording.trainings)} trainings ({recording.header.sounds})"
        trainings = [training for training in recording.trainings if epochs_of(training, "float")]
        # Repetitions reveal the noise of training; elsewhere they would count as networks of their own.
        self._trainings = [training for training in trainings if training.repetition == 0]
        recorded = [training.architecture for training in self._trainings]
        if not recorded:
            raise ValueError("the recording holds no training with a learning curve")
        self._features = BlockFeatures(self.space, recorded)
        self._recorded_features = np.array([self._features.of(architecture) for architecture in recorded])
        self._accuracies = np.array([training.int8_accuracy for training in self._trainings])
        noise = training_noise(trainings) if noise is None else noise
        fit = LandscapeFit(self._recorded_features, self._accuracies, noise)
        self.report: FitReport = fit.report
        self._seed = landscape_seed
        self._landscape = fit.sample(np.random.default_rng(landscape_seed))
        self._own: dict[str, list[RecordedTraining]] = {}
        for training in trainings:
            self._own.setdefault(training.architecture.network_hash, []).append(training)
        self._flops_exponent = _flops_exponent(self._trainings)
        self._curves = RecordedCurves(self._trainings)

    @property
    def plan(self) -> SimulatedPlan:
        """Plan with the recorded numbers of epochs."""
        first = self._trainings[0]
        return SimulatedPlan(epochs_of(first, "float"), epochs_of(first, "qat"))

    def evaluate(
        self, architecture: Architecture, pack: object, config: TrainingPlan, on_progress: OnProgress
    ) -> Evaluation:
        """Interface of `evaluation.evaluate` without training; `pack` is ignored. Raises as `simulate` does."""
        evaluation = self.simulate(architecture, config)
        report_progress(evaluation, on_progress)
        return evaluation

    def simulate(self, architecture: Architecture, plan: TrainingPlan | None = None) -> Evaluation:
        """Recorded training of `architecture` if there is one, else a simulated one.

        Of a network recorded several times, `plan.seed` chooses the training. With other epochs than recorded, the
        result is marked as simulated and rests on two assumptions. Every epoch is the recorded one at the same share of
        the training, because the learning rate falls to 0 in either. A shorter training ends where the mean of the
        recorded curves was by then, a longer one where they ended: both a little too low. Raises ValueError outside
        the space, InfeasibleArchitecture as `cost` does.
        """
        plan = plan or self.plan
        features = self._features.of(architecture)
        own = self._own.get(architecture.network_hash)
        if own:
            donor = own[plan.seed % len(own)]
            network = 0.0
        else:
            rng = self._rng(architecture, _TRAINING, plan.seed)
            noise = rng.normal(0.0, self.report.training_noise)
            accuracy = self._accuracy(architecture, features) + noise
            donor = self._donor(features, accuracy, rng)
            network = accuracy - donor.int8_accuracy
        learned = donor.float_accuracy + network - MAJORITY_ACCURACY
        difference = Difference(network, learned * (self._curves.share_learned(plan.trial_epochs) - 1))
        as_recorded = all(epochs == epochs_of(donor, phase) for phase, epochs in planned(plan).items())
        return self._evaluation(architecture, donor, plan, difference, RECORDED if own and as_recorded else SOURCE)

    def accuracy(self, architecture: Architecture) -> float:
        """Int8 accuracy (0..1) of the landscape after training as recorded, without training noise; for benchmarks.

        For a recorded network it differs from the recorded training. Raises as `simulate` does.
        """
        return self._accuracy(architecture, self._features.of(architecture))

    def _accuracy(self, architecture: Architecture, features: Values) -> float:
        own = self._rng(architecture, _OWN).normal(0.0, self.report.own_deviation)
        return float(np.clip(self._landscape.accuracy(features) + own, 0.0, 1.0))

    def _rng(self, architecture: Architecture, use: int, *seeds: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, use, int(architecture.network_hash[:16], 16), *seeds])

    def _donor(self, features: Values, accuracy: float, rng: np.random.Generator) -> RecordedTraining:
        """One of the recorded trainings that end most like this one, and among them of the networks most like it."""
        alike = np.argsort(np.abs(self._accuracies - accuracy), kind="stable")[:_ALIKE]
        distances = np.sum((self._recorded_features[alike] - features) ** 2, axis=1)
        nearest = alike[np.argsort(distances, kind="stable")[:_DONORS]]
        return self._trainings[int(rng.choice(nearest))]

    def _evaluation(
        self,
        architecture: Architecture,
        donor: RecordedTraining,
        plan: TrainingPlan,
        difference: Difference,
        source: str,
    ) -> Evaluation:
        counted = cost(architecture)
        slower = (counted.flops / cost(donor.architecture).flops) ** self._flops_exponent
        seconds = _seconds(donor, plan, slower)
        int8_accuracy = float(np.clip(donor.int8_accuracy + difference.total, 0.0, 1.0))
        curve = tuple(self._curves.moved(donor, plan, difference, seconds))
        result = EvaluationResult(
            float_accuracy=[point.eval_accuracy for point in curve if point.phase == "float"][-1],
            int8_accuracy=int8_accuracy,
            flash_bytes=counted.flash_bytes_estimate,
            flops=counted.flops,
            parameters=counted.parameters,
            energy_mj=predict_energy_mj(counted).energy_mj,
            energy_source=source,
            peak_activation_bytes=counted.peak_activation_bytes,
            confusion=synthetic_confusion(architecture.head.classes, int8_accuracy),
            seconds=seconds,
        )
        return Evaluation(result, NO_TFLITE[source], curve, {"source": source, "from": self._origin})


def training_noise(trainings: Sequence[RecordedTraining]) -> float:
    """Standard deviation of the int8 accuracy (0..1) over trainings of one network.

    From networks that were trained several times if there are enough. Else from differences between successive late
    epochs of one training: a lower bound, because other initial weights scatter at least as much.
    """
    by_network: dict[str, list[float]] = {}
    for training in trainings:
        by_network.setdefault(training.architecture.network_hash, []).append(training.int8_accuracy)
    if len(trainings) - len(by_network) >= _FEWEST_REPETITIONS:
        return pooled_deviation(by_network.values())
    steps = np.concatenate([_late_steps(training) for training in trainings])
    return float(np.sqrt(np.mean(steps**2) / 2)) if len(steps) else 0.0


def pooled_deviation(groups: Iterable[Sequence[float]]) -> float:
    """Standard deviation within groups of values, each about its own mean. Raises ValueError where none has two."""
    kept = [np.asarray(group) for group in groups if len(group) > 1]
    if not kept:
        raise ValueError("no group has two values")
    squares = sum(float(np.sum((group - group.mean()) ** 2)) for group in kept)
    return math.sqrt(squares / sum(len(group) - 1 for group in kept))


def _late_steps(training: RecordedTraining) -> Values:
    """Differences of the eval accuracy between successive epochs of a float training's end."""
    accuracies = values(training, "float", "eval_accuracy")
    return np.diff(accuracies[int(len(accuracies) * _LATE_SHARE) :])


def _seconds(donor: RecordedTraining, plan: TrainingPlan, slower: float) -> dict[str, float]:
    """Seconds by phase: those of the donor, scaled by the number of epochs and by `slower`."""
    seconds = dict(donor.seconds)
    for phase, epochs in planned(plan).items():
        recorded = epochs_of(donor, phase)
        seconds[phase] = seconds.get(phase, 0.0) * slower * (epochs / recorded if recorded else 0.0)
    return seconds


def _flops_exponent(trainings: Sequence[RecordedTraining]) -> float:
    """Exponent e (0..1) by which the seconds of float training grow as FLOPs^e."""
    known = [training for training in trainings if training.seconds.get("float", 0.0) > 0]
    flops = np.log([cost(training.architecture).flops for training in known])
    if len(known) < 2 or not np.ptp(flops):
        return 0.0
    seconds = np.log([training.seconds["float"] for training in known])
    return clipped(float(np.cov(flops, seconds)[0, 1] / np.var(flops, ddof=1)))
