"""Spent part of a study's budget, and the number of trials that it should have open."""

from dataclasses import dataclass

from django.db.models import Count, Q

from nas_engine.trial_plan import open_trials
from webapp.models import Study, Trial, Worker
from webapp.queries.leases import is_alive

# A trial that failed and was retried is answered by its retry; a cancelled one never ran, an infeasible one never will.
# None of them uses up the budget.
COUNTED = (
    ~Q(state=Trial.State.CANCELLED) & ~Q(state=Trial.State.FAILED, retry__isnull=False) & Q(violates_constraints=False)
)


@dataclass(frozen=True, slots=True)
class Budget:
    """Trials of one study. Those that failed and were retried, cancelled and infeasible ones do not count."""

    budget: int
    counted: int
    open: int

    @property
    def remaining(self) -> int:
        """Trials that may still be requested."""
        return max(0, self.budget - self.counted)

    @property
    def finished(self) -> int:
        """Trials that count and have ended."""
        return self.counted - self.open

    @property
    def is_met(self) -> bool:
        """All trials of the budget have ended."""
        return self.remaining == 0 and self.open == 0


def budget_of(study: Study) -> Budget:
    numbers = study.trials.aggregate(
        counted=Count("pk", filter=COUNTED), open=Count("pk", filter=Q(state__in=Trial.OPEN))
    )
    return Budget(budget=study.trial_budget, counted=numbers["counted"], open=numbers["open"])


def open_target() -> int:
    """Number of trials a study should have open, by the trainers that are alive."""
    return open_trials(live_workers(Worker.Role.TRAINING))


def trials_wanted(study: Study, target: int | None = None) -> int:
    """Number of trials to request now, so that `target` be open (None: `open_target`).

    None for a study of a given list, whose trials are requested as they are listed.
    """
    if study.designer == Study.Designer.LISTED:
        return 0
    budget = budget_of(study)
    if target is None:
        target = open_target()
    return max(0, min(budget.remaining, target - budget.open))


def live_workers(role: Worker.Role) -> int:
    """Worker processes of all machines that were heard of within a lease."""
    return Worker.objects.filter(is_alive(), role=role).count()
