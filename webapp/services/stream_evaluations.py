"""Evaluations of trials on streams: COMPUTING -> READY | FAILED. The newest of a trial is the one that its page shows.

The test split is closed: its clips are measured on for a network that a recorded opening has evaluated, and once.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from django.db import transaction
from django.utils import timezone

from nas_engine.audio.cache import CLOSED_SPLIT, EVALUATION_SPLIT
from nas_engine.streaming.procedure.outcome import EvaluationOutcome
from nas_engine.streaming.procedure.plan import EvaluationPlan, halves
from webapp.models import Clip, Dataset, RecordingSet, SplitOpening, StreamEvaluation, Trial
from webapp.services import jobs
from webapp.services.bundles import check_network
from webapp.services.errors import Conflict
from webapp.services.transitions import Actor

State = StreamEvaluation.State
MOST_SECONDS = 7_200.0
"""Seconds of clips that the streams of one part are taken from: 0.5 GB while they are decoded, one part at a time."""


@dataclass(frozen=True, slots=True)
class ClipsOfStreams:
    """Clips to put streams together from: thresholds are chosen on `choosing`, measured on `measuring`."""

    choosing: tuple[Clip, ...]
    measuring: tuple[Clip, ...]


def request_evaluation(
    *, trial_id: int, plan: EvaluationPlan, recordings_id: int | None = None, owner: Actor = None
) -> StreamEvaluation:
    """Have a data worker evaluate a trial's network on streams of the evaluation split, or on recordings.

    While it is evaluated on either, other settings begin that again. Conflict for a trial without a real network, where
    the evaluation split has no clips of an event, and for recordings that are not there.
    """
    with transaction.atomic():
        trial = _locked(trial_id)
        recordings = _recordings(trial, recordings_id) if recordings_id is not None else None
        clips_for(trial, plan, is_recorded=recordings is not None)
        open_ones = trial.stream_evaluations.filter(state=State.COMPUTING, opening=None)
        name = recordings.name if recordings else ""
        computing = open_ones.filter(recordings=recordings, recordings_name=name).first()
        owner_id = owner.pk if owner is not None else None
        if computing is None:
            found: StreamEvaluation = trial.stream_evaluations.create(
                plan=plan.to_json(), owner_id=owner_id, recordings=recordings, recordings_name=name
            )
            jobs.send(jobs.STREAMS, found.pk)
            return found
        if computing.plan != plan.to_json():
            jobs.reopen(jobs.STREAMS, computing.pk, plan=plan.to_json(), owner_id=owner_id)
            computing.refresh_from_db()
    return computing


def request_test(*, trial_id: int, opening_id: int, plan: EvaluationPlan) -> StreamEvaluation:
    """Have thresholds chosen on the evaluation split measured on streams of the test split, once for an opening.

    A request for what was requested already returns that. Conflict unless the opening has evaluated this network, or
    the one that it repeats.
    """
    with transaction.atomic():
        trial = _locked(trial_id)
        opening = SplitOpening.objects.get(pk=opening_id)
        existing = trial.stream_evaluations.filter(opening=opening).first()
        if existing is not None:
            return existing
        check_test(trial, opening, plan)
        found: StreamEvaluation = trial.stream_evaluations.create(plan=plan.to_json(), opening=opening)
        jobs.send(jobs.STREAMS, found.pk)
    return found


def check_test(trial: Trial, opening: SplitOpening, plan: EvaluationPlan) -> None:
    """Raise Conflict where `request_test` would, the network apart."""
    opened = [one for one in (trial.pk, trial.reproduces_id) if one is not None]
    if opening.state != SplitOpening.State.READY or not opening.results.filter(trial__in=opened).exists():
        raise Conflict(
            f"Trial {trial.number} of {trial.study.name} was not evaluated by this opening of the test split: open "
            "the test split for it on the page Finalists first."
        )
    clips_for(trial, plan, opening)


def clips_for(
    trial: Trial, plan: EvaluationPlan, opening: SplitOpening | None = None, *, is_recorded: bool = False
) -> ClipsOfStreams:
    """Clips of an evaluation: the halves of the evaluation split, or with an opening all of it and the test split.

    Where recordings are measured (`is_recorded`), thresholds are chosen on all of the evaluation split, and there are
    no other clips. Conflict where a part has no clip of an event.
    """
    dataset, silent = trial.study.dataset, plan.loop.silent_classes
    evaluation = _clips(dataset, EVALUATION_SPLIT)
    if is_recorded:
        found = ClipsOfStreams(evaluation, ())
    elif opening is not None:
        found = ClipsOfStreams(evaluation, _clips(dataset, CLOSED_SPLIT))
    else:
        labels, recordings = [one.label for one in evaluation], [one.group for one in evaluation]
        first, second = halves(labels, recordings, plan.seed, silent)
        found = ClipsOfStreams(tuple(evaluation[n] for n in first), tuple(evaluation[n] for n in second))
    for part in (found.choosing, *([] if is_recorded else [found.measuring])):
        if all(clip.label in silent for clip in part):
            raise Conflict(
                f"The {'test' if opening and part is found.measuring else 'evaluation'} split of {dataset.name} has "
                f"too few recordings: {'it needs' if opening or is_recorded else 'both halves of it need'} clips of "
                "sounds to detect. Add clips to it."
            )
    return ClipsOfStreams(_first_of(found.choosing), _first_of(found.measuring))


def evaluation_clips(dataset: Dataset) -> tuple[Clip, ...]:
    """Clips of the evaluation split that streams are put together from, at most `MOST_SECONDS` of them."""
    return _first_of(_clips(dataset, EVALUATION_SPLIT))


def _recordings(trial: Trial, recordings_id: int) -> RecordingSet:
    """Recordings of the trial's data set, kept until the evaluation is requested."""
    sets = RecordingSet.objects.select_for_update(no_key=True).filter(dataset=trial.study.dataset_id)
    found = sets.filter(pk=recordings_id).first()
    if found is None or not found.is_usable:
        which = found.name if found else "that were chosen"
        raise Conflict(f"The recordings {which} are not there: wait until they are read, or choose others.")
    return found


