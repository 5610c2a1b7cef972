"""How long a study will take, judged from the trials that were run before."""

from dataclasses import dataclass
from statistics import median

from webapp.models import Study, Trial, Worker
from webapp.queries.budget import live_workers

_EARLIER_TRIALS = 50


@dataclass(frozen=True, slots=True)
class Estimate:
    """Wall seconds of a study on `workers` training workers, from `trials_seen` earlier trials."""

    seconds: float
    seconds_per_trial: float
    workers: int
    trials_seen: int


def estimate(dataset_id: int, *, trial_budget: int, full_epochs: int) -> Estimate | None:
    """From earlier searches on the same dataset, in proportion to the epochs; None if there are none. Two queries."""
    earlier = (
        Trial.objects.filter(
            study__dataset=dataset_id,
            study__kind=Study.Kind.SEARCH,
            state=Trial.State.COMPLETED,
            started_at__isnull=False,
        )
        .order_by("-finished_at")
        .values_list("started_at", "finished_at", "study__full_epochs")[:_EARLIER_TRIALS]
    )
    per_epoch = [(end - start).total_seconds() / epochs for start, end, epochs in earlier if start and end and epochs]
    if not per_epoch:
        return None
    seconds_per_trial = median(per_epoch) * full_epochs
    workers = max(1, live_workers(Worker.Role.TRAINING))
    rounds = -(-trial_budget // workers)
    return Estimate(rounds * seconds_per_trial, seconds_per_trial, workers, len(per_epoch))
