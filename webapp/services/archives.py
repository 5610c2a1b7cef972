"""Uploaded zips of several files, stored as if each file had been uploaded by itself, under the same limits."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from django.conf import settings
from django.core.files.base import File

from nas_engine.energy.readers.base import FileSource
from nas_engine.energy.readers.parsing.unpacking import LIMITS, holds_several, members_of
from nas_engine.errors import BadMeasurement, TransientError
from webapp.services.errors import Conflict

_NAME_LENGTH = 200
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class ArchivePart:
    """File to store, under the name that users see: "trace.csv", or "archive.zip/folder/trace.csv"."""

    name: str
    file: "File[bytes]"


@contextmanager
def spread(files: Sequence["File[bytes]"]) -> Iterator[list[ArchivePart]]:
    """Files of an upload, each zip of several files replaced by its members.

    A zip of one file, a recording that is a zip itself, and a damaged one stay as they are: a worker reads or rejects
    them. Raises Conflict, before anything is stored, for a zip that is encrypted or too large when unpacked, and
    where the disk has not enough room for it.
    """
    with ExitStack() as stack:
        yield [part for file in files for part in _parts(stack, file)]


def _parts(stack: ExitStack, file: "File[bytes]") -> Sequence[ArchivePart]:
    file.seek(0)
    starts_like_zip = file.read(len(_ZIP)) == _ZIP
    file.seek(0)
    if not starts_like_zip:
        return [ArchivePart(_base_name(file.name or "file"), file)]
    path = _on_disk(stack, file)
    if not holds_several(path):
        return [ArchivePart(_base_name(file.name or "file"), file)]
    limits = replace(LIMITS, members=settings.DATA_UPLOAD_MAX_NUMBER_FILES)
    try:
        sources = stack.enter_context(members_of(FileSource(_base_name(file.name or "archive.zip"), path), limits))
    except (BadMeasurement, TransientError) as error:
        raise Conflict(f"{str(error).removesuffix('.')}. Nothing was stored.") from None
    return [_member(stack, source) for source in sources]


def _on_disk(stack: ExitStack, file: "File[bytes]") -> Path:
    """Path of the upload; small ones are held in memory and written to disk here."""
    if hasattr(file, "temporary_file_path"):
        return Path(file.temporary_file_path())
    path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="earshot-upload-"))) / "upload.zip"
    with path.open("wb") as copy:
        for chunk in file.chunks(1 << 20):
            copy.write(chunk)
    return path


def _member(stack: ExitStack, source: FileSource) -> ArchivePart:
    size_bytes, limit_bytes = source.path.stat().st_size, settings.MEASUREMENT_LIMIT_BYTES
    if size_bytes > limit_bytes:
        raise Conflict(
            f"{source.name} unpacks to {size_bytes / 1e6:,.0f} MB; at most {limit_bytes / 1e6:,.0f} MB a file are "
            "accepted: record less time before and after the benchmark. Nothing was stored."
        )
    return ArchivePart(_storable(source.name), File(stack.enter_context(source.path.open("rb"))))


def _base_name(name: str) -> str:
    return PurePath(_storable(name)).name


def _storable(name: str) -> str:
    """Name without characters that PostgreSQL or a page cannot hold; its end, the most specific part, is kept."""
    return name.replace("\\", "/").replace("\0", "")[-_NAME_LENGTH:]
