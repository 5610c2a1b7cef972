"""Long recordings: no cut, no scaling, no choice of a stretch."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from nas_engine.audio.decode import ClipProblem, decode_clip
from nas_engine.errors import BadDataset
from nas_engine.streaming.reading import background_sounds, open_recording, sound_blocks
from nas_engine.streaming.values import SoundEvent

RATE = 16_000


def whole(path: Path) -> np.ndarray:
    return np.concatenate(list(sound_blocks(path)))


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(-20_000, 20_000, 95 * RATE, dtype=np.int16)


@pytest.mark.parametrize("form", ["WAV", "FLAC"])
def test_a_recording_of_any_length_is_read_to_its_end_bit_by_bit(tmp_path: Path, noise: np.ndarray, form: str) -> None:
    path = tmp_path / f"long.{form.lower()}"
    soundfile.write(path, noise, RATE, subtype="PCM_16")
    np.testing.assert_array_equal(whole(path), noise)
    recording = open_recording(path)
    assert recording.duration_s == 95.0
    np.testing.assert_array_equal(np.concatenate(list(recording.blocks())), noise)
    np.testing.assert_array_equal(np.concatenate(list(recording.blocks())), noise)
    assert max(map(len, recording.blocks())) <= 10 * RATE


def test_a_recording_beyond_full_scale_saturates_where_a_clip_is_scaled_down(tmp_path: Path) -> None:
    path = tmp_path / "loud.wav"
    samples = np.concatenate([np.full(RATE, 0.25), np.full(RATE, -2.0)]).astype(np.float32)
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    assert set(whole(path).tolist()) == {8192, -32768}
    assert decode_clip(path).samples[0] == pytest.approx(0.125)


def test_other_rates_and_channels_are_brought_to_16_khz_mono(tmp_path: Path) -> None:
    path = tmp_path / "stereo.wav"
    seconds = np.arange(44_100 * 25) / 44_100
    left, right = np.sin(2 * np.pi * 440 * seconds), np.sin(2 * np.pi * 440 * seconds + 1.0)
    soundfile.write(path, np.stack([left, right], axis=1) * 0.5, 44_100, subtype="PCM_16")
    blocks = whole(path) / 32768
    assert len(blocks) == 25 * RATE
    np.testing.assert_allclose(blocks, decode_clip(path).samples[: len(blocks)], atol=2e-4)


def test_silence_is_a_recording(tmp_path: Path) -> None:
    path = tmp_path / "night.wav"
    soundfile.write(path, np.zeros(40 * RATE, np.int16), RATE)
    assert open_recording(path).duration_s == 40.0
    with pytest.raises(ClipProblem, match="silent"):
        decode_clip(path)


def test_events_behind_the_end_are_named_and_events_across_it_end_with_it(tmp_path: Path) -> None:
    path = tmp_path / "short.wav"
    soundfile.write(path, np.ones(2 * RATE, np.int16), RATE)
    assert open_recording(path, (SoundEvent(1.5, 9.0, "dog"),)).events == (SoundEvent(1.5, 2.0, "dog"),)
    with pytest.raises(ClipProblem, match=r"short.wav: 'dog' begins at 2 s, and the recording lasts 2.000 s"):
        open_recording(path, (SoundEvent(2.0, 3.0, "dog"),))


def test_what_cannot_be_read_is_named(tmp_path: Path, noise: np.ndarray) -> None:
    good = tmp_path / "good.wav"
    soundfile.write(good, noise, RATE)
    for name, content, words in (
        ("empty.wav", b"", "empty.wav: the file is empty"),
        ("text.wav", b"no sound at all" * 10, "text.wav: it cannot be read"),
        ("cut.wav", good.read_bytes()[:300_000], "cut.wav: it is cut short"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ClipProblem, match=words):
            whole(tmp_path / name)
    soundfile.write(tmp_path / "nan.wav", np.array([0.0, np.nan]), RATE, subtype="FLOAT")
    with pytest.raises(ClipProblem, match="NaN"):
        whole(tmp_path / "nan.wav")


def test_a_folder_of_background_gives_all_of_its_sound_in_pieces(tmp_path: Path, noise: np.ndarray) -> None:
    (tmp_path / "rooms").mkdir()
    with pytest.raises(BadDataset, match="no sound"):
        background_sounds(tmp_path / "rooms")
    soundfile.write(tmp_path / "rooms" / "kitchen.flac", noise, RATE, subtype="PCM_16")
    (tmp_path / "rooms" / "notes.txt").write_text("quiet evening")
    pieces = background_sounds(tmp_path / "rooms")
    assert [len(piece) for piece in pieces] == [30 * RATE] * 3 + [5 * RATE]
    np.testing.assert_array_equal(np.concatenate(pieces) * 32768, noise)
