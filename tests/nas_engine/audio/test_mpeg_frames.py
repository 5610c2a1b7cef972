"""MP3 files whose tag is missing or states too few frames."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from nas_engine.audio.containers.mpeg_frames import Tag, missing_tag
from nas_engine.audio.decode import ClipProblem, decode
from nas_engine.audio.segments import cut
from nas_engine.streaming.reading import sound_blocks

RATE_HZ = 16_000
FRAME = 576
"""Samples of a frame at 16 kHz."""


def quiet_then_loud(seconds: float, rate_hz: int = RATE_HZ, channels: int = 1) -> np.ndarray:
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    rng = np.random.default_rng(0)
    sound = np.where(time < seconds / 3, 0.001, 0.3) * np.sin(2 * np.pi * 440 * time) + 0.003 * rng.normal(
        size=len(time)
    )
    return np.stack([sound] * channels, axis=1).astype(np.float32)


def mp3(samples: np.ndarray, rate_hz: int = RATE_HZ, mode: str = "VARIABLE") -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate_hz, format="MP3", bitrate_mode=mode)
    return buffer.getvalue()


def untagged(content: bytes) -> bytes:
    """Without the first frame, which is the tag: of 288 bytes at 16 kHz."""
    assert b"Xing" in content[:60] or b"Info" in content[:60]
    second = content.index(content[:2], 4)
    return content[second:]


@pytest.mark.parametrize("mode", ["VARIABLE", "CONSTANT"])
def test_a_recording_without_a_tag_is_read_to_its_end(tmp_path: Path, mode: str) -> None:
    whole = mp3(quiet_then_loud(12.0), mode=mode)
    (tmp_path / "a.mp3").write_bytes(untagged(whole))
    expected = decode(whole)
    found = decode(tmp_path / "a.mp3")
    delay = len(found) - len(expected)
    assert 0 <= delay <= 4 * FRAME, "an encoder's delay and padding, which a tag would state"
    start = int(np.argmax([np.dot(found[n : n + 8000], expected[:8000]) for n in range(3 * FRAME)]))
    np.testing.assert_allclose(found[start : start + 150_000], expected[:150_000], atol=1e-4)
    assert np.array_equal(decode(untagged(whole)), found)
    read = sum(len(block) for block in sound_blocks(tmp_path / "a.mp3", RATE_HZ))
    assert read == len(found)
    assert len(decode(cut(tmp_path / "a.mp3", 11.0, 12.0))) == RATE_HZ


def test_recordings_that_were_put_behind_each_other_are_read_as_one(tmp_path: Path) -> None:
    first, second = mp3(quiet_then_loud(4.0)), mp3(quiet_then_loud(3.0))
    (tmp_path / "a.mp3").write_bytes(first + second)
    assert 7.0 <= len(decode(tmp_path / "a.mp3")) / RATE_HZ < 7.2


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("mode", ["VARIABLE", "CONSTANT"])
def test_frames_of_every_kind_are_counted_and_a_right_tag_stays(rate_hz: int, channels: int, mode: str) -> None:
    whole = mp3(quiet_then_loud(3.0, rate_hz, channels), rate_hz, mode)
    assert missing_tag(whole) is None
    tag = missing_tag(untagged(whole))
    assert tag is not None
    assert tag.is_new
    decoded, _ = soundfile.read(io.BytesIO(tag.content + untagged(whole)))
    assert 0 <= len(decoded) - 3 * rate_hz <= 4 * 1152


def test_tags_of_other_programs_around_the_frames_are_passed_over() -> None:
    whole = untagged(mp3(quiet_then_loud(4.0)))
    frames = missing_tag(whole)
    assert frames is not None
    before = b"ID3\x04\x00\x00\x00\x00\x02\x00" + b"\xff\xf3" * 128
    behind = b"TAG" + b"a song".ljust(125, b"\0")
    found = missing_tag(before + whole + behind)
    assert found == Tag(len(before), frames.content, is_new=True)
    np.testing.assert_array_equal(decode(before + whole + behind), decode(whole))


def test_a_file_that_is_cut_short_is_still_named_so(tmp_path: Path) -> None:
    whole = mp3(quiet_then_loud(6.0))
    (tmp_path / "a.mp3").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ClipProblem, match="cut short"):
        decode(tmp_path / "a.mp3")


@given(st.binary(max_size=600), st.sampled_from([b"", b"ID3", b"\xff\xfb\x90\x00", b"\xff\xf3\x18\xc4"]))
def test_bytes_that_are_no_recording_are_left_alone(content: bytes, start: bytes) -> None:
    tag = missing_tag(start + content)
    assert tag is None or tag.place <= len(start + content)
