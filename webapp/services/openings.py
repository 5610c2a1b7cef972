"""Openings of the test split: EVALUATING -> READY | FAILED. The row is written before a clip of the split is read.

One opening evaluates all seeds of one network. A second one of the same network on the same features is possible, has
the number 2, and every page that shows its figures states that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.template.defaultfilters import pluralize

from nas_engine.evaluation_result import BothSplits
from webapp.models import Dataset, Finalist, SeedResult, SplitOpening, Trial
from webapp.queries.finals import features_hash
from webapp.services import jobs, studies
from webapp.services.errors import Conflict
from webapp.services.transitions import Actor, locked_study, record

State = SplitOpening.State
_LEAST_CLIPS = 2


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What a worker found: the answers of the trials `trial_ids` in their order, and statistics of them.

    `recordings` names the recording of each clip by split, in the order of the answers.
    """

    trial_ids: Sequence[int]
    answers: BothSplits
    recordings: Mapping[str, Sequence[str]]
    statistics: Mapping[str, Any]


def open_test_split(*, finalist_id: int, again: bool = False, earlier: int = 0, actor: Actor = None) -> SplitOpening:
    """Record an opening of the test split for a finalist whose seeds are trained, and have a worker evaluate them.

    Conflict while seeds are open or another opening of the network is being evaluated; where the seeds were trained on
    other features than the data set has now, or it has no test clips; and, without `again`, if the network was
    evaluated on this test split before. `earlier` openings of the network on another machine are counted, too.
    """
    with transaction.atomic():
        finalist = Finalist.objects.select_related("finals__dataset").get(pk=finalist_id)
        dataset = Dataset.objects.select_for_update(no_key=True).get(pk=finalist.finals.dataset_id)
        finals = locked_study(finalist.finals_id)
        data_hash = features_hash(dataset)
        _require_test_clips(dataset)
        _require_trained(finalist, data_hash)
        number = max(_next_number(finalist, data_hash, again), earlier + 1)
        opening = SplitOpening.objects.create(
            dataset=dataset,
            dataset_name=dataset.name,
            data_hash=data_hash,
            architecture_id=finalist.architecture_id,
            label=finalist.label,
            finalist=finalist,
            number=number,
            opened_by_id=actor.pk if actor is not None else None,
        )
        message = f"Test split opened for {finalist.label}, time {number} on these features."
        record(finals, finals.state, finals.state, actor=actor, message=message)
        jobs.send(jobs.OPENINGS, opening.pk)
    return opening


def _require_test_clips(dataset: Dataset) -> None:
    studies.require_ready_dataset(dataset)
    for split in ("test", "eval"):
        clips = sum(dataset.counts.get(split, {}).values())
        if clips < _LEAST_CLIPS:
            raise Conflict(
                f"The dataset {dataset.name} has {clips} {split} clip{pluralize(clips)}: accuracies and intervals need "
                f"{_LEAST_CLIPS} or more. Add a dataset with more of them, and search on that."
            )


def _require_trained(finalist: Finalist, data_hash: str) -> None:
    seeds = trained_seeds(finalist)
    if not seeds:
        raise Conflict(f"No seed of {finalist.label} has been trained yet: wait until one has completed.")
    if finalist.finals.trials.filter(architecture=finalist.architecture_id, state__in=Trial.OPEN).exists():
        raise Conflict(
            f"Seeds of {finalist.label} are still to be trained: one opening evaluates them all, so wait for them."
        )
    if any(trial.environment.get("features", data_hash) != data_hash for trial in seeds):
        raise Conflict(
            f"{finalist.label} was trained on other features than {finalist.finals.dataset.name} has now: train it "
            "again on these before the test split is opened."
        )


def trained_seeds(finalist: Finalist) -> list[Trial]:
    """Completed trials of a finalist in the order of their seeds."""
    completed = Trial.State.COMPLETED
    return list(
        finalist.finals.trials.filter(architecture=finalist.architecture_id, state=completed).order_by("seed", "pk")
    )


