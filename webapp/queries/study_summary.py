"""A whole study as JSON-able values: written by `--json` and read by notebooks."""

from collections import Counter
from typing import Any

from nas_engine.energy.battery import joules_a_day
from webapp.models import StoredArchitecture, Study, Trial
from webapp.queries.accuracy import EvaluationSplit, evaluation_split
from webapp.queries.budget import budget_of
from webapp.queries.energy_estimates import CurrentEstimate, estimate_of, source_of, trials_with_estimates
from webapp.queries.energy_models import large_fields
from webapp.translation import space_spec

_MEASURED = ("float_accuracy", "int8_accuracy", "stream_accuracy", "reward_accuracy", "streams")
_NAMED_ELSEWHERE = ("name", "notes", "dataset", "energy_model")


def study_summary(study_id: int) -> dict[str, Any]:
    """{"study": {...}, "trials": [...]}, trials by number; `tflite` is the file's name in the storage, or None."""
    studies = Study.objects.select_related("dataset", "energy_model__device").defer(*large_fields("energy_model"))
    study = studies.get(pk=study_id)
    related = ("architecture", "retried_from", "confirms")
    trials = list(trials_with_estimates(study).select_related(*related).order_by("number"))
    split = evaluation_split(study.dataset)
    summaries = [trial_summary(trial, estimate_of(trial), split) for trial in trials]
    return {"study": _study(study, trials), "trials": summaries}


def _study(study: Study, trials: list[Trial]) -> dict[str, Any]:
    split = evaluation_split(study.dataset)
    least = split.least_above_chance if split else 0.0
    completed = [trial for trial in trials if trial.state == Trial.State.COMPLETED]
    above_chance = [trial for trial in completed if (trial.int8_accuracy or 0.0) >= least]
    best = max(above_chance, key=lambda trial: estimate_of(trial).reward or 0.0, default=None)
    return {
        "id": study.pk,
        "name": study.name,
        "kind": study.kind,
        "notes": study.notes,
        "tags": study.tags,
        "archived": study.archived,
        "state": study.state,
        "reason": study.reason,
        "dataset": {
            "name": study.dataset.name,
            "synthetic": study.dataset.synthetic,
            "classes": study.dataset.classes,
            "counts": study.dataset.counts,
            "chance": split.chance if split else None,
        },
        "settings": _settings(study),
        "energy_source": source_of(study),
        "search_space": space_spec(study).to_json() if study.space_spec else None,
        "created_at": study.created_at.isoformat(),
        "started_at": study.started_at.isoformat() if study.started_at else None,
        "finished_at": study.finished_at.isoformat() if study.finished_at else None,
        "trials_by_state": dict(Counter(trial.state for trial in trials)),
        "trials_violating": sum(trial.violates_constraints for trial in trials),
        "trials_remaining": budget_of(study).remaining,
        "duplicates_answered": study.duplicates_answered,
        "best_trial": best.number if best else None,
    }


def _settings(study: Study) -> dict[str, Any]:
    plain = {name: getattr(study, name) for name in Study.SETTINGS if name not in _NAMED_ELSEWHERE}
    return plain | {"energy_model": str(study.energy_model) if study.energy_model else None}


def trial_summary(trial: Trial, estimate: CurrentEstimate, split: EvaluationSplit | None) -> dict[str, Any]:
    """One trial with this estimate, scored on this split; `tflite` as in `study_summary`."""
    accuracy = split.accuracy(trial.int8_accuracy) if split else None
    return {
        "number": trial.number,
        "label": trial.label,
        "state": trial.state,
        "violates_constraints": trial.violates_constraints,
        "reason": trial.reason,
        "notes": trial.notes,
        "tags": trial.tags,
        "retried_from": trial.retried_from.number if trial.retried_from else None,
        "confirms": trial.confirms.number if trial.confirms else None,
        **{name: getattr(trial, name) for name in Trial.ORIGIN},
        **_architecture(trial.architecture),
        **{name: getattr(trial, name) for name in _MEASURED},
        "int8_accuracy_95": [accuracy.low95, accuracy.high95] if accuracy else None,
        "int8_correct": accuracy.correct if accuracy else None,
        "evaluation_clips": accuracy.clips if accuracy else None,
        "flash_bytes": trial.flash_bytes,
        "energy_mj": estimate.energy_mj,
        "energy_low_mj": estimate.low_mj,
        "energy_high_mj": estimate.high_mj,
        "energy_source": estimate.source,
        "energy_outside": list(estimate.outside),
        "joules_a_day": None if estimate.energy_mj is None else joules_a_day(estimate.energy_mj),
        "reward": estimate.reward,
        "reward_formula": estimate.formula,
        "confusion": trial.confusion,
        "seconds": trial.seconds,
        "seed": trial.seed,
        "suggestion": trial.suggestion,
        "environment": trial.environment,
        "worker": trial.worker,
        "started_at": trial.started_at.isoformat() if trial.started_at else None,
        "finished_at": trial.finished_at.isoformat() if trial.finished_at else None,
        "tflite": trial.tflite.name or None,
    }


def _architecture(architecture: StoredArchitecture) -> dict[str, Any]:
    return {
        "architecture": architecture.spec,
        "architecture_hash": architecture.hash,
        "flops": architecture.flops or None,
        "parameters": architecture.parameters or None,
        "peak_activation_bytes": architecture.peak_activation_bytes or None,
    }
