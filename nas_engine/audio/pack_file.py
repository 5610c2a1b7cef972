"""The file of a feature pack: its layout, read without regard to what a split is for.

Imported by `cache`, which leaves the test split out, and by the room that opens it (an import contract): whoever holds
a `PackFile` can read every split.
"""

import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nas_engine.errors import TransientError

MAGIC = b"EARSHOT\n"
PACK_VERSION = 1
_TRAILER = struct.Struct("<QI8s")  # length of the description, its CRC-32, magic


class SplitArrays(NamedTuple):
    """Content of a split; the fields of `cache.SplitFeatures` without its classes."""

    log_mel: NDArray[np.float32]
    offsets: NDArray[np.int64]
    labels: NDArray[np.int64]
    clip_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PackFile:
    """Memory-mapped file of a pack and its description, with no split opened."""

    data: NDArray[np.uint8]
    description: Mapping[str, Any]

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes in the order of the labels."""
        return tuple(self.description["classes"])

    @property
    def split_names(self) -> tuple[str, ...]:
        """Splits in the order in which they were written."""
        return tuple(self.description["splits"])

    def arrays_of(self, name: str) -> SplitArrays:
        """Content of the split `name`, which the file has; features are paged in as they are used."""
        arrays = self.description["splits"][name]
        clip_ids = tuple(clip_id.decode() for clip_id in _view(self.data, arrays["clip_ids"]).tolist())
        log_mel, offsets, labels = (_view(self.data, arrays[part]) for part in ("log_mel", "offsets", "labels"))
        return SplitArrays(log_mel, offsets, labels, clip_ids)


def end_of_pack(description: Mapping[str, Any]) -> bytes:
    """Last bytes of a pack: its description as JSON and the trailer."""
    text = json.dumps(description, separators=(",", ":")).encode()
    return text + _TRAILER.pack(len(text), zlib.crc32(text), MAGIC)


def map_pack(path: Path, *, verify: bool = False) -> PackFile:
    """Memory-map the file at `path` and read its description. Errors as of `cache.open_pack`."""
    size = path.stat().st_size
    if size < len(MAGIC) + _TRAILER.size:
        raise _damaged(path, f"it has {size} bytes")
    data = np.memmap(path, dtype=np.uint8, mode="r")
    length, crc, magic = _TRAILER.unpack(data[-_TRAILER.size :].tobytes())
    end = size - _TRAILER.size - length
    if magic != MAGIC or end < len(MAGIC) or data[: len(MAGIC)].tobytes() != MAGIC:
        raise _damaged(path, "its end is missing")
    text = data[end : size - _TRAILER.size].tobytes()
    if zlib.crc32(text) != crc:
        raise _damaged(path, "its description does not match its checksum")
    description = json.loads(text)
    if description["version"] != PACK_VERSION:
        raise _damaged(path, f"it has version {description['version']}, not {PACK_VERSION}")
    if verify and zlib.crc32(data[:end].data) != description["data_crc32"]:
        raise _damaged(path, "its features do not match their checksum")
    return PackFile(data, description)


def _damaged(path: Path, why: str) -> TransientError:
    return TransientError(f"The feature pack {path.name} is damaged: {why}. Delete it to have it rebuilt.")


def _view(data: NDArray[np.uint8], array: Mapping[str, Any]) -> NDArray[Any]:
    dtype = np.dtype(array["dtype"])
    count = int(np.prod(array["shape"]))
    stretch = data[array["start"] : array["start"] + count * dtype.itemsize]
    values: NDArray[Any] = np.asarray(stretch).view(dtype).reshape(array["shape"])
    return values
