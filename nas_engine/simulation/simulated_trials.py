"""Trials of a simulated search: a training advances epoch by epoch, and a stopping rule may end it as in a study."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.designers.base import Objectives, Outcome, Suggestion
from nas_engine.early_stopping.base import Curve, Decision, StoppingRule
from nas_engine.evaluation_result import Evaluation, EvaluationResult
from nas_engine.reward import RewardBreakdown, RewardParameters, reward_breakdown
from nas_engine.search_space.architecture_features import block_vector, feature_vector


@dataclass(frozen=True, slots=True)
class SimulatedTrial:
    """Ended trial; begin and end are in simulated seconds after the study began.

    `reward` is None where it was stopped early; `whole_seconds` is the duration of its whole training. A confirmation
    trains the network of an earlier trial again.
    """

    number: int
    architecture: Architecture
    reward: float | None
    epochs: int
    begun_seconds: float
    ended_seconds: float
    whole_seconds: float
    is_confirmation: bool = False


@dataclass(frozen=True, slots=True)
class SimulatedSearch:
    """One search: trials in the order in which they ended, numbers of violating and of repeated suggestions.

    `ended_early` is the reason why the budget was not used up; "" where it was.
    """

    trials: tuple[SimulatedTrial, ...]
    violating: int
    duplicates_answered: int
    ended_early: str = ""

    @property
    def best_rewards(self) -> tuple[float, ...]:
        """Best measured reward after 1, 2, ... trials, confirmations included; minus infinity before the first."""
        rewards = [-np.inf if trial.reward is None else trial.reward for trial in self.trials]
        return tuple(np.maximum.accumulate(rewards).tolist())

    @property
    def training_seconds(self) -> float:
        """Seconds of training, all trainers together."""
        return sum(trial.ended_seconds - trial.begun_seconds for trial in self.trials)

    @property
    def saved_seconds(self) -> float:
        """Seconds of training saved by stopping, all trainers together."""
        return sum(trial.begun_seconds + trial.whole_seconds - trial.ended_seconds for trial in self.stopped)

    @property
    def saved_share(self) -> float:
        """Share (0..1) of the seconds of whole trainings that was saved by stopping."""
        whole = self.training_seconds + self.saved_seconds
        return self.saved_seconds / whole if whole else 0.0

    @property
    def stopped(self) -> tuple[SimulatedTrial, ...]:
        """Trials that were stopped early."""
        return tuple(trial for trial in self.trials if trial.reward is None)

    @property
    def wall_seconds(self) -> float:
        """Seconds from the beginning of the study to the end of its last trial."""
        return max((trial.ended_seconds for trial in self.trials), default=0.0)


class SimulatedTraining:
    """Running trial. Call `advance` at each of its moments: the ends of its float epochs, and its end.

    A stopped training ends with the epoch that the decision follows, as a real one does whose worker answers in time.
    Without a `rule` its end is the only moment, and that of a confirmation, which is never stopped.
    """

    def __init__(
        self,
        number: int,
        suggestion: Suggestion,
        evaluation: Evaluation,
        begun_seconds: float,
        rewards: RewardParameters,
        rule: StoppingRule | None = None,
        *,
        is_confirmation: bool = False,
    ) -> None:
        self.number = number
        self.is_confirmation = is_confirmation
        self.suggestion = suggestion
        self._result = evaluation.result
        self._points = evaluation.curve
        self._begun_seconds = begun_seconds
        self._rewards = rewards
        self._rule = None if is_confirmation else rule
        self._features = feature_vector(suggestion.architecture) if rule else ()
        self._blocks = block_vector(suggestion.architecture) if rule else ()
        self._penalty = self._breakdown(1.0).penalty
        self._float_points = tuple(point for point in self._points if point.phase == "float")
        self._checked_epochs = 0
        self._stopped_by: Decision | None = None

    @property
    def moment_seconds(self) -> float:
        """Time of the next moment, in seconds after the study began."""
        epochs = self._trained_epochs if self._is_ending else self._checked_epochs + 1
        return self._begun_seconds + self._point_seconds(epochs)

    def advance(self, ended: Sequence[Curve]) -> bool:
        """Apply the rule; returns whether the trial ends now. `ended`: curves of the trials that have ended by now."""
        if self._rule is None or self._is_ending:
            return True
        self._checked_epochs += 1
        decision = self._rule.decide(self._curve(self._checked_epochs), ended)
        if decision.stop and decision.forecast is not None:
            self._stopped_by = decision
        return False

    @property
    def trial(self) -> SimulatedTrial:
        """Trial as it ended."""
        return SimulatedTrial(
            self.number,
            self.suggestion.architecture,
            None if self._is_stopped else self._breakdown(self._result.reward_accuracy).reward,
            self._trained_epochs,
            self._begun_seconds,
            self.moment_seconds,
            self._whole_seconds,
            self.is_confirmation,
        )

    @property
    def outcome(self) -> Outcome:
        """Outcome reported to the designer; the reward of a stopped trial is its forecast."""
        result = self._result
        architecture, metadata = self.suggestion.architecture, self.suggestion.metadata
        if self._stopped_by is not None:
            return Outcome(
                self.number,
                architecture,
                self._stopped_by.forecast,
                metadata,
                deviation=self._stopped_by.deviation or 0.0,
                trained_share=self._trained_epochs / len(self._points),
            )
        objectives = Objectives(result.reward_accuracy, result.energy_mj, result.flash_bytes)
        return Outcome(self.number, architecture, self.trial.reward, metadata, objectives)

    @property
    def curve(self) -> Curve:
        """Curve of the ended trial, for the stopping rule."""
        float_epochs = min(self._trained_epochs, len(self._float_points))
        return self._curve(float_epochs, None if self._is_stopped else self._result)

    @property
    def _is_stopped(self) -> bool:
        return self._stopped_by is not None

    @property
    def _is_ending(self) -> bool:
        return self._rule is None or self._is_stopped or self._checked_epochs == len(self._float_points)

    @property
    def _trained_epochs(self) -> int:
        return self._checked_epochs if self._is_stopped else len(self._points)

    @property
    def _whole_seconds(self) -> float:
        return sum(self._result.seconds.values())

    def _point_seconds(self, epochs: int) -> float:
        """Seconds from its beginning to the end of epoch `epochs`; after the last epoch, to its end."""
        return self._whole_seconds if epochs == len(self._points) else self._points[epochs - 1].seconds

    def _curve(self, float_epochs: int, result: EvaluationResult | None = None) -> Curve:
        seen = self._float_points[:float_epochs]
        return Curve(
            accuracies=tuple(point.eval_accuracy for point in seen),
            features=self._features,
            penalty=self._penalty,
            final_accuracy=None if result is None else result.reward_accuracy,
            clip_accuracy=result.int8_accuracy if result and result.streams else None,
            losses=tuple(point.loss for point in seen),
            network=self.suggestion.architecture.hash,
            blocks=self._blocks,
        )

    def _breakdown(self, accuracy: float) -> RewardBreakdown:
        return reward_breakdown(accuracy, self._result.energy_mj, self._result.flash_bytes, self._rewards)
