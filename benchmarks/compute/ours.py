"""Earshot as an entrant: a designer and a stopping rule, called as in a study with one trainer.

A network that the rule confirms is trained again, whole, and its designer hears nothing of it.
"""

from collections import deque
from dataclasses import replace

import numpy as np

from benchmarks.search_landscapes import PARAMETERS, PENALTY
from nas_engine.architecture import Architecture
from nas_engine.designers.base import Designer, Objectives, Outcome, Suggestion
from nas_engine.designers.deduplication import fill
from nas_engine.early_stopping import registry
from nas_engine.early_stopping.base import Curve, Decision, StoppingRule
from nas_engine.early_stopping.marginal_value.rule import MarginalValue
from nas_engine.evaluation_result import EpochResult, EvaluationResult
from nas_engine.reward import reward
from nas_engine.search_space.architecture_features import block_vector, feature_vector
from nas_engine.search_space.space import SearchSpace
from nas_engine.trial_plan import FEWEST_OPEN


class OurEntrant:
    """A designer with a stopping rule. The best finished trial is handed over, with marginal value the expected best.

    `epochs` are those of a whole training, with QAT. With `by_measured` the best finished trial is handed over in any
    case.
    """

    def __init__(
        self,
        space: SearchSpace,
        designer: Designer,
        rule: StoppingRule,
        seed: int,
        epochs: int,
        *,
        by_measured: bool = False,
    ) -> None:
        self._space = space
        self.designer = designer
        self._rule = rule
        self._whole_epochs = epochs
        self._by_measured = by_measured
        self._rng = np.random.default_rng(seed)
        self._waiting: deque[Suggestion] = deque()
        self._confirmed: Architecture | None = None
        self._finished: dict[str, Outcome] = {}
        self._ended: list[Curve] = []
        self._best: tuple[float, Architecture] | None = None
        self._decision: Decision | None = None
        self._curve = Curve((), (), 0.0)

    def begin(self) -> Architecture:
        confirmed = registry.to_confirm(self._rule, self._ended)
        self._confirmed = None if confirmed is None else self._finished[confirmed].architecture
        architecture = self._confirmed or self._suggested()
        self._curve = Curve(
            (),
            feature_vector(architecture),
            PENALTY(architecture),
            network=architecture.hash,
            blocks=block_vector(architecture),
        )
        return architecture

    def _suggested(self) -> Architecture:
        while len(self._waiting) < FEWEST_OPEN:
            waiting = [suggestion.architecture for suggestion in self._waiting]
            filled = fill(self.designer, 1, space=self._space, finished=self._finished, pending=waiting, rng=self._rng)
            self._waiting.append(filled.suggestions[0])
        return self._waiting[0].architecture

    def stops(self, point: EpochResult) -> bool:
        curve = self._curve
        accuracies, losses = (*curve.accuracies, point.eval_accuracy), (*curve.losses, point.loss)
        self._curve = replace(curve, accuracies=accuracies, losses=losses)
        if self._confirmed is not None:
            return False
        self._decision = self._rule.decide(self._curve, self._ended)
        return self._decision.stop

    def end(self, result: EvaluationResult | None) -> None:
        final = None if result is None else result.int8_accuracy
        self._ended.append(replace(self._curve, final_accuracy=final))
        if self._confirmed is not None:
            if result is not None:
                self._remember(self._confirmed, result)
            return
        suggestion = self._waiting.popleft()
        outcome = self._forecast(suggestion) if result is None else self._measured(suggestion, result)
        self._finished[suggestion.architecture.hash] = outcome
        self.designer.update([outcome])

    def incumbent(self) -> Architecture | None:
        if isinstance(self._rule, MarginalValue) and not self._by_measured:
            best = self._rule.expected_best(self._ended)
            if best is not None:
                return self._finished[best].architecture
        return self._best[1] if self._best else None

    def best_measured(self, most: int) -> list[Architecture]:
        """Networks of the highest rewards among those trained to their ends, best first."""
        measured = [outcome for outcome in self._finished.values() if outcome.objectives is not None]
        best = sorted(measured, key=lambda outcome: -(outcome.reward or 0.0))[:most]
        return [outcome.architecture for outcome in best]

    def _remember(self, architecture: Architecture, result: EvaluationResult) -> float:
        """Reward of a finished training, which is the best if none is higher."""
        found = reward(result.int8_accuracy, result.energy_mj, result.flash_bytes, PARAMETERS)
        if self._best is None or found > self._best[0]:
            self._best = found, architecture
        return found

    def _measured(self, suggestion: Suggestion, result: EvaluationResult) -> Outcome:
        found = self._remember(suggestion.architecture, result)
        objectives = Objectives(result.int8_accuracy, result.energy_mj, result.flash_bytes)
        return Outcome(len(self._finished) + 1, suggestion.architecture, found, suggestion.metadata, objectives)

    def _forecast(self, suggestion: Suggestion) -> Outcome:
        decision = self._decision
        return Outcome(
            len(self._finished) + 1,
            suggestion.architecture,
            decision.forecast if decision else None,
            suggestion.metadata,
            deviation=(decision and decision.deviation) or 0.0,
            trained_share=len(self._curve.accuracies) / self._whole_epochs,
        )
