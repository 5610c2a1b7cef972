"""Stored files as files of a folder, for children that know no database."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from django.core.files.storage import default_storage

from webapp.models import Clip
from webapp.worker.child.messages import ClipFile

_COPIED_AT_ONCE = 1 << 20  # bytes


def clip_files(clips: Sequence[Clip], folder: Path) -> tuple[ClipFile, ...]:
    """Clips as files of the folder, one for each content."""
    return tuple(ClipFile(str(_copied(clip.audio.name or "", folder)), clip.label, clip.group) for clip in clips)


def copied(name: str, path: Path) -> Path:
    """The stored file `name` as the file `path`."""
    with default_storage.open(name) as stored, path.open("wb") as copy:
        shutil.copyfileobj(stored, copy, _COPIED_AT_ONCE)
    return path


def _copied(name: str, folder: Path) -> Path:
    path = folder / Path(name).name
    return path if path.exists() else copied(name, path)
