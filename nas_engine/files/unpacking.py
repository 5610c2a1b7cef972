"""Unpacking of uploads, sounds and measurements alike, under limits, so that no archive fills a disk or memory.

Archives beyond the limits are refused as early as possible: a zip by the sizes in its directory, a gzip once the bytes
unpacked exceed the limit or the ratio. The sizes in a zip's directory bind: no member gives more bytes than it states.
"""

import errno
import gzip
import lzma
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from nas_engine.errors import EarshotError, TransientError

CHUNK_BYTES = 1 << 20
BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError, RuntimeError, ValueError,
)  # fmt: skip
"""Exceptions of the standard library for damaged archives."""
Wanted = Callable[[zipfile.ZipInfo], bool]
"""Whether a member of a zip is unpacked."""
Target = Callable[[zipfile.ZipInfo, int], Path]
"""Where a member of a zip is unpacked to; the number counts wanted members from 0."""
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_ENCRYPTED = 1


class ArchiveRefused(EarshotError):
    """An archive is damaged, encrypted or beyond the limits. The message goes after the archive's name and a colon."""


@dataclass(frozen=True, slots=True)
class UnpackingLimits:
    """Limits of an upload after unpacking, with the words of their messages.

    `ratio` is unpacked to packed bytes of the whole archive; up to `any_ratio_bytes` come out at any ratio.
    `spare_bytes` stay free on the disk, which the database may share.
    """

    expanded_bytes: int  # of all members together
    ratio: float
    members: int
    content: str  # "recording": what is unpacked
    remedy: str  # "export a shorter stretch": what to do about too many bytes
    any_ratio_bytes: int = 10_000_000
    spare_bytes: int = 1_000_000_000


class Unpacker:
    """Unpacks one archive at `path` to files on the disk of `folder`.

    Its methods raise ArchiveRefused, and TransientError where the disk has not enough room.
    """

    def __init__(self, path: Path, folder: Path, limits: UnpackingLimits) -> None:
        self._path = path
        self._folder = folder
        self._limits = limits
        self._by_ratio = max(limits.any_ratio_bytes, int(limits.ratio * path.stat().st_size))
        self._written = 0

    def gunzip(self, target: Path) -> None:
        """Unpack a gzip to `target`."""
        with _damage_of("gzip"), self._path.open("rb") as packed, gzip.open(packed) as stream:
            self._copy(stream, target)

    def unzip(self, wanted: Wanted, target: Target) -> None:
        """Unpack the members of a zip that are `wanted`, each to its `target`."""
        with _damage_of("zip"), zipfile.ZipFile(self._path) as archive:
            infos = [info for info in archive.infolist() if wanted(info)]
            self._check_directory(infos)
            places = [target(info, index) for index, info in enumerate(infos)]
            for info, place in zip(infos, places, strict=True):
                place.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(info) as stream:
                    self._copy(stream, place)

    def _check_directory(self, infos: list[zipfile.ZipInfo]) -> None:
        """Check what a zip states before anything is unpacked."""
        most = self._limits.members
        if len(infos) > most:
            raise ArchiveRefused(f"{len(infos):,} files in the zip; at most {most:,}: upload them in parts")
        if locked := next((info.filename for info in infos if info.flag_bits & _ENCRYPTED), None):
            raise ArchiveRefused(f"{locked} is encrypted; zip it without a password")
        expanded_bytes = sum(info.file_size for info in infos)
        if expanded_bytes > self._limits.expanded_bytes:
            stated, limit = _megabytes(expanded_bytes), _megabytes(self._limits.expanded_bytes)
            raise ArchiveRefused(f"unpacks to {stated}; at most {limit}: {self._limits.remedy}")
        self._check(expanded_bytes)

    def _check(self, more_bytes: int) -> None:
        """Check the limits for `more_bytes` that are about to be written."""
        limits, total = self._limits, self._written + more_bytes
        if total > limits.expanded_bytes:
            raise ArchiveRefused(f"unpacks to more than {_megabytes(limits.expanded_bytes)}: {limits.remedy}")
        if total > self._by_ratio:
            raise ArchiveRefused(
                f"unpacks to more than {limits.ratio:.0f} times its size, as no {limits.content} does; "
                "give the plain files"
            )
        free_bytes = shutil.disk_usage(self._folder).free
        if more_bytes > free_bytes - limits.spare_bytes:
            raise TransientError(
                f"The disk of {self._folder} has not enough room to unpack {_megabytes(more_bytes)}: "
                f"{_megabytes(free_bytes)} are free, and {_megabytes(limits.spare_bytes)} stay so for the database. "
                "Free some space and try again."
            )

    def _copy(self, stream: IO[bytes] | gzip.GzipFile, target: Path) -> None:
        with target.open("wb") as file:
            while chunk := stream.read(CHUNK_BYTES):
                self._check(len(chunk))
                file.write(chunk)
                self._written += len(chunk)


@contextmanager
def _damage_of(kind: str) -> Iterator[None]:
    """Turn exceptions for damaged archives of a kind into ArchiveRefused, and a full disk into TransientError."""
    try:
        yield
    except BROKEN as error:
        if isinstance(error, OSError) and error.errno in _NO_SPACE:
            raise TransientError("The disk is full. Free some space and try again.") from error
        raise ArchiveRefused(f"the {kind} is cut or damaged ({error}); copy it again") from error


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"
