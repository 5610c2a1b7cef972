"""Whether a running study has met one of its stop rules, and by which figures.

| symbol | meaning |
|---|---|
| n | trials that count: completed or stopped early, in the order in which they ended |
| rewards | rewards [n]; NaN of a trial that was stopped early or is not above chance |
| points | accuracy (0..1) and energy (mJ) [n, 2]; NaN likewise |

The order is exact however many workers there are: a trial's end is the database's time of a statement that is made
under the study's row lock.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.template.defaultfilters import pluralize
from django.utils import timezone
from numpy.typing import NDArray

from nas_engine.pareto import hypervolume_2d
from webapp.models import Event, Study, Trial
from webapp.queries.accuracy import evaluation_split
from webapp.queries.energy_estimates import ENERGY, REWARD, with_estimates

_COUNTED = (Trial.State.COMPLETED, Trial.State.STOPPED)
_COLUMNS = ("number", "finished_at", "int8_accuracy", "reward_accuracy", ENERGY, REWARD)
_BETTER = (True, False)  # accuracy is maximised, energy minimised


@dataclass(frozen=True, slots=True, eq=False)
class EndedTrials:
    """Trials that count, as in the module's table; `fresh` [n] are those since the rules began to count.

    `chance` is the accuracy (0..1) of always answering one class, from which the hypervolume is measured.
    """

    numbers: NDArray[np.int64]
    rewards: NDArray[np.float64]
    points: NDArray[np.float64]
    fresh: NDArray[np.bool_]
    chance: float


def met_rule(study: Study, now: datetime | None = None) -> str:
    """Which rule of `study` is met, and the figures; "" while none is. At most two queries.

    Call under the study's lock. `now` is the time up to which it has run.
    """
    if study.stop_hours is not None:
        hours = running_seconds(study, now or timezone.now()) / 3600
        if hours >= study.stop_hours:
            return f"Stop rule: {study.stop_hours:g} hours of running. The study has run for {hours:.4g} hours."
    if study.stop_trials is None and study.stop_front_trials is None:
        return ""
    ended = _ended(study)
    return _without_better_reward(study, ended) or _flat_front(study, ended)


def rules_in_words(study: Study) -> str:
    """The stop rules of `study` in one line, "" without any. No query."""
    rules = []
    if study.stop_trials is not None:
        rules.append(f"no better reward in {study.stop_trials:,} trial{pluralize(study.stop_trials)}")
    if study.stop_hours is not None:
        rules.append(f"{study.stop_hours:g} hour{pluralize(study.stop_hours)} of running")
    if study.stop_front_percent is not None and study.stop_front_trials is not None:
        trials = f"{study.stop_front_trials:,} trial{pluralize(study.stop_front_trials)}"
        rules.append(f"hypervolume of accuracy and energy grown less than {study.stop_front_percent:g} % over {trials}")
    return "; ".join(rules)


def running_seconds(study: Study, now: datetime) -> float:
    """Seconds (s) that `study` was RUNNING until `now`, since its rules began to count. One query."""
    since = study.rules_from or study.started_at
    moves = Event.objects.filter(study=study, trial=None).order_by("pk").values_list("at", "old_state", "new_state")
    seconds, began = 0.0, None
    for at, old_state, new_state in [*moves, (now, Study.State.RUNNING, "")]:
        if old_state == new_state:
            continue
        if began is not None and old_state == Study.State.RUNNING:
            seconds += max(0.0, (at - max(began, since or began)).total_seconds())
        began = at if new_state == Study.State.RUNNING else None
    return seconds


def _ended(study: Study) -> EndedTrials:
    trials = with_estimates(study.trials.filter(state__in=_COUNTED), study.energy_model_id)
    rows = list(trials.order_by("finished_at", "number").values_list(*_COLUMNS))
    split = evaluation_split(study.dataset)
    since = study.rules_from or study.started_at
    values = np.array([row[2:] for row in rows], np.float64).reshape(len(rows), 4)
    values[~(values[:, 0] >= (split.least_above_chance if split else 0.0))] = np.nan
    return EndedTrials(
        numbers=np.array([row[0] for row in rows], np.int64),
        rewards=values[:, 3],
        points=values[:, 1:3],
        fresh=np.array([since is None or row[1] >= since for row in rows], bool),
        chance=split.chance if split else 0.0,
    )


def _without_better_reward(study: Study, ended: EndedTrials) -> str:
    """An equal reward is not better. While no trial is above chance, there is no reward that could be better."""
    if study.stop_trials is None or np.isnan(ended.rewards).all():
        return ""
    best = int(np.nanargmax(ended.rewards))  # the first of equals
    since = int(ended.fresh[best + 1 :].sum())
    if since < study.stop_trials:
        return ""
    return (
        f"Stop rule: no better reward in {study.stop_trials} trials. The best, {ended.rewards[best]:.4f}, is that of "
        f"trial {ended.numbers[best]}; {since} trials have ended after it, as completed or stopped early."
    )


def _flat_front(study: Study, ended: EndedTrials) -> str:
    """Growth of the hypervolume over the last trials; both are measured from chance and the greatest energy so far."""
    last, percent = study.stop_front_trials, study.stop_front_percent
    if last is None or percent is None or ended.fresh.sum() < last or np.isnan(ended.points).all():
        return ""
    corner = (ended.chance, float(np.nanmax(ended.points[:, 1])))
    before = hypervolume_2d(ended.points[:-last], corner, _BETTER)
    after = hypervolume_2d(ended.points, corner, _BETTER)
    if before <= 0.0 or 100 * (after / before - 1) >= percent:
        return ""
    return (
        f"Stop rule: the front grew less than {percent:g} % over the last {last} trials. Its hypervolume grew by "
        f"{100 * (after / before - 1):.3g} %, from {before:.4g} to {after:.4g} mJ, measured from an accuracy of "
        f"{100 * corner[0]:.1f} % and {corner[1]:.4g} mJ."
    )
