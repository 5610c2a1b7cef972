"""Files as streaming programs leave them, and files without a suffix."""

import io
import math
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from nas_engine.audio.clips import scan
from nas_engine.audio.containers.opening import holds_sound, holds_unread_sound
from nas_engine.audio.decode import ClipProblem, decode, decode_clip

RATE_HZ = 16_000
NOISE = np.clip(0.1 * np.random.default_rng(0).normal(size=48_000), -0.9, 0.9)
FORMATS = ("WAV", "RF64", "W64", "AIFF", "AU", "CAF", "FLAC", "OGG", "MP3")
STREAMED = {
    "WAV": [0, 36, 0xFFFF_FFFF, 0x8000_0000, 0x7FFF_FFFF, 0x7FFF_F000],  # the last is SoX's
    "RF64": [0, -1],
    "W64": [0, -1, 2**63 - 1],
    "AIFF": [0, 0xFFFF_FFFF, 0x7FFF_FFFF],
    "AU": [0, 0xFFFF_FFFF],
    "CAF": [0, -1],
    "FLAC": [0],
}
"""Numbers that stand for an unknown length."""


def encoded(kind: str, samples: np.ndarray = NOISE, **options: str) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, RATE_HZ, format=kind, **options)
    return buffer.getvalue()


def streamed(kind: str, length: int) -> bytes:
    """A file whose header states `length` for the file and for its samples."""
    content = bytearray(encoded(kind))
    for form, place in places(kind, bytes(content)):
        data_length = 0 if length == 36 and place > 16 else length  # an unfinished file of no samples
        struct.pack_into(form, content, place, data_length)
    if kind == "FLAC":
        content[21:26] = bytes([content[21] & 0xF0, 0, 0, 0, 0])
    return bytes(content)


def places(kind: str, content: bytes) -> list[tuple[str, int]]:
    data, ssnd = content.find(b"data"), content.find(b"SSND")
    return {
        "WAV": [("<I", 4), ("<I", data + 4)],
        "RF64": [("<q", 20), ("<q", 28)],
        "W64": [("<q", 16), ("<q", data + 16)] if data > 0 else [],
        "AIFF": [(">I", 4), (">I", ssnd + 4)],
        "AU": [(">I", 8)],
        "CAF": [(">q", data + 4)],
    }.get(kind, [])


@pytest.mark.parametrize(("kind", "length"), [(kind, length) for kind in STREAMED for length in STREAMED[kind]])
def test_a_header_without_a_length_is_read_to_the_end_of_the_file(tmp_path: Path, kind: str, length: int) -> None:
    whole = decode(encoded(kind))
    content = streamed(kind, length)
    (tmp_path / "clip").write_bytes(content)
    np.testing.assert_array_equal(decode(content), whole)
    np.testing.assert_array_equal(decode(tmp_path / "clip"), whole)
    assert (tmp_path / "clip").read_bytes() == content


def test_a_streamed_flac_of_more_than_30_seconds_is_cut() -> None:
    content = bytearray(encoded("FLAC", np.tile(NOISE, 11)))
    content[21:26] = bytes([content[21] & 0xF0, 0, 0, 0, 0])
    clip = decode_clip(bytes(content))
    assert (len(clip.samples), clip.cut_from_seconds) == (30 * RATE_HZ, math.inf)


@pytest.mark.parametrize("kind", ["WAV", "AU", "CAF"])
def test_a_file_of_no_samples_stays_one(kind: str) -> None:
    with pytest.raises(ClipProblem) as caught:
        decode(encoded(kind, NOISE[:0]))
    assert caught.value.kind in {"too_short", "unreadable"}


def test_other_chunks_before_and_after_the_samples_of_a_streamed_wav_are_passed_over() -> None:
    content = encoded("WAV")
    before = b"LIST" + struct.pack("<I", 5) + b"notes\0"
    moved = content[:12] + before + content[12:]
    at = moved.index(b"data")
    np.testing.assert_array_equal(decode(moved[: at + 4] + bytes(4) + moved[at + 8 :]), decode(content))


def test_an_au_file_of_either_byte_order_is_read() -> None:
    np.testing.assert_array_equal(decode(encoded("AU", endian="LITTLE")), decode(encoded("AU", endian="BIG")))


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("name", ["clip", "clip.0001", "clip.sound"])
def test_a_sound_without_a_suffix_of_its_own_is_found_by_its_content(tmp_path: Path, kind: str, name: str) -> None:
    (tmp_path / name).write_bytes(encoded(kind))
    assert holds_sound(tmp_path / name)
    assert not holds_unread_sound(tmp_path / name)


@pytest.mark.parametrize(
    "content",
    [b"", b"RIFF\0\0\0\0AVI LIST", b"path,class\na,b\n", b"\xff\xfb" + bytes(5000), b"ID3 is no tag here", b".sn"],
    ids=["empty", "film", "list", "two bytes of MPEG", "text", "short"],
)
def test_what_is_no_sound_is_not_taken_for_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    assert not holds_sound(tmp_path / "file")


@pytest.mark.parametrize("start", [b"\0\0\0\x20ftypM4A ", b"#!AMR\n", b"\x1aE\xdf\xa3webm"])
def test_sounds_that_are_not_decoded_are_told_by_content_and_by_suffix(tmp_path: Path, start: bytes) -> None:
    for name in ("clip", "clip.m4a"):
        (tmp_path / name).write_bytes(start + bytes(100))
        assert holds_unread_sound(tmp_path / name)
        assert not holds_sound(tmp_path / name)


def test_folders_of_files_without_a_suffix_are_a_data_set(tmp_path: Path) -> None:
    for label in ("dog", "cat"):
        for split in ("train", "eval", "test"):
            (tmp_path / split / label).mkdir(parents=True)
            (tmp_path / split / label / "0001").write_bytes(encoded("AU"))
            (tmp_path / split / label / "README").write_text("Recorded in the yard.")
    found = scan(tmp_path)
    assert {(clip.split, clip.label) for clip in found.clips} == {
        (split, label) for split in ("train", "eval", "test") for label in ("dog", "cat")
    }
    assert {problem.kind for problem in found.problems} == {"not_audio"}
