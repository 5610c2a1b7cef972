"""Whole evaluations by a listener that hears levels: outcomes agree with measures, mistakes with what was heard."""

import json
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nas_engine.streaming.composing import SourceClip, compose
from nas_engine.streaming.evaluation.event_scores import VARIABLE
from nas_engine.streaming.evaluation.measures import measure
from nas_engine.streaming.evaluation.thresholds import FalseAlarmTarget
from nas_engine.streaming.layout import RATE_HZ, StreamLayout
from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.procedure.evaluating import evaluate_composed, evaluate_recordings
from nas_engine.streaming.procedure.mistakes import excerpt_of, worst
from nas_engine.streaming.procedure.outcome import FALSE_ALARM, MISS, EvaluationOutcome, Mistake
from nas_engine.streaming.procedure.plan import EvaluationPlan
from nas_engine.streaming.values import SoundStream, Stream, StreamScores
from tests.nas_engine.streaming.made import CLASSES, made_clips

LOOP = LoopSettings(hop_s=0.5, refractory_s=2.0)
PLAN = EvaluationPlan(0.05, 400.0, (20.0, -10.0), 0.5, 1.0, 3, LOOP, FalseAlarmTarget(3000.0, "all"))


class _Clip(SourceClip):
    """A clip that can be referred to weakly."""


