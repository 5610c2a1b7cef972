"""Early stopping of a running trial: the study's rule, evaluated after every float epoch.

The rule runs in the training worker itself, on rows alone: it never waits for a suggestion. The child waits for its
decision, some seconds at most.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from nas_engine.architecture import Architecture
from nas_engine.early_stopping import registry
from nas_engine.early_stopping.base import Curve, Decision, StoppingRule
from nas_engine.evaluation_result import Progress
from webapp import translation
from webapp.models import CurvePoint, Study, Trial

_STUDIES_KEPT = 4
WITH_CURVE = (Trial.State.COMPLETED, Trial.State.STOPPED)
"""How a trial may end so that rules learn from its curve."""

logger = logging.getLogger(__name__)
_curves: dict[tuple[int, int | None], dict[int, Curve]] = {}
"""By study and energy model, the curves of its ended trials by id: they are never rewritten, so each is read once."""


class StopCheck:
    """The decisions on one attempt at a trial."""

    def __init__(self, study: Study, architecture: Architecture) -> None:
        self._study = study
        self._hash = architecture.hash
        self._network = translation.described(architecture, study)
        self._accuracies: list[float] = []
        self._losses: list[float] = []
        self._decisions: list[dict[str, Any]] = []

    def after(self, progress: Progress) -> Decision | None:
        """Decision on a progress report; None where none is due, or where the rule itself failed."""
        if progress.phase != "float" or progress.eval_accuracy is None or progress.loss is None:
            return None
        self._accuracies.append(progress.eval_accuracy)
        self._losses.append(progress.loss)
        try:
            decision = self._decide(progress.epochs)
        except Exception:  # a failing rule must not end a training
            logger.exception("The stopping rule of study %d failed", self._study.pk)
            return None
        self._decisions.append(decision.to_json())
        return decision

    def record(self) -> dict[str, Any]:
        """All decisions so far, as `Trial.stopping` stores them."""
        study = self._study
        return {
            "rule": study.early_stopping,
            "confidence": study.stop_confidence,
            "penalty": self._network.penalty,
            "decisions": list(self._decisions),
        }

    def _decide(self, epochs: int) -> Decision:
        network = self._network
        running = Curve(
            accuracies=tuple(self._accuracies),
            features=network.features,
            penalty=network.penalty,
            losses=tuple(self._losses),
            network=self._hash,
            blocks=network.blocks,
        )
        return rule_of(self._study, epochs).decide(running, ended_curves(self._study))


def check_of(study: Study, architecture: Architecture) -> StopCheck | None:
    """None for a study without early stopping."""
    return None if study.early_stopping == Study.EarlyStopping.NONE else StopCheck(study, architecture)


def rule_of(study: Study, epochs: int) -> StoppingRule:
    """The study's rule for trainings of so many float epochs."""
    return registry.create(
        study.early_stopping,
        epochs=epochs,
        qat_epochs=study.qat_epochs,
        confidence=study.stop_confidence,
        seed=study.seed,
        is_linked=study.is_on_streams,
    )


def reason_of(decision: Mapping[str, Any]) -> str:
    """Why the trial was stopped, in words; its last decision as `Trial.stopping` stores it."""
    below = f"below the best ({decision['best_reward']:.3f}) with probability {decision['probability']:.3f}"
    stopped = f"Stopped after epoch {decision['epoch']}: its reward is forecast as {decision['forecast']:.3f}, {below}"
    if decision["threshold"] is None:
        return f"{stopped}."
    return f"{stopped}. Below {decision['threshold']:.3f} its further epochs are worth less than new trials."


def ended_curves(study: Study) -> list[Curve]:
    """The curves of completed and stopped trials in the order in which they ended."""
    ended = study.trials.filter(state__in=WITH_CURVE).order_by("finished_at", "number")
    return curves_of(study, list(ended.values_list("pk", flat=True)))


def curves_of(study: Study, ended: Sequence[int]) -> list[Curve]:
    """The curves of trials of the study that are completed or stopped, by their ids. Two queries, of what is new."""
    key = study.pk, study.energy_model_id
    known = _curves.pop(key, {})
    known.update(_read(study, [trial_id for trial_id in ended if trial_id not in known]))
    _curves[key] = known
    while len(_curves) > _STUDIES_KEPT:
        _curves.pop(next(iter(_curves)))
    return [known[trial_id] for trial_id in ended]


def _read(study: Study, trial_ids: Sequence[int]) -> dict[int, Curve]:
    epochs: dict[int, list[tuple[float, float]]] = {trial_id: [] for trial_id in trial_ids}
    points = CurvePoint.objects.filter(trial__in=trial_ids, phase="float").order_by("trial", "epoch")
    for trial_id, accuracy, loss in points.values_list("trial_id", "eval_accuracy", "loss"):
        epochs[trial_id].append((accuracy, loss))
    read = {}
    for trial in Trial.objects.filter(pk__in=trial_ids).select_related("architecture"):
        network = translation.described(translation.architecture(trial.architecture), study)
        read[trial.pk] = Curve(
            accuracies=tuple(accuracy for accuracy, _ in epochs[trial.pk]),
            features=network.features,
            penalty=network.penalty,
            final_accuracy=trial.reward_accuracy,
            clip_accuracy=trial.int8_accuracy if study.is_on_streams else None,
            losses=tuple(loss for _, loss in epochs[trial.pk]),
            network=trial.architecture_id,
            blocks=network.blocks,
        )
    return read
