"""A study's trials as flat rows, for people who go on in a notebook or a spreadsheet."""

from collections.abc import Iterator
from typing import Any

from webapp.models import Study, Trial
from webapp.queries.accuracy import Accuracy, evaluation_split
from webapp.queries.energy_estimates import estimate_of, trials_with_estimates
from webapp.queries.pages.results import results
from webapp.queries.pages.trials import TrialFilter, filtered_trials, ordered_trials, seconds_between
from webapp.queries.summaries import summary

COLUMNS = (
    "number", "label", "state", "reward", "reward_accuracy", "int8_accuracy", "stream_accuracy", "float_accuracy",
    "int8_correct", "evaluation_clips", "int8_low95", "int8_high95", "chance", "energy_mj", "energy_source",
    "energy_low_mj", "energy_high_mj", "reward_formula",
    "flash_bytes", "flops", "parameters", "peak_activation_bytes", "seconds", "seed", "retried_from",
    "confirms", "origin", "origin_note", "outside_space",
    "architecture_hash", "blocks", "worker", "requested_at", "started_at", "finished_at",
    "violates_constraints", "reason",
)  # fmt: skip
_ACCURACIES = ("reward_accuracy", "int8_accuracy", "stream_accuracy", "float_accuracy")
_ROWS_AT_ONCE = 500


def trial_rows(study: Study, wanted: TrialFilter | None = None) -> Iterator[dict[str, Any]]:
    """One dict of COLUMNS a trial, at its current estimate; read in pieces.

    All trials in the order of numbers or, with a filter, those that the study's table shows, on all its pages and in
    its order.
    """
    split = evaluation_split(study.dataset)
    if wanted is None:
        found = trials_with_estimates(study).order_by("number")
    else:
        found = ordered_trials(study, filtered_trials(study, results(study), wanted), wanted)
    trials = found.select_related("architecture", "retried_from", "confirms")
    for trial in trials.iterator(chunk_size=_ROWS_AT_ONCE):
        yield _row(trial, split.accuracy(trial.int8_accuracy) if split else None)


def _row(trial: Trial, accuracy: Accuracy | None) -> dict[str, Any]:
    """A trial that comes from `with_estimates`."""
    estimate = estimate_of(trial)
    return {
        "number": trial.number,
        "label": trial.label,
        "state": trial.state,
        "reward": estimate.reward,
        **{name: getattr(trial, name) for name in _ACCURACIES},
        "int8_correct": accuracy.correct if accuracy else None,
        "evaluation_clips": accuracy.clips if accuracy else None,
        "int8_low95": accuracy.low95 if accuracy else None,
        "int8_high95": accuracy.high95 if accuracy else None,
        "chance": accuracy.chance if accuracy else None,
        "energy_mj": estimate.energy_mj,
        "energy_source": estimate.source,
        "energy_low_mj": estimate.low_mj,
        "energy_high_mj": estimate.high_mj,
        "reward_formula": estimate.formula,
        "flash_bytes": trial.flash_bytes,
        "flops": trial.architecture.flops or None,
        "parameters": trial.architecture.parameters or None,
        "peak_activation_bytes": trial.architecture.peak_activation_bytes or None,
        "seconds": seconds_between(trial.started_at, trial.finished_at),
        "seed": trial.seed,
        "retried_from": trial.retried_from.number if trial.retried_from else None,
        "confirms": trial.confirms.number if trial.confirms else None,
        **{name: getattr(trial, name) for name in Trial.ORIGIN},
        "architecture_hash": trial.architecture.hash,
        "blocks": summary(trial.architecture.spec),
        "worker": trial.worker,
        "requested_at": trial.requested_at.isoformat(),
        "started_at": trial.started_at.isoformat() if trial.started_at else None,
        "finished_at": trial.finished_at.isoformat() if trial.finished_at else None,
        "violates_constraints": trial.violates_constraints,
        "reason": trial.reason,
    }
