"""Features of composed streams in one file: computed once, heard by every network that is compared on these streams.

Layout: an .npy array of all frames, float32 [frames of all streams, mel_bins], not normalised | description (JSON) |
its length and the magic number. The description comes last, so that a truncated file has none. An hour of streams at a
hop of 20 ms takes 29 MB with 40 mel bins.
"""

import json
import os
import struct
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.audio.frontend import FrontendConfig
from nas_engine.errors import TransientError
from nas_engine.streaming.composing import ComposedStream, SourceClip, compose
from nas_engine.streaming.features import Gain, feature_blocks
from nas_engine.streaming.procedure.plan import EvaluationPlan
from nas_engine.streaming.values import SoundEvent

_MAGIC = b"EARSHOT streams1"
_TRAILER = struct.Struct("<Q16s")
BLOCK_FRAMES = 15_000
"""Frames that are heard at a time: five minutes at a hop of 20 ms."""


@dataclass(frozen=True, slots=True, eq=False)
class StreamFeatures:
    """One stream as its features float32 [n, mel_bins], memory-mapped, not normalised, with the events in it."""

    name: str
    duration_s: float
    events: tuple[SoundEvent, ...]
    features: NDArray[np.float32]

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """All frames in blocks of `BLOCK_FRAMES`."""
        for start in range(0, len(self.features), BLOCK_FRAMES):
            yield self.features[start : start + BLOCK_FRAMES]


def composed(clips: Sequence[SourceClip], plan: EvaluationPlan) -> Iterator[ComposedStream]:
    """Streams of `plan` at its first noise level, one in memory at a time. Silent classes are the background.

    Raises BadDataset as `compose` does.
    """
    silent = plan.loop.silent_classes
    events = [clip for clip in clips if clip.label not in silent]
    background = [clip.samples for clip in clips if clip.label in silent]
    for number in range(plan.streams):
        yield compose(f"stream {number + 1}", events, background, plan.composition(plan.snr_db[0], number))


def write_stream_features(
    path: Path, clips: Sequence[SourceClip], plan: EvaluationPlan, config: FrontendConfig
) -> None:
    """Compose the streams of `plan` and write their features to `path`, which appears only when it is complete.

    Raises BadDataset as `compose` does.
    """
    streams, frames = [], []
    for stream in composed(clips, plan):
        blocks = feature_blocks(Gain(plan.loop.gain_db).apply(stream.blocks()), config)
        found = np.concatenate([np.zeros((0, config.mel_bins), np.float32), *blocks])
        frames.append(found)
        streams.append(
            {
                "name": stream.name,
                "duration_s": stream.duration_s,
                "events": [event.to_json() for event in stream.events],
                "frames": len(found),
            }
        )
    _write(path, frames, {"streams": streams})


def _write(path: Path, frames: Sequence[NDArray[np.float32]], description: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        unfinished = Path(file.name)
        try:
            shape = (sum(map(len, frames)), frames[0].shape[1])
            header = {"descr": "<f4", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            crc = 0
            for some in frames:
                content = np.ascontiguousarray(some, "<f4").tobytes()
                crc = zlib.crc32(content, crc)
                file.write(content)
            described = json.dumps(description | {"crc32": crc}).encode()
            file.write(described + _TRAILER.pack(len(described), _MAGIC))
            file.flush()
            os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise


def open_stream_features(path: Path, *, verify: bool = False) -> tuple[StreamFeatures, ...]:
    """Memory-map the file of `write_stream_features`; `verify` also reads all of it and compares the checksum.

    Raises TransientError if it is truncated or damaged (delete it and compute it again), OSError if it does not exist.
    """
    description = _description(path)
    try:
        frames: NDArray[np.float32] = np.load(path, mmap_mode="r")
    except ValueError as error:
        raise TransientError(_damaged(path)) from error
    if verify and zlib.crc32(np.ascontiguousarray(frames).tobytes()) != description["crc32"]:
        raise TransientError(_damaged(path))
    streams, start = [], 0
    for one in description["streams"]:
        end = start + one["frames"]
        events = tuple(map(SoundEvent.from_json, one["events"]))
        streams.append(StreamFeatures(one["name"], one["duration_s"], events, frames[start:end]))
        start = end
    return tuple(streams)


def _description(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if size >= _TRAILER.size:
            file.seek(size - _TRAILER.size)
            length, magic = _TRAILER.unpack(file.read(_TRAILER.size))
            if magic == _MAGIC and length <= size - _TRAILER.size:
                file.seek(size - _TRAILER.size - length)
                found: dict[str, Any] = json.loads(file.read(length))
                return found
    raise TransientError(_damaged(path))


def _damaged(path: Path) -> str:
    return f"The features of streams in {path.name} are damaged: they have to be computed again."
