"""What noise suppression leaves of clips: sounds whose fate is known, and real recordings."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from nas_engine.audio.clips import scan
from nas_engine.audio.dataset import prepare
from nas_engine.audio.frontend import FrontendConfig
from nas_engine.audio.frontends.features import compute_features
from nas_engine.audio.frontends.suppression import ClassSuppression, HeardTwice, heard_twice, suppression_by_class
from nas_engine.testing.audio import tiny_folder
from tests.nas_engine.audio.test_frontend import sine

MICRO = FrontendConfig.of_kind("micro")


def heard(samples: NDArray[np.float32]) -> HeardTwice:
    found = heard_twice(samples, compute_features(samples, MICRO), MICRO)
    assert found is not None
    return found


def test_a_steady_tone_falls_silent_by_one_front_end_and_keeps_its_level_by_the_other() -> None:
    tone = heard(sine(1000, 4.0))
    assert tone.chosen.frames == 398
    assert 298 < tone.chosen.silent_frames < 320
    assert tone.ours.silent_frames == 0
    assert tone.ours.level_change_db == pytest.approx(0.0, abs=0.1)
    assert tone.chosen.level_change_db is not None
    assert tone.chosen.level_change_db < -2.0


def test_digital_silence_is_silent_by_both() -> None:
    silence = heard(np.zeros(48_000, np.float32))
    assert silence.chosen.silent_frames == silence.chosen.frames
    assert silence.ours.silent_frames == silence.ours.frames
    assert silence.chosen.level_change_db == silence.ours.level_change_db == 0.0


def test_level_is_counted_in_decibels() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 64_000).astype(np.float32)
    noise[32_000:] *= 10 ** (-6 / 20)
    assert heard(noise).ours.level_change_db == pytest.approx(-6.0, abs=0.2)


def test_a_short_clip_has_no_change_of_level() -> None:
    short = heard(sine(1000, 1.9))
    assert short.chosen.level_change_db is None
    row = suppression_by_class([("beep", short)])[0]
    assert (row.level_change_db, row.our_level_change_db, row.fading_db) == (None, None, None)


def test_a_class_is_the_mean_of_its_clips_and_shares_are_of_all_frames() -> None:
    tone, silence, short = heard(sine(1000, 4.0)), heard(np.zeros(48_000, np.float32)), heard(sine(500, 1.0))
    alarm, door = suppression_by_class([("alarm", tone), ("door", short), ("alarm", silence)])
    assert (alarm.label, alarm.clips, door.label, door.clips) == ("alarm", 2, "door", 1)
    frames = tone.chosen.frames + silence.chosen.frames
    assert alarm.silent_share == (tone.chosen.silent_frames + silence.chosen.silent_frames) / frames
    assert tone.chosen.level_change_db is not None
    assert alarm.level_change_db == pytest.approx(tone.chosen.level_change_db / 2)
    assert ClassSuppression.from_json(alarm.to_json()) == alarm


@pytest.mark.parametrize("kind", ["earshot", "librosa"])
def test_a_front_end_without_noise_suppression_is_not_compared(kind: str) -> None:
    config = FrontendConfig.of_kind(kind)
    samples = sine(1000, 2.0)
    assert heard_twice(samples, compute_features(samples, config), config) is None


def test_preparation_compares_the_training_clips_alone(tmp_path: Path) -> None:
    folder = tiny_folder(tmp_path / "clips")
    found = scan(folder)
    prepared = prepare(found, MICRO, lambda *_: None, tmp_path / "micro")
    assert [(row.label, row.clips) for row in prepared.suppression] == [(label, 4) for label in prepared.classes]
    fading = [row.fading_db for row in prepared.suppression if row.fading_db is not None]
    assert fading
    assert max(fading) < -5.0
    assert prepare(found, FrontendConfig(), lambda *_: None, tmp_path / "own").suppression == ()


@pytest.mark.slow
def test_real_alarms_sirens_and_running_water_fade(sound_events: Path, tmp_path: Path) -> None:
    rows = {row.label: row for row in prepare(scan(sound_events), MICRO, lambda *_: None, tmp_path).suppression}
    for label in ("alarm", "siren", "water_running"):
        fading = rows[label].fading_db
        assert fading is not None
        assert fading < -5.0, label
