import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from nas_engine.audio.decode import ClipProblem, decode, decode_clip


def sine(hertz: float, rate_hz: int, seconds: float = 1.0, level: float = 0.5) -> NDArray[np.float32]:
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate_hz)) / rate_hz)).astype(np.float32)


def kind_of(source: Path | bytes) -> str:
    with pytest.raises(ClipProblem) as caught:
        decode(source)
    assert str(caught.value).endswith(".")
    return caught.value.kind


def strongest_hz(samples: NDArray[np.float32]) -> float:
    return float(np.abs(np.fft.rfft(samples)).argmax() * 16_000 / len(samples))


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3", "a.aiff", "a.au", "a.w64", "a.caf", "a.rf64"])
def test_every_format_gives_the_same_tone(tmp_path: Path, name: str) -> None:
    soundfile.write(tmp_path / name, sine(440, 16_000), 16_000)
    samples = decode(tmp_path / name)
    assert samples.dtype == np.float32
    assert strongest_hz(samples) == pytest.approx(440, abs=2)
    assert np.abs(samples).max() == pytest.approx(0.5, abs=0.05)


def test_a_file_in_memory_is_read_as_well(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", sine(440, 16_000), 16_000)
    np.testing.assert_array_equal(decode((tmp_path / "a.flac").read_bytes()), decode(tmp_path / "a.flac"))


def test_sixteen_bit_samples_at_16_khz_come_through_unchanged(tmp_path: Path) -> None:
    pcm = np.random.default_rng(0).integers(-32768, 32768, 8000).astype(np.int16)
    soundfile.write(tmp_path / "a.flac", pcm, 16_000)
    np.testing.assert_array_equal(decode(tmp_path / "a.flac") * 32768, pcm)


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 48_000])
def test_other_sample_rates_keep_pitch_and_length(tmp_path: Path, rate_hz: int) -> None:
    soundfile.write(tmp_path / "a.wav", sine(1000, rate_hz, 2.0), rate_hz)
    samples = decode(tmp_path / "a.wav")
    assert len(samples) == pytest.approx(32_000, abs=2)
    assert strongest_hz(samples) == pytest.approx(1000, abs=1)


def test_what_lies_above_8_khz_does_not_fold_back(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", sine(440, 48_000) + sine(11_000, 48_000), 48_000)
    spectrum = np.abs(np.fft.rfft(decode(tmp_path / "a.wav")))
    assert spectrum[4900:5100].max() < 1e-3 * spectrum.max()  # 11 kHz would fold to 5 kHz


def test_channels_are_averaged(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.stack([sine(440, 16_000), np.zeros(16_000)], axis=1), 16_000)
    assert np.abs(decode(tmp_path / "a.wav")).max() == pytest.approx(0.25, abs=0.01)


def test_sound_beyond_full_scale_is_scaled_down_to_it(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", sine(440, 16_000, level=20_000.0), 16_000, subtype="FLOAT")
    samples = decode(tmp_path / "a.wav")
    assert np.abs(samples).max() == pytest.approx(1.0)
    assert strongest_hz(samples) == pytest.approx(440, abs=2)


def test_a_clip_of_more_than_30_seconds_is_cut_and_says_so(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", sine(440, 16_000, 31.5), 16_000)
    clip = decode_clip(tmp_path / "a.flac")
    assert len(clip.samples) == 30 * 16_000
    assert clip.cut_from_seconds == pytest.approx(31.5)


def test_a_clip_of_ten_seconds_stays_whole(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", sine(440, 16_000, 10.0), 16_000)
    clip = decode_clip(tmp_path / "a.flac")
    assert (len(clip.samples), clip.cut_from_seconds) == (160_000, None)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_refused(tmp_path: Path, bad: float) -> None:
    samples = sine(440, 16_000)
    samples[77] = bad
    soundfile.write(tmp_path / "a.wav", samples, 16_000, subtype="FLOAT")
    assert kind_of(tmp_path / "a.wav") == "not_finite"


def test_a_silent_clip_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(16_000, np.float32), 16_000)
    assert kind_of(tmp_path / "a.wav") == "silent"


@pytest.mark.parametrize("count", [0, 100])
def test_a_clip_with_hardly_a_sample_is_refused(tmp_path: Path, count: int) -> None:
    soundfile.write(tmp_path / "a.wav", sine(440, 16_000)[:count], 16_000)
    assert kind_of(tmp_path / "a.wav") == "too_short"


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    assert kind_of(tmp_path / "a.wav") == "empty"


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.flac"])
def test_a_text_with_a_sound_files_name_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("This is not sound.\n" * 200)
    assert kind_of(tmp_path / name) == "unreadable"
    assert kind_of((tmp_path / name).read_bytes()) == "unreadable"


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.aiff", "a.au", "a.w64", "a.caf", "a.rf64"])
def test_a_file_cut_in_half_is_refused(tmp_path: Path, name: str) -> None:
    noise = 0.1 * np.random.default_rng(0).normal(size=48_000)
    soundfile.write(tmp_path / name, noise, 16_000)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    assert kind_of(tmp_path / name) in {"truncated", "unreadable"}


def test_more_values_than_memory_should_hold_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", 0.1 * np.random.default_rng(0).normal(size=(4000, 8)), 48_000)
    content = with_flac_header((tmp_path / "a.flac").read_bytes(), rate_hz=655_350, samples=30 * 655_350)
    with pytest.raises(
        ClipProblem, match=r"8 channels of 655,350 samples .* 157 million values in 30\.0 s; at most 100"
    ):
        decode(content)


def test_limits_are_those_of_all_channels_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas_engine.audio.decode.MOST_VALUES", 16_000)
    soundfile.write(tmp_path / "mono.wav", sine(440, 16_000), 16_000)
    soundfile.write(tmp_path / "stereo.wav", np.stack([sine(440, 16_000)] * 2, axis=1), 16_000)
    assert len(decode(tmp_path / "mono.wav")) == 16_000
    assert kind_of(tmp_path / "stereo.wav") == "too_much"


@pytest.mark.parametrize("rate_hz", [1, 999, 768_001, 2_000_000_000])
def test_a_rate_that_no_recording_has_is_refused(tmp_path: Path, rate_hz: int) -> None:
    soundfile.write(tmp_path / "a.wav", sine(440, 16_000), 16_000)
    content = bytearray((tmp_path / "a.wav").read_bytes())
    content[24:28] = struct.pack("<I", rate_hz)
    assert kind_of(bytes(content)) == "unusual_rate"


def with_flac_header(content: bytes, rate_hz: int, samples: int) -> bytes:
    """FLAC whose stream information states another rate and number of samples."""
    old = int.from_bytes(content[18:26])
    kept = old >> 36 & 0xFF  # channels and bits
    return content[:18] + (rate_hz << 44 | kept << 36 | samples).to_bytes(8) + content[26:]