def _first_of(clips: Sequence[Clip]) -> tuple[Clip, ...]:
    """`MOST_SECONDS` of the clips in their order: the first of each class, then the second of each, and so on."""
    counts: Counter[str] = Counter()
    turns = []
    for place, clip in enumerate(clips):
        turns.append((counts[clip.label], place))
        counts[clip.label] += 1
    order = [place for _, place in sorted(turns)]
    ends = accumulate(clips[place].seconds for place in order)
    kept = [place for place, end in zip(order, ends, strict=True) if end <= MOST_SECONDS]
    return tuple(clips[place] for place in sorted(kept))


def _clips(dataset: Dataset, split: str) -> tuple[Clip, ...]:
    """Clips by recording, those of one class not in a row, so that the first so many are of all classes."""
    clips = Clip.objects.filter(dataset=dataset, split=split).order_by("position")
    places: dict[str, int] = {}
    ordered = []
    for clip in clips:
        places[clip.label] = place = places.get(clip.label, 0) + 1
        ordered.append((place, clip.position, clip))
    return tuple(clip for _, _, clip in sorted(ordered, key=lambda one: one[:2]))


def _locked(trial_id: int) -> Trial:
    trials = Trial.objects.select_for_update(no_key=True, of=("self",)).select_related("study__dataset")
    trial = trials.get(pk=trial_id)
    check_network(trial)
    return trial


def claim(*, evaluation_id: int, worker: str) -> StreamEvaluation | None:
    """The evaluation to work on; None if another worker has it, or it has a result."""
    if not jobs.claim(jobs.STREAMS, evaluation_id, worker):
        return None
    related = ("trial__study__dataset", "trial__architecture", "opening", "recordings")
    return StreamEvaluation.objects.select_related(*related).get(pk=evaluation_id)


def complete(
    *,
    evaluation_id: int,
    worker: str,
    seen_plan: Mapping[str, Any],
    clips: Sequence[int],
    outcome: EvaluationOutcome,
) -> bool:
    """COMPUTING -> READY. False if another worker has taken it over, or its plan is another one than was seen."""
    values = {
        "state": State.READY,
        "evaluated_at": timezone.now(),
        "reason": "",
        "clips": list(clips),
        "result": outcome.to_json(),
    }
    held = jobs.STREAMS.held(evaluation_id, worker).filter(plan=dict(seen_plan))
    return bool(held.update(**jobs.FREE, **values))


def fail(*, evaluation_id: int, worker: str, reason: str) -> bool:
    """COMPUTING -> FAILED."""
    return bool(jobs.STREAMS.held(evaluation_id, worker).update(**jobs.FREE, state=State.FAILED, reason=reason))