def _next_number(finalist: Finalist, data_hash: str, again: bool) -> int:
    """Under the data set's lock."""
    earlier = SplitOpening.objects.filter(data_hash=data_hash, architecture=finalist.architecture_id)
    if earlier.filter(state=State.EVALUATING).exists():
        raise Conflict(f"{finalist.label} is being evaluated on the test split at this moment: wait for the result.")
    if not again and earlier.filter(state=State.READY).exists():
        raise Conflict(
            f"{finalist.label} was evaluated on this test split before. Another opening is possible; its figures will "
            "be marked as such."
        )
    return int(earlier.aggregate(last=Max("number"))["last"] or 0) + 1


def claim(*, opening_id: int, worker: str) -> SplitOpening | None:
    """The opening to work on; None if another worker has it, or it has a result already."""
    if not jobs.claim(jobs.OPENINGS, opening_id, worker):
        return None
    related = ("dataset", "finalist__finals", "architecture")
    return SplitOpening.objects.select_related(*related).get(pk=opening_id)


def complete(*, opening_id: int, worker: str, evaluated: Evaluated) -> bool:
    """EVALUATING -> READY with the answers of each seed. False if another worker has taken it over."""
    with transaction.atomic():
        values = _values(evaluated) | {"reason": ""}
        if not jobs.OPENINGS.held(opening_id, worker).update(**jobs.FREE, **values):
            return False
        SeedResult.objects.bulk_create(_results(opening_id, evaluated))
    return True


def restore(*, opening: SplitOpening, evaluated: Evaluated) -> None:
    """Save the unsaved `opening`, which another machine made at `opened_at`, as READY: nothing is read here."""
    opened_at = opening.opened_at
    with transaction.atomic():
        opening.save(force_insert=True)
        values = _values(evaluated) | {"opened_at": opened_at}  # the time of the row's making until here
        SplitOpening.objects.filter(pk=opening.pk).update(**values)
        SeedResult.objects.bulk_create(_results(opening.pk, evaluated))
        if opening.finalist is not None:
            finals = locked_study(opening.finalist.finals_id)
            message = f"Opening {opening.number} of the test split for {opening.label} restored from a journal."
            record(finals, finals.state, finals.state, message=message)


def _values(evaluated: Evaluated) -> dict[str, Any]:
    both = {"eval": evaluated.answers.evaluation, "test": evaluated.answers.test}
    clips = {
        split: {"labels": answers.labels, "recordings": list(evaluated.recordings[split])}
        for split, answers in both.items()
    }
    return {"state": State.READY, "clips": clips, "statistics": dict(evaluated.statistics)}


def add_statistics(*, opening_id: int, statistics: Mapping[str, Any]) -> None:
    """Add statistics to an opening that has a result."""
    with transaction.atomic():
        opening = SplitOpening.objects.select_for_update(no_key=True).get(pk=opening_id, state=State.READY)
        opening.statistics |= statistics
        opening.save(update_fields=["statistics"])


def _results(opening_id: int, evaluated: Evaluated) -> list[SeedResult]:
    evaluation, test = evaluated.answers.evaluation, evaluated.answers.test
    rows = zip(
        evaluated.trial_ids,
        evaluation.answers,
        evaluation.accuracies(),
        test.answers,
        test.accuracies(),
        strict=True,
    )
    return [
        SeedResult(
            opening_id=opening_id,
            trial_id=trial_id,
            eval_answers=eval_answers,
            eval_accuracy=eval_accuracy,
            test_answers=test_answers,
            test_accuracy=test_accuracy,
        )
        for trial_id, eval_answers, eval_accuracy, test_answers, test_accuracy in rows
    ]


def fail(*, opening_id: int, worker: str, reason: str) -> bool:
    """EVALUATING -> FAILED, with a reason for the user. The opening counts all the same."""
    values = {"state": State.FAILED, "reason": reason}
    return bool(jobs.OPENINGS.held(opening_id, worker).update(**jobs.FREE, **values))
