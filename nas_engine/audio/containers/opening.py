"""Containers of sound files: recognition by content, and the lengths that their headers state.

A program that streams writes a header before it knows the length, and leaves 0, -1 or the largest number in it. In some
containers libsndfile 1.2.2 then reads to the end of the file, in others it finds no sample or gives up: `open_sound`
gives it the length that follows from the size of the file.
"""

import io
import mmap
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import soundfile

from nas_engine.audio.containers.mpeg_frames import Tagged, missing_tag

FORMATS = "WAV, AIFF, AU, CAF, W64, FLAC, Ogg or MP3"
SUFFIXES = frozenset({
    ".wav", ".wave", ".bwf", ".rf64", ".w64", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf",
    ".flac", ".ogg", ".oga", ".opus", ".mp3",
})  # fmt: skip
UNREAD_SUFFIXES = frozenset({".m4a", ".aac", ".wma", ".mp4", ".webm", ".amr", ".3gp", ".ac3"})
_UNREAD_STARTS = (bytes.fromhex("3026b2758e66cf11"), b"#!AMR", b"\x1aE\xdf\xa3")  # ASF (WMA), AMR, Matroska (WebM)
_MPEG_STARTS = (b"ID3", b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2", b"\xff\xe3", b"\xff\xe2")
_HEAD_BYTES = 65_536
_LONGEST_STATED = {4: 0x7FFF_0000, 8: 1 << 62}  # by bytes of the number; SoX writes 0x7FFFF000 for "unknown"


class _Container(NamedTuple):
    """Container of chunks, or with the length of its samples in front: `length_form` is that number's `struct` format.

    `whole` is the place of the file's size less `whole_less`. A chunk is a name, a number and content; its number
    counts `counted` bytes of name and number, and the next begins at a multiple of `alignment`.
    """

    recognises: Callable[[bytes], bool]
    length_form: str
    whole: int | None = None
    whole_less: int = 8
    first_chunk: int = 12
    samples: bytes = b"data"
    counted: int = 0
    alignment: int = 1
    length: int | None = None  # place of the length of the samples, where it stands in front of all chunks


_W64_RIFF = b"riff" + bytes.fromhex("2e91cf11a5d628db04c10000")
_W64_DATA = b"data" + bytes.fromhex("f3acd3118cd100c04f8edb8a")
_WAV = _Container(lambda head: head[:4] == b"RIFF" and head[8:12] == b"WAVE", "<I", whole=4, alignment=2)
_RF64 = _Container(lambda head: head[:4] == b"RF64" and head[8:16] == b"WAVEds64", "<q", whole=20, length=28)
_AIFF = _Container(lambda head: head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"), ">I", whole=4)
_W64 = _Container(
    lambda head: head[:16] == _W64_RIFF, "<q", whole=16, whole_less=0, first_chunk=40, samples=_W64_DATA, counted=24,
    alignment=8,
)  # fmt: skip
_CAF = _Container(lambda head: head[:6] == b"caff\0\1", ">q", first_chunk=8)
_AU = _Container(lambda head: head[:4] == b".snd", ">I", length=8)
_AU_LITTLE_ENDIAN = _Container(lambda head: head[:4] == b"dns.", "<I", length=8)
_CONTAINERS = (_WAV, _RF64, _AIFF, _W64, _CAF, _AU, _AU_LITTLE_ENDIAN)


class _Length(NamedTuple):
    """Length of the samples in a header: its place and `struct` format, and what it should be."""

    place: int
    form: str
    value: int


def holds_sound(path: Path) -> bool:
    """Whether it is a file that is decoded, by its suffix, or by its content where no suffix of sound is there."""
    suffix = path.suffix.lower()
    return path.is_file() and (suffix in SUFFIXES or (suffix not in UNREAD_SUFFIXES and _is_sound(path)))


def holds_unread_sound(path: Path) -> bool:
    """Whether it is a file of a format of sound, or of films, that is not decoded."""
    if path.suffix.lower() in UNREAD_SUFFIXES:
        return path.is_file()
    head = _start(path)
    return head[4:8] == b"ftyp" or head.startswith(_UNREAD_STARTS)


def first_bytes(source: Path | bytes, count: int = _HEAD_BYTES) -> tuple[bytes, int]:
    """First bytes of a file, and its size. Raises OSError where it cannot be opened."""
    if isinstance(source, bytes):
        return source[:count], len(source)
    with source.open("rb") as file:
        return file.read(count), source.stat().st_size


def stated_bytes(head: bytes) -> int | None:
    """Size of the file by its first bytes; None where they state none, or a number that stands for "unknown"."""
    container = _container(head)
    if container in (_AU, _AU_LITTLE_ENDIAN):
        length = _known(head, 8, container.length_form)
        return length and length + _number(head, 4, container.length_form)
    if container is None or container.whole is None:
        return None
    whole = _known(head, container.whole, container.length_form)
    return whole and whole + container.whole_less


@contextmanager
def open_sound(source: Path | bytes) -> Iterator[soundfile.SoundFile]:
    """Open a sound, to be read from its beginning on; its `frames` may be more than there are.

    Raises soundfile.LibsndfileError where it is no sound, and OSError where the file cannot be opened.
    """
    head, size = first_bytes(source)
    file = _mpeg(source) if head.startswith(_MPEG_STARTS) else _file(source, _missing_length(head, size))
    with file as opened, _Sequential(opened) as sound:
        yield sound


class _Sequential(soundfile.SoundFile):
    """Sound read in one direction: soundfile seeks after each read, which fails in FLAC of unknown length."""

    def seekable(self) -> bool:
        return False


class _Mapped(mmap.mmap):
    """File in memory that is changed there alone, and in which libsndfile may seek beyond the end."""

    def seek(self, pos: int, whence: int = os.SEEK_SET) -> None:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: len(self)}[whence]
        super().seek(min(start + pos, len(self)))


@contextmanager
def _file(source: Path | bytes, length: _Length | None) -> "Iterator[Path | io.BytesIO | _Mapped]":
    """The file, with the length in its header mended in memory."""
    if isinstance(source, bytes):
        content = bytearray(source)
        _mend(content, length)
        yield io.BytesIO(content)
    elif length is None:
        yield source
    else:
        with _mapped(source) as mapped:
            _mend(mapped, length)
            yield mapped


@contextmanager
def _mpeg(source: Path | bytes) -> "Iterator[Path | io.BytesIO | _Mapped | Tagged]":
    """An MP3 file whose first frame states how many there are; the tag is made in memory where the file's does not."""
    if isinstance(source, bytes):
        yield _tagged(source) or io.BytesIO(source)
    else:
        with _mapped(source) as content:
            yield _tagged(content) or source


def _tagged(content: "bytes | _Mapped") -> "Tagged | io.BytesIO | _Mapped | None":
    """The content with the tag that it lacks; None if it lacks none."""
    tag = missing_tag(content)
    if tag is None or tag.is_new:
        return tag and Tagged(tag, content)
    part = slice(tag.place, tag.place + len(tag.content))
    if isinstance(content, bytes):
        return io.BytesIO(content[: part.start] + tag.content + content[part.stop :])
    content[part] = tag.content
    return content


@contextmanager
def _mapped(source: Path) -> "Iterator[_Mapped]":
    with source.open("rb") as file, _Mapped(file.fileno(), 0, access=mmap.ACCESS_COPY) as content:
        yield content


def _mend(content: bytearray | mmap.mmap, length: _Length | None) -> None:
    if length:
        struct.pack_into(length.form, content, length.place, length.value)


def _container(head: bytes) -> _Container | None:
    return next((container for container in _CONTAINERS if container.recognises(head)), None)


def _is_sound(path: Path) -> bool:
    head = _start(path)
    if head.startswith(_MPEG_STARTS):
        return _opens(path)
    return head.startswith((b"fLaC", b"OggS")) or _container(head) is not None


def _start(path: Path) -> bytes:
    """First 16 bytes; none of a file that cannot be opened."""
    try:
        return first_bytes(path, 16)[0]
    except OSError:
        return b""


def _opens(path: Path) -> bool:
    """Whether libsndfile opens it: other files, too, may begin with the two bytes of MPEG audio."""
    try:
        with open_sound(path):
            return True
    except soundfile.LibsndfileError:
        return False


def _number(head: bytes, place: int, form: str) -> int:
    """Number at a place; 0 beyond the end."""
    return int(struct.unpack_from(form, head, place)[0]) if place + struct.calcsize(form) <= len(head) else 0


def _known(head: bytes, place: int, form: str) -> int | None:
    """Length at a place, None for numbers that stand for "unknown"."""
    value = _number(head, place, form)
    return value if 0 < value < _LONGEST_STATED[struct.calcsize(form)] else None


def _missing_length(head: bytes, size: int) -> _Length | None:
    """Length of the samples where a streamed header states none; None where it does, or holds no samples."""
    container = _container(head)
    if container is None or container is _AIFF or stated_bytes(head) == size:
        return None  # libsndfile reads AIFF of unknown length by itself
    if container in (_AU, _AU_LITTLE_ENDIAN):
        start = _number(head, 4, container.length_form)
        place: int | None = 8
    else:
        place, start = _samples(head, container)
        place = place if container.length is None else container.length
    if place is None or not 0 < start < size or _known(head, place, container.length_form) is not None:
        return None
    return _Length(place, container.length_form, size - start + container.counted)


def _samples(head: bytes, container: _Container) -> tuple[int | None, int]:
    """Places of the length of the chunk of samples and of its content; (None, 0) where it is not among the first."""
    name_bytes = len(container.samples)
    form = "<I" if container is _RF64 else container.length_form
    place = container.first_chunk
    while place + name_bytes <= len(head):
        start = place + name_bytes + struct.calcsize(form)
        if head[place : place + name_bytes] == container.samples:
            return place + name_bytes, start
        content_bytes = max(0, _number(head, place + name_bytes, form) - container.counted)
        place = start + content_bytes + -content_bytes % container.alignment
    return None, 0
