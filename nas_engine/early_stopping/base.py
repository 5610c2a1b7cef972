"""Protocol of a stopping rule, its input (learning curves) and its output (decisions)."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

from scipy.special import ndtr

_BAND_DEVIATIONS = 1.96  # 95 % of a normal distribution


@dataclass(frozen=True, slots=True)
class Curve:
    """Learning curve of one trial.

    `accuracies` are the eval accuracies (0..1) after float epochs 1, 2, ...; `features` are the architecture's
    (`architecture_features.feature_vector`) and `blocks` its blocks (`block_vector`), equally many in every curve of a
    study; `penalty` is what Equation 1 subtracts from the accuracy, estimated before the training. `final_accuracy` is
    the one that Equation 1 takes of the .tflite file, None where the trial runs or was stopped early; `clip_accuracy`
    is the file's on the clips that `accuracies` are of, None where that is `final_accuracy` itself. `losses` are the
    mean training losses of the same epochs, empty where they are not known. `network` is the network's hash: trainings
    that share it are of one network; "" is of none.

    Raises ValueError for a number that is not finite, or another number of losses.
    """

    accuracies: tuple[float, ...]
    features: tuple[float, ...]
    penalty: float
    final_accuracy: float | None = None
    losses: tuple[float, ...] = ()
    network: str = ""
    blocks: tuple[float, ...] = ()
    clip_accuracy: float | None = None

    def __post_init__(self) -> None:
        finals = tuple(value for value in (self.final_accuracy, self.clip_accuracy) if value is not None)
        named = (("accuracies", self.accuracies), ("features", self.features), ("final_accuracy", finals))
        for name, values in (*named, ("penalty", (self.penalty,)), ("losses", self.losses)):
            if not all(map(math.isfinite, values)):
                raise ValueError(f"a curve's {name} must be finite, not {values}")
        if self.losses and len(self.losses) != len(self.accuracies):
            raise ValueError(f"a curve of {len(self.accuracies)} epochs has {len(self.losses)} losses")

    def cut(self, epochs: int) -> "Curve":
        """Curve of the same trial after `epochs` float epochs."""
        cut = replace(self, final_accuracy=None, clip_accuracy=None)
        return replace(cut, accuracies=self.accuracies[:epochs], losses=self.losses[:epochs])

    @property
    def reward(self) -> float | None:
        """Reward of a finished trial with the estimated penalty, else None."""
        return None if self.final_accuracy is None else self.final_accuracy - self.penalty


@dataclass(frozen=True, slots=True)
class Forecast:
    """Normal distribution of the final reward: mean and standard deviation."""

    reward: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Decision:
    """Decision of a rule after float epoch `epoch`, with its reasons.

    `forecast` is the mean of the final reward, `low` and `high` are the ends of its 95 % interval, `best_reward` is the
    best of the finished trials, and `probability` (0..1) that of ending below it; the trial is stopped where it reaches
    `required` (0..1). The six are None where the rule had too few data for a forecast. `forecast` + `penalty` is the
    forecast of the accuracy. `rate` is the improvement of the best reward expected for an epoch of new trainings, and
    `threshold` the forecast from which going on is worth more than those; None where the rule does not compare.
    """

    epoch: int
    stop: bool
    penalty: float
    forecast: float | None = None
    low: float | None = None
    high: float | None = None
    best_reward: float | None = None
    probability: float | None = None
    required: float | None = None
    rate: float | None = None
    threshold: float | None = None

    @property
    def deviation(self) -> float | None:
        """Standard deviation of the final reward; None without a forecast."""
        return None if self.low is None or self.high is None else deviation_of(self.low, self.high)

    def to_json(self) -> dict[str, Any]:
        """All fields by name; stored with the epoch."""
        return asdict(self)


class StoppingRule(Protocol):
    """Decides after each epoch whether a training continues.

    A rule is stateless: equal arguments give an equal decision, in any process and after any earlier calls.
    """

    def decide(self, running: Curve, ended: Sequence[Curve]) -> Decision:
        """Decision on `running`, a curve of at least one epoch; `ended`: curves of ended trials, in order of ending."""
        ...


def deviation_of(low: float, high: float) -> float:
    """Standard deviation of a normal distribution with these ends of its 95 % interval."""
    return (high - low) / (2 * _BAND_DEVIATIONS)


def continue_training(running: Curve) -> Decision:
    """Decision to continue without a forecast."""
    return Decision(len(running.accuracies), stop=False, penalty=running.penalty)


def best_reward(ended: Sequence[Curve]) -> float | None:
    """Best reward of the finished trials, None where none is finished."""
    return max((curve.reward for curve in ended if curve.reward is not None), default=None)


def compare(running: Curve, forecast: Forecast, best: float, required: float) -> Decision:
    """Decision to stop if `forecast` is below `best` with a probability of at least `required` (0..1)."""
    probability = float(ndtr((best - forecast.reward) / forecast.deviation))
    margin = _BAND_DEVIATIONS * forecast.deviation
    return Decision(
        epoch=len(running.accuracies),
        stop=probability >= required,
        penalty=running.penalty,
        forecast=forecast.reward,
        low=forecast.reward - margin,
        high=forecast.reward + margin,
        best_reward=best,
        probability=probability,
        required=required,
    )
