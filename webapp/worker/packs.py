"""This machine's copies of feature packs, each downloaded once, whoever of its workers needs it first."""

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage

from nas_engine.errors import TransientError
from webapp.storage import hash_in_name

_CHUNK_BYTES = 1 << 20
_DOWNLOAD = ".download-"
_ABANDONED_SECONDS = 24 * 3600.0


def local_pack(name: str, *, limit_bytes: int | None = None) -> Path:
    """The path of a local copy of the stored pack `name`. Raises TransientError if what arrives is not what was stored.

    When all copies together exceed `limit_bytes` (None: the setting PACK_CACHE_BYTES), those unused for longest are
    deleted. A process that has one open keeps it: a mapped file lives on until it is closed.
    """
    path = _folder() / Path(name).name
    with _locked(path):
        if not path.exists():
            _download(name, path)
        os.utime(path)
    _evict(keep=path, limit_bytes=settings.PACK_CACHE_BYTES if limit_bytes is None else limit_bytes)
    return path


def discard_if_damaged(path: Path) -> bool:
    """Forget a copy that is no longer what was stored; the next `local_pack` downloads it again.

    A copy that is as it was stays, for trials of other workers that read it now or are about to.
    """
    with _locked(path):
        if not path.exists() or _digest(path) == hash_in_name(path.name):
            return False
        path.unlink()
    return True


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _folder() -> Path:
    folder = Path(settings.DATA_FOLDER.cache / "packs")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time; the system releases the lock of a process that dies."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _download(name: str, path: Path) -> None:
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=_DOWNLOAD, delete=False) as file:
        unfinished = Path(file.name)
        try:
            with default_storage.open(name) as stored:
                for chunk in stored.chunks(_CHUNK_BYTES):
                    digest.update(chunk)
                    file.write(chunk)
            if digest.hexdigest() != hash_in_name(name):
                raise TransientError(f"The feature pack {name} arrived damaged.")
            file.flush()
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise


def _evict(*, keep: Path, limit_bytes: int) -> None:
    for path in _folder().glob(f"{_DOWNLOAD}*"):
        if path.stat().st_mtime < time.time() - _ABANDONED_SECONDS:
            path.unlink(missing_ok=True)
    copies = sorted(_folder().glob("*.pack"), key=lambda path: path.stat().st_mtime, reverse=True)
    copies.sort(key=lambda path: path != keep)
    total = 0
    for path in copies:
        total += path.stat().st_size
        if total > limit_bytes and path != keep:
            path.unlink(missing_ok=True)
