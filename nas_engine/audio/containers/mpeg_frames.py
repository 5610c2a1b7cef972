"""Frames of MPEG audio, layer III (ISO 11172-3, 13818-3): how many a file holds, and the tag that states it.

libsndfile 1.2.2 reads as many frames as the tag in the first one states ("Xing", or "Info" at constant bit rate). Where
there is none, as streaming programs leave it, it takes the first frame's bit rate for that of all, and of a recording
that begins quietly it drops half or more without an error; of files that were put behind each other it reads the first.
"""

import io
import mmap
import struct
from typing import NamedTuple

_KBIT = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
}
"""Kilobits a second by the four bits of the header, MPEG 1, and MPEG 2 and 2.5; 0 for free format and none."""
_HERTZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""By the version in the header: MPEG 1, 2 and 2.5."""
_HEADER_BYTES = 4
_LAYER_III, _MONO = 1, 3
_SIDE_BYTES = {(1, False): 32, (1, True): 17, (2, False): 17, (2, True): 9}
"""Of the side information that comes behind the header, by MPEG 1 or not and whether it is mono."""
_ID3_BYTES = 10
_HAS_FRAMES = 1
_VBRI = 36
"""Place of Fraunhofer's tag within a frame, which libsndfile reads by itself."""
Content = bytes | bytearray | mmap.mmap

_OFF_BY = 8
"""Frames that a tag may state too few: encoders differ in whether it counts, and in what ends a file."""


class Frame(NamedTuple):
    """A frame: its place and size in bytes, and what all frames of a recording share."""

    place: int
    size: int
    version: int
    hertz: int
    is_mono: bool

    @property
    def tag(self) -> int:
        """Place of a tag within the file."""
        return self.place + _HEADER_BYTES + _SIDE_BYTES[1 if self.version == 3 else 2, self.is_mono]


class Tag(NamedTuple):
    """A tag that a file lacks: `content`, in place of what is at `place` or, if `is_new`, of what comes before it."""

    place: int
    content: bytes
    is_new: bool


def missing_tag(content: Content) -> Tag | None:
    """Tag by which all frames of an MP3 file are read; None where its own does so, or the file is none.

    Reads the headers of all frames: .2 s an hour of sound.
    """
    first = _first(content)
    if first is None:
        return None
    kind = content[first.tag : first.tag + 4]
    if content[first.place + _VBRI : first.place + _VBRI + 4] == b"VBRI":
        return None
    frames = _count(content, first)
    if kind not in (b"Xing", b"Info"):
        return Tag(first.place, _tag_frame(content, first, frames), is_new=True)
    flags, stated = struct.unpack(">II", content[first.tag + 4 : first.tag + 12])
    if not flags & _HAS_FRAMES or frames - 1 <= stated + _OFF_BY:
        return None
    return Tag(first.tag + 8, struct.pack(">I", frames - 1), is_new=False)


class Tagged(io.RawIOBase):
    """A file with a new tag in front of its first frame, in place of what comes before that; read only."""

    def __init__(self, tag: Tag, content: Content) -> None:
        self._tag, self._content, self._place = tag, content, 0

    def seekable(self) -> bool:
        """True."""
        return True

    def readable(self) -> bool:
        """True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place in bytes, which is returned; at most to the end."""
        size = len(self._tag.content) + len(self._content) - self._tag.place
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: size}[whence]
        self._place = min(max(0, start + offset), size)
        return self._place

    def tell(self) -> int:
        """The place in bytes."""
        return self._place

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Fill the buffer with what comes next; how many bytes of it, 0 at the end."""
        in_tag = self._tag.content[self._place : self._place + len(buffer)]
        start = self._tag.place + max(0, self._place - len(self._tag.content))
        part = in_tag or self._content[start : start + len(buffer)]
        buffer[: len(part)] = part
        self._place += len(part)
        return len(part)


def _first(content: Content) -> Frame | None:
    """The first frame behind an ID3 tag, if another one follows it."""
    place = 0
    head = content[0:_ID3_BYTES]
    if head[:3] == b"ID3" and len(head) == _ID3_BYTES:
        size = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
        place = _ID3_BYTES + size + (_ID3_BYTES if head[5] & 0x10 else 0)
    frame = _frame(content, place)
    return frame if frame and _follows(content, frame) else None


def _frame(content: Content, place: int) -> Frame | None:
    """The frame whose header stands at a place; None where there is none, or one of another layer or of free format."""
    head = content[place : place + _HEADER_BYTES]
    if len(head) < _HEADER_BYTES or head[0] != 0xFF or head[1] & 0xE0 != 0xE0 or (head[1] >> 1) & 3 != _LAYER_III:
        return None
    version, rate = (head[1] >> 3) & 3, (head[2] >> 2) & 3
    kbit = _KBIT[1 if version == 3 else 2][head[2] >> 4]
    if version not in _HERTZ or rate == 3 or kbit == 0:
        return None
    hertz = _HERTZ[version][rate]
    size = (144_000 if version == 3 else 72_000) * kbit // hertz + ((head[2] >> 1) & 1)
    return Frame(place, size, version, hertz, head[3] >> 6 == _MONO)


def _follows(content: Content, frame: Frame) -> bool:
    """Whether a frame of the same kind, or nothing, comes behind a frame."""
    end = frame.place + frame.size
    after = _frame(content, end)
    return end == len(content) or (after is not None and after[2:4] == frame[2:4])


def _count(content: Content, first: Frame) -> int:
    """Whole frames from the first on, over what lies between them."""
    count, place, end = 0, first.place, len(content)
    while 0 <= place <= end - _HEADER_BYTES:
        frame = _frame(content, place)
        is_sure = frame is not None and frame[2:4] == first[2:4] and frame.place + frame.size <= end
        if frame is not None and is_sure and (place == first.place or count or _follows(content, frame)):
            count, place = count + 1, place + frame.size
        else:
            place = content.find(b"\xff", place + 1)
    return count


def _tag_frame(content: Content, first: Frame, frames: int) -> bytes:
    """A silent frame of the first one's kind, large enough for a tag, that states the number of frames."""
    head = bytearray(content[first.place : first.place + _HEADER_BYTES])
    head[1] |= 1  # no checksum
    tag = first.tag - first.place
    for index in range(1, 15):
        head[2] = (index << 4) | (head[2] & 0x0C)
        frame = _frame(bytes(head), 0)
        if frame is not None and frame.size >= tag + 12:
            break
    assert frame is not None  # the header is that of a frame but for the bit rate
    made = bytearray(frame.size)
    made[:_HEADER_BYTES] = head
    made[tag : tag + 12] = b"Xing" + struct.pack(">II", _HAS_FRAMES, frames)
    return bytes(made)
