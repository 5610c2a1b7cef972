"""This machine's copies of the streams that studies take accuracies on: put together once, heard by every trial."""

import fcntl
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from nas_engine.errors import EarshotError, Outage, TransientError
from nas_engine.streaming.procedure.composed_features import open_stream_features
from webapp.models import Clip
from webapp.worker.child.messages import ComposeStreams, StreamsFile
from webapp.worker.child.process import call_once
from webapp.worker.clip_files import clip_files

MOST_BYTES = 4_000_000_000
"""Of all copies together; those unused for longest are deleted."""
_VERSION = 1  # of what the same clips and plan are put together to
_TICK_SECONDS = 0.5


class BadStreams(EarshotError):
    """No streams can be put together from these clips; the message states why."""


def local_streams(
    plan: Mapping[str, Any], clips: Sequence[Clip], pack: Path, check: Callable[[], object] = lambda: None
) -> StreamsFile:
    """The streams of a plan (EvaluationPlan as JSON) from these clips by the front end of `pack`, as a file.

    `check` is called twice a second while another process puts them together, or a child of this one does, and may
    raise to leave it. Simulated trainings hear nothing: for them there is no file. Raises BadStreams where these clips
    cannot be put together, and TransientError and Outage as `call_once` does.
    """
    if settings.IS_SIMULATED:
        return StreamsFile("", dict(plan))
    path = _folder() / f"{_key(plan, clips, pack)}.streams"
    with _locked(path, check):
        if not _is_whole(path):
            _compose(path, plan, clips, pack, check)
        os.utime(path)
    _evict(path)
    return StreamsFile(str(path), dict(plan))


def discard_if_damaged(file: StreamsFile | None) -> None:
    """Forget a file whose content is no longer what was written; the next `local_streams` makes it again."""
    if file is not None and file.path and not _is_whole(Path(file.path), verify=True):
        Path(file.path).unlink(missing_ok=True)


def _key(plan: Mapping[str, Any], clips: Sequence[Clip], pack: Path) -> str:
    """Hash of everything that the features depend on; names of files hold the hash of their content."""
    heard = [[clip.audio.name, clip.label, clip.group] for clip in clips]
    return hashlib.sha256(json.dumps([_VERSION, plan, pack.name, heard], sort_keys=True).encode()).hexdigest()


def _compose(
    path: Path, plan: Mapping[str, Any], clips: Sequence[Clip], pack: Path, check: Callable[[], object]
) -> None:
    settings.DATA_FOLDER.ensure()
    with tempfile.TemporaryDirectory(dir=settings.DATA_FOLDER.root, prefix="streams-") as folder:
        try:
            call_once(ComposeStreams(str(pack), plan, clip_files(clips, Path(folder)), str(path)), check)
        except (TransientError, Outage):
            raise
        except EarshotError as error:
            raise BadStreams(f"The streams could not be put together: {error}") from error


def _is_whole(path: Path, *, verify: bool = False) -> bool:
    try:
        open_stream_features(path, verify=verify)
    except (TransientError, OSError):
        return False
    return True


def _folder() -> Path:
    folder = Path(settings.DATA_FOLDER.cache / "streams")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _locked(path: Path, check: Callable[[], object]) -> Iterator[None]:
    """One process at a time; the system releases the lock of a process that dies."""
    with path.with_suffix(".lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                check()
                time.sleep(_TICK_SECONDS)
        yield


def _evict(keep: Path) -> None:
    """Delete what was unused for longest. A process that has a file open keeps it: a mapped file lives on."""
    copies = sorted(_folder().glob("*.streams"), key=lambda path: path.stat().st_mtime, reverse=True)
    copies.sort(key=lambda path: path != keep)
    total = 0
    for path in copies:
        total += path.stat().st_size
        if total > MOST_BYTES and path != keep:
            path.unlink(missing_ok=True)
