"""Event-based counts of sed_scores_eval against counting by hand, at edges where libraries differ."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nas_engine.errors import TransientError
from nas_engine.streaming.evaluation import event_scores as module
from nas_engine.streaming.evaluation.event_scores import EventScores, event_scores, interpreter
from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.values import SoundEvent, StreamScores, merged_events
from tests.nas_engine.streaming.made import detected_spans, random_events, random_outputs, scores_of

library = pytest.mark.skipif(interpreter() is None, reason="`make event-scores` has not been run")
SETTINGS = LoopSettings(hop_s=0.5)


def counted_by_hand(stream: StreamScores, label: str, collar_ms: int) -> tuple[int, int, int]:
    """Hits, detections and events of a class: pairs of which each is in one at most, as many as there can be."""
    found = detected_spans(stream, stream.classes.index(label), 0.5)
    events = [
        (round(e.onset_s * 1e3), round(e.offset_s * 1e3)) for e in merged_events(stream.events) if e.label == label
    ]
    fits = [
        [
            abs(begin - onset) <= collar_ms and abs(end - offset) <= max(200, 0.2 * (offset - onset))
            for onset, offset in events
        ]
        for begin, end in found
    ]
    taken: dict[int, int] = {}

    def assign(detection: int, seen: set[int]) -> bool:
        for event, fit in enumerate(fits[detection]):
            if fit and event not in seen:
                seen.add(event)
                if event not in taken or assign(taken[event], seen):
                    taken[event] = detection
                    return True
        return False

    return sum(assign(i, set()) for i in range(len(found))), len(found), len(events)


def near_detections(stream: StreamScores, rng: np.random.Generator) -> tuple[SoundEvent, ...]:
    """Events on a grid of 50 ms around the detections of a class, so that many lie exactly one collar away."""
    return tuple(
        SoundEvent(
            max(0, begin + 50 * int(rng.integers(-5, 6))) / 1e3,
            (end + 300 + 50 * int(rng.integers(-5, 6))) / 1e3,
            label,
        )
        for column, label in enumerate(stream.classes[:2])
        for begin, end in detected_spans(stream, column, 0.5)
    )


@library
def test_counts_are_those_counted_by_hand_also_exactly_one_collar_away() -> None:
    rng = np.random.default_rng(0)
    on_the_edge = 0
    for _ in range(4):
        stream = scores_of(random_outputs(200, rng))
        stream = replace(stream, events=near_detections(stream, rng))
        result = event_scores([stream], SETTINGS)
        assert result is not None
        for one in result.classes:
            assert (one.hits, one.detections, one.events) == counted_by_hand(stream, one.label, 200)
            on_the_edge += one.hits - counted_by_hand(stream, one.label, 199)[0]
            assert one.f1 == pytest.approx(2 * one.hits / (one.detections + one.events))
    assert on_the_edge > 0


@library
def test_all_streams_count_also_those_without_events_or_without_a_window() -> None:
    rng = np.random.default_rng(1)
    stream = scores_of(random_outputs(100, rng), random_events(50.0, 8, rng), name="a")
    background = scores_of(random_outputs(100, rng), name="b")
    short = replace(scores_of(np.zeros((0, 3), np.int8), name="c"), events=(SoundEvent(0.1, 0.5, "dog"),))
    alone, together = event_scores([stream], SETTINGS), event_scores([stream, background, short], SETTINGS)
    assert alone is not None
    assert together is not None
    more = len(detected_spans(background, 0, 0.5))
    assert together.classes[0].detections == alone.classes[0].detections + more
    assert together.classes[0].events == alone.classes[0].events + 1
    assert EventScores.from_json(json.loads(json.dumps(together.to_json()))) == together


@library
@pytest.mark.parametrize("level", [-128, 127])
def test_a_detector_that_detects_nothing_or_everything_scores_nothing(level: int) -> None:
    stream = scores_of(np.full((100, 3), level, np.int8), (SoundEvent(20.0, 22.0, "dog"),))
    result = event_scores([stream], SETTINGS)
    assert result is not None
    (dog,) = result.classes
    assert (result.psds_1, result.psds_2, dog.f1, dog.precision, dog.recall) == (0.0, 0.0, 0.0, 0.0, 0.0)


@library
def test_a_perfect_detector_scores_everything_and_touching_events_are_one() -> None:
    outputs = np.full((100, 3), -128, np.int8)
    outputs[40:48, 0] = 127
    event = (SoundEvent(20.25, 22.0, "dog"), SoundEvent(22.0, 24.25, "dog"))
    result = event_scores([scores_of(outputs, event)], SETTINGS)
    assert result is not None
    assert (result.macro_f1, result.psds_1, result.psds_2) == (1.0, 1.0, 1.0)


def test_without_the_library_there_are_no_scores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(module.VARIABLE, str(tmp_path / "none"))
    stream = scores_of(np.zeros((10, 3), np.int8), (SoundEvent(1.0, 2.0, "dog"),))
    assert event_scores([stream], SETTINGS) is None
    assert "make event-scores" in module.INSTALL


def test_an_environment_without_the_library_fails_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')  # without packages, whatever is installed
    bare.chmod(0o755)
    monkeypatch.setenv(module.VARIABLE, str(bare))
    stream = scores_of(np.zeros((10, 3), np.int8), (SoundEvent(1.0, 2.0, "dog"),))
    with pytest.raises(TransientError, match="sed_scores_eval failed: ModuleNotFoundError"):
        event_scores([stream], SETTINGS)
