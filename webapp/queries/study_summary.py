"""A whole study as JSON-able values: what `--json` writes and what a notebook reads."""

from collections import Counter
from typing import Any

from webapp.models import Study, Trial
from webapp.queries.budget import budget_of
from webapp.translation import space_spec

SETTINGS = (
    "space",
    "designer",
    "switch_at",
    "trial_budget",
    "full_epochs",
    "early_stopping",
    "stop_confidence",
    "batch_size",
    "seed",
    "energy_threshold_mj",
    "energy_step_mj",
    "energy_step_points",
    "flash_threshold_kb",
    "flash_step_kb",
    "flash_step_points",
    "screening",
    "flash_limit_kb",
    "peak_ram_limit_kb",
    "energy_limit_mj",
)


def study_summary(study_id: int) -> dict[str, Any]:
    """{"study": {...}, "trials": [...]}, trials by number; `tflite` is the file's name in the storage, or None."""
    study = Study.objects.select_related("dataset").get(pk=study_id)
    trials = list(study.trials.select_related("architecture", "retried_from").order_by("number"))
    return {"study": _study(study, trials), "trials": [trial_summary(trial) for trial in trials]}


def _study(study: Study, trials: list[Trial]) -> dict[str, Any]:
    completed = [trial for trial in trials if trial.state == Trial.State.COMPLETED]
    best = max(completed, key=lambda trial: trial.reward or 0.0, default=None)
    return {
        "id": study.pk,
        "name": study.name,
        "kind": study.kind,
        "notes": study.notes,
        "state": study.state,
        "reason": study.reason,
        "dataset": {
            "name": study.dataset.name,
            "synthetic": study.dataset.synthetic,
            "classes": study.dataset.classes,
            "counts": study.dataset.counts,
        },
        "settings": {name: getattr(study, name) for name in SETTINGS},
        "search_space": space_spec(study).to_json() if study.space_spec else None,
        "created_at": study.created_at.isoformat(),
        "started_at": study.started_at.isoformat() if study.started_at else None,
        "finished_at": study.finished_at.isoformat() if study.finished_at else None,
        "trials_by_state": dict(Counter(trial.state for trial in trials)),
        "trials_refused": sum(trial.screened_out for trial in trials),
        "trials_remaining": budget_of(study).remaining,
        "duplicates_answered": study.duplicates_answered,
        "best_trial": best.number if best else None,
    }


def trial_summary(trial: Trial) -> dict[str, Any]:
    """One trial; `tflite` as in `study_summary`."""
    architecture = trial.architecture
    return {
        "number": trial.number,
        "label": trial.label,
        "state": trial.state,
        "screened_out": trial.screened_out,
        "reason": trial.reason,
        "retried_from": trial.retried_from.number if trial.retried_from else None,
        "architecture": architecture.spec,
        "architecture_hash": architecture.hash,
        "flops": architecture.flops or None,
        "parameters": architecture.parameters or None,
        "peak_activation_bytes": architecture.peak_activation_bytes or None,
        "float_accuracy": trial.float_accuracy,
        "int8_accuracy": trial.int8_accuracy,
        "flash_bytes": trial.flash_bytes,
        "energy_mj": trial.energy_mj,
        "energy_source": trial.energy_source,
        "reward": trial.reward,
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