def loud(stream: SoundStream) -> StreamScores:
    """Dogs where a second is loud, sirens where it is louder: many detections, right and wrong."""
    samples = np.concatenate(list(stream.blocks())).astype(np.float64)
    starts = np.arange(0, len(samples) - RATE_HZ + 1, RATE_HZ // 2)
    level = np.array([np.sqrt(np.mean(samples[at : at + RATE_HZ] ** 2)) for at in starts]) / 2000.0
    outputs = np.stack([255 * np.clip(level, 0, 1), 255 * np.clip(level - 0.4, 0, 1), 0 * level], axis=1) - 128
    duration_s = len(samples) / RATE_HZ
    return StreamScores(stream.name, CLASSES, np.rint(outputs).astype(np.int8), 1.0, 0.5, duration_s, stream.events)


def clips(seed: int) -> list[SourceClip]:
    rng = np.random.default_rng(seed)
    behind = [SourceClip(rng.normal(0, 0.1, 40_000).astype(np.float32), "negative", f"room {n}") for n in range(3)]
    made = made_clips(rng)
    return [behind[0], *made, *behind[1:]]


def test_the_outcome_is_that_of_streams_put_together_by_hand() -> None:
    choosing, measuring = clips(1), clips(2)
    outcome = evaluate_composed(lambda: choosing, lambda: measuring, PLAN, loud)
    events = [one for one in measuring if one.label != "negative"]
    behind = [one.samples for one in measuring if one.label == "negative"]
    loop = LOOP.with_thresholds(outcome.thresholds)
    for level in outcome.levels:
        assert level.snr_db is not None
        stream = compose("s", events, behind, PLAN.composition(level.snr_db, 1))
        expected = measure([loud(stream)], loop, PLAN.collar_s, PLAN.seed)
        assert level.classes == expected.classes
        assert level.false_alarms_per_hour == expected.false_alarms_per_hour
    assert sum(outcome.chosen_false_alarms.values()) <= 3000 * outcome.chosen_hours
    assert outcome.together.hours == pytest.approx(0.1)
    assert EvaluationOutcome.from_json(json.loads(json.dumps(outcome.to_json()))) == outcome


def test_every_mistake_names_the_clip_that_lies_where_it_is_heard() -> None:
    measuring = clips(2)
    outcome = evaluate_composed(lambda: clips(1), lambda: measuring, PLAN, loud)
    kinds = [one.kind for one in outcome.mistakes]
    assert outcome.mistakes_in_all == len(kinds)
    assert kinds.count(MISS) == outcome.together.events - sum(one.hits for one in outcome.together.classes)
    assert kinds.count(FALSE_ALARM) == outcome.together.false_alarms
    assert kinds.count(MISS) > 0
    assert kinds.count(FALSE_ALARM) > 0
    for one in outcome.mistakes:
        assert (one.score > one.threshold) == (one.kind == FALSE_ALARM) or one.kind == MISS
        start, end = excerpt_of(one, 1.0, LOOP)
        if one.sound is None:
            assert one.heard == "background"
            continue
        assert measuring[one.sound].label == one.heard
        layout = StreamLayout.from_json(outcome.streams[one.stream].layout)
        placed = [event for event in layout.events if event.sound == one.sound]
        assert any(event.start < end and event.start + event.length > start for event in placed)


def test_det_points_hold_what_the_thresholds_give() -> None:
    outcome = evaluate_composed(lambda: clips(1), lambda: clips(2), PLAN, loud)
    for curve, of_class in zip(outcome.det, outcome.together.classes, strict=True):
        at = np.searchsorted(curve.thresholds, of_class.threshold, side="right") - 1
        assert curve.false_alarms_per_hour[at] == pytest.approx(of_class.false_alarms_per_hour)
        assert curve.miss_rates[at] == pytest.approx(of_class.miss_rate)


def test_recordings_are_measured_as_they_are_and_what_lacks_is_said() -> None:
    silence = Stream("night", np.zeros(60 * RATE_HZ, np.int16))
    events = [one for one in clips(1) if one.label != "negative"]
    outcome = evaluate_recordings(lambda: events, [silence], PLAN, loud)
    assert outcome.levels == ()
    assert outcome.together.events == 0
    assert outcome.together.miss_rate is None
    assert outcome.streams[0].layout == {}
    assert any("no events of dog, siren" in note for note in outcome.notes)


def test_what_limits_the_choice_of_thresholds_is_said_of_that_part() -> None:
    without = [one for one in clips(1) if one.label == "dog"]
    outcome = evaluate_composed(lambda: without, lambda: clips(2), PLAN, loud)
    chosen_on = [note for note in outcome.notes if note.startswith("Streams that thresholds are chosen on")]
    assert any("generated pink noise" in note for note in chosen_on)
    assert any("no events of siren; their thresholds are chosen by false alarms alone" in note for note in chosen_on)
    assert not any("pink noise" in note for note in outcome.notes if note.startswith("Streams that are measured"))
    silence = Stream("night", np.zeros(60 * RATE_HZ, np.int16))
    assert any("pink noise" in note for note in evaluate_recordings(lambda: without, [silence], PLAN, loud).notes)


def test_a_recording_in_both_parts_is_named() -> None:
    apart = [replace(one, source=f"other {one.source}") for one in clips(2)]
    assert not any(
        "also measured on" in note for note in evaluate_composed(lambda: clips(1), lambda: apart, PLAN, loud).notes
    )
    apart[0] = replace(apart[0], source="room 0")
    [note] = [
        note
        for note in evaluate_composed(lambda: clips(1), lambda: apart, PLAN, loud).notes
        if "also measured on" in note
    ]
    assert note.endswith(": room 0.")


def test_the_clips_that_are_measured_are_read_when_those_that_chose_are_let_go() -> None:
    kept: list[weakref.ref[SourceClip]] = []

    def choosing() -> list[SourceClip]:
        made = [_Clip(one.samples, one.label, one.source) for one in clips(1)]
        kept.extend(weakref.ref(one) for one in made)
        return made

    def measuring() -> list[SourceClip]:
        assert kept
        assert all(one() is None for one in kept)
        return clips(2)

    assert evaluate_composed(choosing, measuring, PLAN, loud).together.events > 0


@pytest.mark.parametrize("program", ["#!/bin/sh\nexit 3\n", "#!/bin/sh\necho nothing\n", "no program"])
def test_an_evaluation_outlives_a_damaged_library_of_event_scores(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text(program)
    python.chmod(0o755)
    monkeypatch.setenv(VARIABLE, str(python))
    outcome = evaluate_composed(lambda: clips(1), lambda: clips(2), PLAN, loud)
    assert outcome.event_scores == {}
    assert outcome.together.events > 0
    assert any(note.startswith("Event-based and PSD scores are missing: sed_scores_eval") for note in outcome.notes)


def test_the_worst_mistakes_are_on_the_wrong_side_of_the_threshold_and_suppressed_misses_come_last() -> None:
    given = {"stream": 0, "end_s": 1.0, "label": "dog", "threshold": 0.5, "sound": None, "heard": "dog"}
    suppressed = Mistake(kind=MISS, time_s=1.0, score=0.95, **given)
    missed, alarm = (
        Mistake(kind=MISS, time_s=2.0, score=0.3, **given),
        Mistake(FALSE_ALARM, time_s=3.0, score=0.6, **given),
    )
    assert worst([suppressed, missed, alarm], 1) == (missed,)
    assert worst([suppressed, missed, alarm], 2) == (missed, alarm)
    assert [one.is_suppressed for one in (suppressed, missed, alarm)] == [True, False, False]
    assert "is_suppressed" not in suppressed.to_json()


def test_an_alarm_is_heard_from_where_the_first_of_its_averaged_windows_begins() -> None:
    alarm = Mistake(FALSE_ALARM, 0, 20.0, 20.0, "dog", 0.6, 0.5, None, "background")
    assert excerpt_of(alarm, 3.9, LoopSettings(hop_s=1.0)) == (round(15.1 * RATE_HZ), 21 * RATE_HZ)
    assert excerpt_of(alarm, 3.9, LoopSettings(hop_s=0.5, smoothing_windows=5)) == (round(13.1 * RATE_HZ), 21 * RATE_HZ)
