"""Statistics of an opening of the test split, in the worker: SciPy stays out of the web process."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from django.db.models import F

from nas_engine.audio.cache import CLOSED_SPLIT, EVALUATION_SPLIT
from nas_engine.evaluation_result import BothSplits, SplitAnswers
from nas_engine.statistics.answers import Answers
from nas_engine.statistics.clips import accuracy_over_clips
from nas_engine.statistics.optimism import optimism
from nas_engine.statistics.paired import paired_difference
from nas_engine.statistics.values import Optimism
from webapp.models import SplitOpening, Trial
from webapp.queries.energy_estimates import REWARD, trials_with_estimates
from webapp.queries.opening_statistics import NETWORK, PAIRS, NetworkStatistics

Recordings = Mapping[str, Sequence[str]]
"""Recording of each clip by split, in the order of the answers."""
_MOST_PAIRS = 60


def statistics_of(
    opening: SplitOpening, seeds: Sequence[Trial], answers: BothSplits, recordings: Recordings
) -> Mapping[str, Any]:
    """Statistics of the network, as JSON."""
    numbers = [trial.seed for trial in seeds]
    evaluation = _answers(answers.evaluation, numbers, recordings[EVALUATION_SPLIT])
    test = _answers(answers.test, numbers, recordings[CLOSED_SPLIT])
    network = NetworkStatistics(
        evaluation_clips=accuracy_over_clips(evaluation.correct, evaluation.recordings),
        test_clips=accuracy_over_clips(test.correct, test.recordings),
        optimism=_optimism(opening, evaluation, test),
    )
    return {NETWORK: network.to_json()}


def pairs_of(opening_id: int) -> Mapping[str, Any]:
    """Paired differences in test accuracy of a READY opening from the other networks that were evaluated, as JSON."""
    opening = SplitOpening.objects.prefetch_related("results__trial").get(pk=opening_id)
    test = _stored(opening)
    others = _others(opening, test.seeds)
    return {PAIRS: {str(other.pk): paired_difference(test, _stored(other)).to_json() for other in others}}


def _answers(answers: SplitAnswers, seeds: Sequence[int], recordings: Sequence[str]) -> Answers:
    correct = np.equal(answers.answers, np.asarray(answers.labels)).astype(np.float64)
    return Answers(correct, tuple(seeds), answers.clip_ids, tuple(recordings))


def _optimism(opening: SplitOpening, evaluation: Answers, test: Answers) -> Optimism | None:
    """None where a recording is in both splits."""
    if (set(evaluation.recordings) & set(test.recordings)) - {""}:
        return None
    return optimism(evaluation, test, best_of=_chosen_from(opening))


def _chosen_from(opening: SplitOpening) -> int | None:
    """Number of networks of which the search found this one best by reward; None for any other finalist."""
    source = opening.finalist.source if opening.finalist else None
    if source is None:
        return None
    rewards = (
        trials_with_estimates(source.study).filter(state=Trial.State.COMPLETED).order_by(F(REWARD).desc(), "number")
    )
    ranked = list(rewards.values_list("architecture", flat=True))
    return len(ranked) if ranked[:1] == [opening.architecture_id] else None


def _others(opening: SplitOpening, seeds: Sequence[int]) -> Iterable[SplitOpening]:
    """The latest opening of each other network on the same features with a common seed, the latest first."""
    ready = SplitOpening.objects.filter(data_hash=opening.data_hash, state=SplitOpening.State.READY)
    latest: dict[str, SplitOpening] = {}
    for other in ready.exclude(architecture=opening.architecture_id).prefetch_related("results__trial").order_by("-pk"):
        if {result.trial.seed for result in other.results.all()} & set(seeds):
            latest.setdefault(other.architecture_id, other)
    return list(latest.values())[:_MOST_PAIRS]


def _stored(opening: SplitOpening) -> Answers:
    """Answers of an opening to the test clips. Clips are numbered: equal features have them in one order."""
    results = list(opening.results.all())
    clips = opening.clips[CLOSED_SPLIT]
    correct = np.equal([result.test_answers for result in results], np.asarray(clips["labels"])).astype(np.float64)
    seeds = tuple(result.trial.seed for result in results)
    return Answers(correct, seeds, tuple(map(str, range(len(clips["labels"])))), tuple(clips["recordings"]))
