"""A search by one trainer, in which suggestions are late, trainers crash, or trials end in another order."""

from collections.abc import Callable

from webapp.models import Study, Trial
from webapp.services import trials
from webapp.worker import suggesting

TROUBLES = ("slow designer", "crashes", "successor first")
_ROUNDS = 40


def crash(trial: Trial) -> None:
    assert trials.claim(trial_id=trial.pk, worker="worker-a")
    assert trials.fail(trial_id=trial.pk, worker="worker-a", reason="killed")


def search(study: Study, trouble: str, finish: Callable[[Trial], None]) -> None:
    """Forty rounds of suggestions, in each of which the trainer ends a trial by `finish`; "" is no `trouble`."""
    for turn in range(_ROUNDS):
        if trouble == "restarts":
            suggesting._known.clear()
        suggesting.suggest_for(study.pk)
        waiting = list(study.trials.filter(state="REQUESTED").order_by("number"))
        if trouble == "slow designer" and turn % 3 == 0:
            for trial in waiting:
                finish(trial)
            continue
        if waiting and trouble == "crashes" and turn % 4 == 0 and waiting[0].retried_from is None:
            crash(waiting.pop(0))
        if trouble == "successor first" and turn % 3 == 0:
            waiting.reverse()
        for trial in waiting[:1]:
            finish(trial)
