"""Detection rates at a rate of false alarms, against loops that are run one by one, and streams kept as features."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nas_engine.errors import BadDataset, TransientError
from nas_engine.evaluation_result import DetectedClass, StreamResult
from nas_engine.streaming.composing import SourceClip
from nas_engine.streaming.evaluation.matching import match
from nas_engine.streaming.evaluation.thresholds import FalseAlarmTarget
from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.procedure.composed_features import composed, open_stream_features, write_stream_features
from nas_engine.streaming.procedure.detecting import HeardStreams, detect, open_streams, result_of
from nas_engine.streaming.procedure.plan import EvaluationPlan
from nas_engine.streaming.scores import stream_scores
from nas_engine.streaming.values import StreamScores
from tests.nas_engine.streaming.made import (
    CLASSES,
    made_clips,
    plain_loop,
    random_events,
    random_outputs,
    scores_of,
    small_listener,
)

LOOP = LoopSettings(hop_s=0.5, refractory_s=1.0)
PLAN = EvaluationPlan(0.04, 300.0, (6.0,), 0.5, 1.0, 0, LOOP, FalseAlarmTarget(400.0, "all"))
DETECTED = CLASSES[:2]


def streams(seed: int) -> list[StreamScores]:
    rng = np.random.default_rng(seed)
    made = []
    for number in range(2):
        outputs = random_outputs(60, rng)
        made.append(scores_of(outputs, random_events(1.0 + 0.5 * 60, 6, rng), name=f"s{number}"))
    return made


def by_hand(heard: list[StreamScores], label: str, threshold: float) -> tuple[int, int]:
    """Misses and false alarms of a class at a threshold, by the plain loop."""
    misses = alarms = 0
    for stream in heard:
        loop = LOOP.with_thresholds({label: threshold})
        found = match(
            [one for one in stream.events if one.label == label],
            [one for one in plain_loop(stream, loop) if one.label == label],
            PLAN.collar_s,
        )
        misses, alarms = misses + len(found.misses), alarms + len(found.false_alarms)
    return misses, alarms


def fewest_misses(heard: list[StreamScores], allowed: int) -> int:
    """Of all pairs of thresholds from which on the loops keep the target; every threshold that scores can have."""
    levels = sorted({0.0, *((np.unique(np.concatenate([one.outputs for one in heard])).astype(int) + 128) / 256)})
    best: dict[str, list[int]] = {}
    for label in DETECTED:
        counts = [by_hand(heard, label, level) for level in levels]
        best[label] = []
        for alarms in range(allowed + 1):
            above = [place for place, (_, found) in enumerate(counts) if found > alarms]
            best[label].append(counts[above[-1] + 1 if above else 0][0])
    pairs = itertools.product(range(allowed + 1), repeat=2)
    return min(best["dog"][one] + best["siren"][other] for one, other in pairs if one + other <= allowed)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("per_hour", [0.0, 200.0, 600.0])
def test_it_is_that_of_all_thresholds_tried_one_by_one(seed: int, per_hour: float) -> None:
    heard = streams(seed)
    found = result_of(heard, replace(PLAN, target=FalseAlarmTarget(per_hour, "all")))
    assert found.hours == pytest.approx(sum(one.hours for one in heard))
    assert found.allowed == int(per_hour * found.hours + 1e-9)
    assert found.false_alarms <= found.allowed
    assert found.misses == fewest_misses(heard, found.allowed)
    for one in found.classes:
        assert (one.misses, one.false_alarms) == by_hand(heard, one.label, one.threshold)
    rates = [one.misses / one.events for one in found.classes if one.events]
    assert found.accuracy == pytest.approx(1.0 - sum(rates) / len(rates))


def test_a_class_without_events_counts_by_its_false_alarms_alone() -> None:
    one = DetectedClass("dog", 0.5, 4, 1, 0)
    assert StreamResult(1.0, 3, (one, DetectedClass("siren", 0.5, 0, 0, 3))).accuracy == 0.75
    with pytest.raises(ValueError, match="needs streams with events"):
        StreamResult(1.0, 3, (DetectedClass("siren", 0.5, 0, 0, 3),))
    with pytest.raises(ValueError, match="5 misses of 4 events"):
        DetectedClass("dog", 0.5, 4, 5, 0)


def test_a_result_comes_back_from_json() -> None:
    found = result_of(streams(1), PLAN)
    assert StreamResult.from_json(found.to_json()) == found


def clips() -> list[SourceClip]:
    rng = np.random.default_rng(3)
    rooms = [SourceClip(rng.normal(0, 0.1, 40_000).astype(np.float32), "negative", f"room {n}") for n in range(2)]
    return [*made_clips(rng), *rooms]


def test_features_in_a_file_are_heard_as_the_streams_themselves(tmp_path: Path) -> None:
    network, path = small_listener(), tmp_path / "some.streams"
    plan = replace(PLAN, hours=0.04)
    write_stream_features(path, clips(), plan, network.config)
    kept = open_stream_features(path, verify=True)
    made = list(composed(clips(), plan))
    assert [(one.name, one.duration_s, one.events) for one in kept] == [
        (one.name, one.duration_s, one.events) for one in made
    ]
    directly = result_of([stream_scores(one, network, plan.loop) for one in made], plan)
    blocks: list[None] = []
    assert detect(network, HeardStreams(kept, plan), lambda: blocks.append(None)) == directly
    assert len(blocks) == len(kept)
    assert detect(network, open_streams(path, plan.to_json())) == directly
    assert [file.name for file in tmp_path.iterdir()] == ["some.streams"]


def test_a_damaged_file_is_no_result(tmp_path: Path) -> None:
    path = tmp_path / "some.streams"
    write_stream_features(path, clips(), PLAN, small_listener().config)
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    with pytest.raises(TransientError, match="damaged"):
        open_stream_features(path)
    path.write_bytes(whole[:4_000] + bytes([whole[4_000] ^ 1]) + whole[4_001:])
    open_stream_features(path)
    with pytest.raises(TransientError, match="damaged"):
        open_streams(path, PLAN.to_json())
    path.write_bytes(b"")
    with pytest.raises(TransientError, match="damaged"):
        open_stream_features(path)


def test_what_cannot_be_put_together_leaves_no_file(tmp_path: Path) -> None:
    silent = [one for one in clips() if one.label == "negative"]
    with pytest.raises(BadDataset, match="not silent"):
        write_stream_features(tmp_path / "some.streams", silent, PLAN, small_listener().config)
    assert list(tmp_path.iterdir()) == []
