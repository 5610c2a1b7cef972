"""What every stopping rule is: a protocol of one method, and the values that go in and out."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

from scipy.special import ndtr

_BAND_DEVIATIONS = 1.96  # 95 % of a normal distribution


@dataclass(frozen=True, slots=True)
class Curve:
    """One trial as a stopping rule sees it.

    `accuracies` are the eval accuracies (0..1) after float epochs 1, 2, ...; `features` describe the architecture
    (`features.describe`), equally many in every curve of a study; `penalty` is what Equation 1 takes from the accuracy
    for energy and flash, estimated before the training. `final_accuracy` is that of the .tflite file, None where the
    trial runs or was stopped early. `losses` are the mean training losses of the same epochs, none where they are not
    known. Raises ValueError for a number that is not finite, or another number of losses.
    """

    accuracies: tuple[float, ...]
    features: tuple[float, ...]
    penalty: float
    final_accuracy: float | None = None
    losses: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        finals = () if self.final_accuracy is None else (self.final_accuracy,)
        named = (("accuracies", self.accuracies), ("features", self.features), ("final_accuracy", finals))
        for name, values in (*named, ("penalty", (self.penalty,)), ("losses", self.losses)):
            if not all(map(math.isfinite, values)):
                raise ValueError(f"a curve's {name} must be finite, not {values}")
        if self.losses and len(self.losses) != len(self.accuracies):
            raise ValueError(f"a curve of {len(self.accuracies)} epochs has {len(self.losses)} losses")

    def cut(self, epochs: int) -> "Curve":
        """The same trial when it had trained so many float epochs."""
        return replace(self, accuracies=self.accuracies[:epochs], losses=self.losses[:epochs], final_accuracy=None)

    @property
    def reward(self) -> float | None:
        """The reward of a finished trial, with the estimated penalty."""
        return None if self.final_accuracy is None else self.final_accuracy - self.penalty


@dataclass(frozen=True, slots=True)
class Forecast:
    """A normal distribution over the final reward."""

    reward: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What a rule said after float epoch `epoch`, and why.

    `forecast` is the mean of the final reward, `low` and `high` are the ends of its 95 % band, `best_reward` is the
    best of the finished trials, and `probability` (0..1) that of ending below it; the trial is stopped from `required`
    on. The six are None where the rule had too little to forecast from. `penalty` added to the forecast gives the
    forecast of the accuracy.
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

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class StoppingRule(Protocol):
    """Says after each epoch whether a training goes on.

    A rule holds no truth: equal arguments give an equal decision, in any process and whatever was asked before.
    """

    def decide(self, running: Curve, ended: Sequence[Curve]) -> Decision:
        """`running` has at least one epoch; `ended` are the study's finished and stopped trials as they ended."""
        ...


def go_on(running: Curve) -> Decision:
    """The decision of a rule that has nothing to say."""
    return Decision(len(running.accuracies), stop=False, penalty=running.penalty)


def best_reward(ended: Sequence[Curve]) -> float | None:
    """The best reward of the finished trials, None where none is finished."""
    return max((curve.reward for curve in ended if curve.reward is not None), default=None)


def compare(running: Curve, forecast: Forecast, best: float, required: float) -> Decision:
    """Stop if `forecast` is below `best` with a probability of at least `required`."""
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
