"""Remaining time of a study of a given list, whose networks differ a hundredfold in cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from nas_engine.trial_plan import Pace, TrialTime, pace, rule_time, taken_time
from webapp.models import Study, Trial

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
    """A trial: its time by the rule of thumb, the time that it took if it has ended, its progress if it runs."""

    rule: TrialTime
    taken: TrialTime | None
    underway: Underway | None

    def whole_seconds(self, known: Pace | None) -> float | None:
        """Seconds in all of an open trial, by its own progress or at the `known` pace; None where neither is known."""
        expected = known.applied_to(self.rule) if known else self.rule
        share = self._share_done(expected)
        if self.underway and share >= _LEAST_SHARE:
            return self.underway.elapsed_seconds / share
        return expected.total if known else None

    def _share_done(self, expected: TrialTime) -> float:
        underway = self.underway
        return expected.share_done(underway.phase, underway.epoch, underway.epochs) if underway else 0.0


def seconds_left_of_list(study: Study, running: Mapping[int, Underway], trainers: int) -> float | None:
    """Seconds until the last trial ends, at the pace of those that have ended and of those that run, by their numbers.

    None while the pace is unknown. One query.
    """
    trials = _listed(study, running)
    known = pace((trial.taken, trial.rule) for trial in trials if trial.taken) or _pace_of_running(trials)
    if known is None:
        return None
    left = [_left(trial, known) for trial in trials if trial.taken is None]
    return max([sum(left) / max(1, trainers, len(running)), *left])


def _listed(study: Study, running: Mapping[int, Underway]) -> list[_Listed]:
    clips = sum(study.dataset.counts.get("train", {}).values())
    found = study.trials.filter(state__in=[Trial.State.COMPLETED, *Trial.OPEN]).values_list(
        "number", "started_at", "finished_at", "seconds", "architecture__flops"
    )
    trials = []
    for number, start, end, phases, flops in found:
        rule = rule_time(flops=flops, full_epochs=study.full_epochs, qat_epochs=study.qat_epochs, clips=clips)
        taken = taken_time((end - start).total_seconds(), phases, rule) if start and end else None
        trials.append(_Listed(rule, taken, running.get(number)))
    return trials


def _pace_of_running(trials: list[_Listed]) -> Pace | None:
    """Before a first trial has ended, all of a trial is as fast as what has passed of it."""
    whole = [(trial.whole_seconds(None), trial.rule) for trial in trials]
    return pace((taken_time(seconds, {}, rule), rule) for seconds, rule in whole if seconds is not None)


def _left(trial: _Listed, known: Pace) -> float:
    elapsed = trial.underway.elapsed_seconds if trial.underway else 0.0
    return max(0.0, (trial.whole_seconds(known) or 0.0) - elapsed)
