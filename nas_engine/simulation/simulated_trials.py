"""Trials of a simulated search: a training passes epoch by epoch, and a stopping rule may end it as in a study."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.architecture_features import feature_vector
from nas_engine.designers.base import Objectives, Outcome, Suggestion
from nas_engine.early_stopping.base import Curve, StoppingRule
from nas_engine.evaluation_result import Evaluation
from nas_engine.reward import RewardBreakdown, RewardParameters, reward_breakdown


@dataclass(frozen=True, slots=True)
class SimulatedTrial:
    """A trial that has ended; begin and end in seconds after the study began, all of them spent on the trial.

    `reward` is None where it was stopped early; `whole_seconds` is what it takes when it trains to its end.
    """

    number: int
    architecture: Architecture
    reward: float | None
    epochs: int
    begun_seconds: float
    ended_seconds: float
    whole_seconds: float


@dataclass(frozen=True, slots=True)
class SimulatedSearch:
    """One search: its trials in the order in which they ended, how many suggestions were refused and repeated.

    `ended_early` says why the budget was not used up; "" where it was.
    """

    trials: tuple[SimulatedTrial, ...]
    violating: int
    duplicates_answered: int
    ended_early: str = ""

    @property
    def best_rewards(self) -> tuple[float, ...]:
        """The best reward after 1, 2, ... trials."""
        rewards = [-np.inf if trial.reward is None else trial.reward for trial in self.trials]
        return tuple(np.maximum.accumulate(rewards).tolist())

    @property
    def training_seconds(self) -> float:
        """Of all trainers together."""
        return sum(trial.ended_seconds - trial.begun_seconds for trial in self.trials)

    @property
    def saved_seconds(self) -> float:
        """By which training the same trials to their ends would have taken longer, of all trainers together."""
        return sum(trial.begun_seconds + trial.whole_seconds - trial.ended_seconds for trial in self.stopped)

    @property
    def saved_share(self) -> float:
        """0..1, of the seconds to the ends."""
        whole = self.training_seconds + self.saved_seconds
        return self.saved_seconds / whole if whole else 0.0

    @property
    def stopped(self) -> tuple[SimulatedTrial, ...]:
        return tuple(trial for trial in self.trials if trial.reward is None)

    @property
    def wall_seconds(self) -> float:
        """From the first trial's beginning to the last one's end."""
        return max((trial.ended_seconds for trial in self.trials), default=0.0)


class Training:
    """A trial that a trainer is at: `advance` it at each of its moments, the ends of its float epochs and its end.

    A training that is stopped ends with its next epoch, where a real one looks whether it shall go on. Without a `rule`
    its end is the only moment.
    """

    def __init__(
        self,
        number: int,
        suggestion: Suggestion,
        evaluation: Evaluation,
        begun_seconds: float,
        rewards: RewardParameters,
        rule: StoppingRule | None = None,
    ) -> None:
        self.number = number
        self.suggestion = suggestion
        self._measured = evaluation.result
        self._points = evaluation.curve
        self._begun_seconds = begun_seconds
        self._rewards = rewards
        self._rule = rule
        self._features = feature_vector(suggestion.architecture) if rule else ()
        self._penalty = self._breakdown(1.0).penalty
        self._float_points = tuple(point for point in self._points if point.phase == "float")
        self._asked = 0
        self._forecast: float | None = None

    @property
    def moment_seconds(self) -> float:
        """When its next moment is, after the study began."""
        return self._begun_seconds + self._point_seconds(self._trained_epochs if self._is_ending else self._asked + 1)

    def advance(self, ended: Sequence[Curve]) -> bool:
        """Whether the trial ends with its next moment; `ended` are the study's trials that have ended by then."""
        if self._rule is None or self._is_ending:
            return True
        self._asked += 1
        decision = self._rule.decide(self._curve(self._asked), ended)
        if decision.stop:
            self._forecast = decision.forecast
        return False

    @property
    def trial(self) -> SimulatedTrial:
        """What has become of it."""
        return SimulatedTrial(
            self.number,
            self.suggestion.architecture,
            None if self._is_stopped else self._breakdown(self._measured.int8_accuracy).reward,
            self._trained_epochs,
            self._begun_seconds,
            self.moment_seconds,
            self._whole_seconds,
        )

    @property
    def outcome(self) -> Outcome:
        """What the designer is told: of a trial that was stopped, the forecast."""
        measured, reward_ = self._measured, self.trial.reward
        architecture, metadata = self.suggestion.architecture, self.suggestion.metadata
        if reward_ is None:
            return Outcome(self.number, architecture, self._forecast, metadata)
        objectives = Objectives(measured.int8_accuracy, measured.energy_mj, measured.flash_bytes)
        return Outcome(self.number, architecture, reward_, metadata, objectives)

    @property
    def curve(self) -> Curve:
        """What the rule learns from it."""
        float_epochs = min(self._trained_epochs, len(self._float_points))
        return self._curve(float_epochs, None if self._is_stopped else self._measured.int8_accuracy)

    @property
    def _is_stopped(self) -> bool:
        return self._forecast is not None

    @property
    def _is_ending(self) -> bool:
        return self._rule is None or self._is_stopped or self._asked == len(self._float_points)

    @property
    def _trained_epochs(self) -> int:
        return min(self._asked + 1, len(self._points)) if self._is_stopped else len(self._points)

    @property
    def _whole_seconds(self) -> float:
        return sum(self._measured.seconds.values())

    def _point_seconds(self, epochs: int) -> float:
        """From its beginning to the end of so many epochs; after the last, to its own end."""
        return self._whole_seconds if epochs == len(self._points) else self._points[epochs - 1].seconds

    def _curve(self, float_epochs: int, final_accuracy: float | None = None) -> Curve:
        seen = self._float_points[:float_epochs]
        return Curve(
            accuracies=tuple(point.eval_accuracy for point in seen),
            features=self._features,
            penalty=self._penalty,
            final_accuracy=final_accuracy,
            losses=tuple(point.loss for point in seen),
        )

    def _breakdown(self, accuracy: float) -> RewardBreakdown:
        return reward_breakdown(accuracy, self._measured.energy_mj, self._measured.flash_bytes, self._rewards)
