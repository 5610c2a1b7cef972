"""How long a study will take, judged from the trials that were run before."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from nas_engine.trial_plan import TrialTime, rule_time, taken_time, trial_epochs
from webapp.models import Study, Trial, Worker
from webapp.queries.budget import live_workers

_EARLIER_TRIALS = 50
_SHOWN = (
    "started_at", "finished_at", "seconds",
    "study__full_epochs", "study__qat_epochs", "architecture__flops", "study__dataset__counts",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Estimate:
    """Wall seconds of a study on `workers` training workers, from `trials_seen` earlier trials."""

    seconds: float
    seconds_per_trial: float
    workers: int
    trials_seen: int


def estimate(dataset_id: int, *, trial_budget: int, full_epochs: int, qat_epochs: int) -> Estimate | None:
    """From earlier searches on the same dataset; None if there are none. Two queries.

    Their training is scaled in proportion to the epochs; what they took to build, trace, quantise and convert is not.
    """
    seconds = [
        taken.scaled(
            float_training=trial_epochs(full_epochs) / trial_epochs(earlier_full), qat=qat_epochs / earlier_qat
        ).total
        for taken, earlier_full, earlier_qat in _earlier(dataset_id)
    ]
    if not seconds:
        return None
    seconds_per_trial = median(seconds)
    workers = max(1, live_workers(Worker.Role.TRAINING))
    rounds = -(-trial_budget // workers)
    return Estimate(rounds * seconds_per_trial, seconds_per_trial, workers, len(seconds))


def _earlier(dataset_id: int) -> Iterator[tuple[TrialTime, int, int]]:
    """Time of the latest completed trials of searches on the dataset, with the epochs of their studies."""
    searches = Trial.objects.filter(study__dataset=dataset_id, study__kind=Study.Kind.SEARCH)
    completed = searches.filter(state=Trial.State.COMPLETED, started_at__isnull=False).order_by("-finished_at")
    for start, end, phases, full_epochs, qat_epochs, flops, counts in completed.values_list(*_SHOWN)[:_EARLIER_TRIALS]:
        clips = sum(counts.get("train", {}).values())
        rule = rule_time(flops=flops, full_epochs=full_epochs, qat_epochs=qat_epochs, clips=clips)
        yield taken_time((end - start).total_seconds(), phases, rule), full_epochs, qat_epochs
