"""A file storage in the database: two environment variables are enough for fifty machines.

Artifacts here are small (a .tflite file: 60 kB; a clip: 100 kB) or read once a machine (a feature pack). To use an
object store, name its Django storage in STORAGES instead; nothing else changes.
"""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.deconstruct import deconstructible

CHUNK_BYTES = 1 << 20


class NotStored(FileNotFoundError):
    """There is no stored file of this name, or no more."""


class _ChunkedReader(io.RawIOBase):
    """Seekable read-only stream over a stored file's pieces; holds at most one piece in memory."""

    def __init__(self, name: str, size: int) -> None:
        self._name, self._size, self._offset = name, size, 0
        self._held: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._offset

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._offset, io.SEEK_END: self._size}[whence]
        self._offset = max(0, base + offset)
        return self._offset

    def readinto(self, buffer: Any) -> int:
        if self._offset >= self._size:
            return 0
        position, start = divmod(self._offset, CHUNK_BYTES)
        piece = self._piece(position)[start : start + len(buffer)]
        buffer[: len(piece)] = piece
        self._offset += len(piece)
        return len(piece)

    def _piece(self, position: int) -> bytes:
        from webapp.models import ArtifactChunk

        if self._held[0] != position:
            content = ArtifactChunk.objects.values_list("content", flat=True).get(name=self._name, position=position)
            self._held = (position, bytes(content))
        return self._held[1]


@deconstructible
class DatabaseStorage(Storage):
    """Django storage whose files are rows of `ArtifactChunk`. A file is written once, whole or not at all."""

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        if mode != "rb":
            raise ValueError(f"Artifacts are written once and read: mode {mode!r} is not offered, use 'rb'.")
        return File(io.BufferedReader(_ChunkedReader(name, self.size(name)), CHUNK_BYTES), name=name)

    def _save(self, name: str, content: "File[bytes]") -> str:
        from webapp.models import ArtifactChunk

        with transaction.atomic():
            for position, piece in enumerate(_pieces(content)):
                ArtifactChunk.objects.create(name=name, position=position, size=len(piece), content=piece)
        return name

    def delete(self, name: str) -> None:
        from webapp.models import ArtifactChunk

        ArtifactChunk.objects.filter(name=name).delete()

    def exists(self, name: str) -> bool:
        from webapp.models import ArtifactChunk

        return ArtifactChunk.objects.filter(name=name, position=0).exists()

    def size(self, name: str) -> int:
        from webapp.models import ArtifactChunk

        total = ArtifactChunk.objects.filter(name=name).aggregate(total=Sum("size"))["total"]
        if total is None:
            raise NotStored(f"No stored artifact is named {name!r}.")
        return int(total)

    def url(self, name: str | None) -> str:
        raise ValueError("Artifacts are served by views that check who asks; they have no public address.")

    def save_once(self, name: str, content: "File[bytes]") -> None:
        """Store `content` unless `name`, which is made from its hash, is stored already.

        Content stored already counts as stored now, so that it is not collected before its new owner's row is written.
        """
        from webapp.models import ArtifactChunk

        if not ArtifactChunk.objects.filter(name=name).update(stored_at=timezone.now()):
            try:
                with transaction.atomic():
                    self._save(name, content)
            except IntegrityError:  # another worker stored the same bytes at this moment
                if not self.exists(name):
                    raise


def _pieces(content: "File[bytes]") -> Iterator[bytes]:
    """The content in pieces of exactly CHUNK_BYTES but the last; one empty piece for an empty file."""
    content.seek(0)
    piece = content.read(CHUNK_BYTES)
    yield piece
    while len(piece) == CHUNK_BYTES:
        piece = content.read(CHUNK_BYTES)
        if piece:
            yield piece


def save_by_hash(storage: Storage, kind: str, content: bytes, suffix: str) -> str:
    """Store bytes once under `<kind>/<sha256><suffix>` and return that name; the same bytes are stored once."""
    return _save_once(storage, f"{kind}/{hashlib.sha256(content).hexdigest()}{suffix}", ContentFile(content))


def save_file_by_hash(storage: Storage, kind: str, path: Path) -> str:
    """`save_by_hash` for a file too large for memory; its suffix is kept."""
    with path.open("rb") as file:
        return save_stream_by_hash(storage, kind, File(file), path.suffix)


def save_stream_by_hash(storage: Storage, kind: str, content: "File[bytes]", suffix: str = "") -> str:
    """`save_by_hash` for an open file, such as an upload, which is read twice and never held in memory."""
    digest = hashlib.sha256()
    for piece in _pieces(content):
        digest.update(piece)
    return _save_once(storage, f"{kind}/{digest.hexdigest()}{suffix}", content)


def hash_in_name(name: str) -> str:
    """The SHA-256 that `save_by_hash` put into a name."""
    return Path(name).stem


def _save_once(storage: Storage, name: str, content: "File[bytes]") -> str:
    if isinstance(storage, DatabaseStorage):
        storage.save_once(name, content)
    elif not storage.exists(name):
        storage.save(name, content)
    return name
