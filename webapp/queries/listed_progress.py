"""Remaining time of a study of a given list, whose networks differ a hundredfold in cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nas_engine.trial_plan import rule_seconds
from webapp.models import Study, Trial

_FLOAT_SHARE = 0.85  # of a trial's time; simulated quantisation takes most of the rest
_LEAST_SHARE = 0.02  # of a trial, that has to be over before its pace means anything


class Underway(Protocol):
    """Progress of a running trial, from which its pace follows."""

    @property
    def phase(self) -> str: ...

    @property
    def epoch(self) -> int: ...

    @property
    def epochs(self) -> int: ...

    @property
    def elapsed_seconds(self) -> float: ...


@dataclass(frozen=True, slots=True)
class _Listed:
    """A trial: seconds by the rule of thumb, in all (None while its pace is not known), and those that have passed."""

    rule_seconds: float
    whole_seconds: float | None
    elapsed_seconds: float
    is_open: bool


def seconds_left_of_list(study: Study, running: Mapping[int, Underway], trainers: int) -> float | None:
    """Seconds until the last trial ends, at the pace of those that have ended and of those that run, by their numbers.

    None while the pace is unknown. One query.
    """
    clips = sum(study.dataset.counts.get("train", {}).values())
    found = study.trials.filter(state__in=[Trial.State.COMPLETED, *Trial.OPEN]).values_list(
        "number", "started_at", "finished_at", "architecture__flops"
    )
    trials = [
        _listed(start, end, running.get(number), rule_seconds(flops=flops, full_epochs=study.full_epochs, clips=clips))
        for number, start, end, flops in found
    ]
    known = [trial for trial in trials if trial.whole_seconds is not None]
    if not known:
        return None
    pace = sum(trial.whole_seconds or 0.0 for trial in known) / sum(trial.rule_seconds for trial in known)
    left = [
        max(0.0, (trial.whole_seconds or pace * trial.rule_seconds) - trial.elapsed_seconds)
        for trial in trials
        if trial.is_open
    ]
    return max([sum(left) / max(1, trainers, len(running)), *left])


def _listed(start: datetime | None, end: datetime | None, underway: Underway | None, rule: float) -> _Listed:
    if start and end:
        return _Listed(rule, (end - start).total_seconds(), 0.0, is_open=False)
    if underway is None:
        return _Listed(rule, None, 0.0, is_open=True)
    share = _share_done(underway)
    whole = underway.elapsed_seconds / share if share >= _LEAST_SHARE else None
    return _Listed(rule, whole, underway.elapsed_seconds, is_open=True)


def _share_done(trial: Underway) -> float:
    """0..1 of the trial's time, from its phase and epoch."""
    share = trial.epoch / trial.epochs if trial.epochs else 0.0
    if trial.phase == "float":
        return _FLOAT_SHARE * share
    return _FLOAT_SHARE + (1 - _FLOAT_SHARE) * share if trial.phase == "qat" else 0.0
