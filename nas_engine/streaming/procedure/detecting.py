"""Accuracy of a network on streams: 1 less its mean miss rate at a rate of false alarms, read off its DET curves.

Thresholds are those with the fewest misses of all that keep the target on these very streams, so that networks are
compared at one rate of false alarms and none at thresholds that suit another.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.evaluation_result import DetectedClass, StreamResult
from nas_engine.streaming.evaluation.det import each_det_curve
from nas_engine.streaming.evaluation.thresholds import choose_thresholds
from nas_engine.streaming.procedure.composed_features import StreamFeatures, open_stream_features
from nas_engine.streaming.procedure.plan import EvaluationPlan
from nas_engine.streaming.scores import ListeningNetwork, feature_scores
from nas_engine.streaming.values import StreamScores, merged_events


@dataclass(frozen=True, slots=True, eq=False)
class HeardStreams:
    """Streams that networks are compared on, with the plan that they were put together by."""

    streams: tuple[StreamFeatures, ...]
    plan: EvaluationPlan


def open_streams(path: Path, plan: Mapping[str, Any]) -> HeardStreams:
    """Streams of the file `path` of `write_stream_features`, composed by `plan` as JSON, after a look at all of it.

    Raises TransientError where the file is damaged, OSError without it.
    """
    return HeardStreams(open_stream_features(path, verify=True), EvaluationPlan.from_json(plan))


def detect(
    network: ListeningNetwork, heard: HeardStreams, on_block: Callable[[], object] = lambda: None
) -> StreamResult:
    """What the network detects on the streams within the plan's target.

    `on_block` is called for every block of features, some minutes of sound, and may raise to leave it.
    """
    scores = [
        feature_scores(one.name, _noticed(one.blocks(), on_block), one.duration_s, one.events, network, heard.plan.loop)
        for one in heard.streams
    ]
    return result_of(scores, heard.plan)


def result_of(scores: Sequence[StreamScores], plan: EvaluationPlan) -> StreamResult:
    """What is detected within the plan's target, from a network's outputs. Raises ValueError without any events."""
    chosen = choose_thresholds(each_det_curve(scores, plan.loop, plan.collar_s), plan.target)
    events = [event.label for one in scores for event in merged_events(one.events)]
    return StreamResult(
        chosen.hours,
        chosen.allowed,
        tuple(
            DetectedClass(label, threshold, events.count(label), chosen.misses[label], chosen.false_alarms[label])
            for label, threshold in chosen.thresholds.items()
        ),
    )


def _noticed(blocks: Iterator[NDArray[np.float32]], on_block: Callable[[], object]) -> Iterator[NDArray[np.float32]]:
    for block in blocks:
        on_block()
        yield block
