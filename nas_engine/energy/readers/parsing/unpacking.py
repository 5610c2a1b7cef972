"""Unpacking of gzip and zip to temporary files under limits, so that no upload fills a disk or memory.

Files beyond the limits are rejected as early as possible: a zip by the sizes in its directory and again by the bytes
unpacked, a gzip once the bytes unpacked exceed the limit or the compression ratio of any recording.
"""

import gzip
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from nas_engine.energy.readers.base import FileSource

_CHUNK_BYTES = 1_000_000
_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OTHER_ARCHIVES = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "rar",
    b"\xfd7zXZ": "xz",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_DOCUMENTS = {"[Content_Types].xml": "Office", "content.xml": "OpenDocument"}
_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError, RuntimeError, ValueError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class UnpackingLimits:
    """Limits of an upload after unpacking."""

    expanded_bytes: int = 500_000_000  # of a plain file, and of all members of an archive together
    ratio: float = 100.0  # unpacked to packed; text of a recording has 3 to 10, one of a constant current up to 60
    free_bytes: int = 10_000_000  # so much may come out at any ratio
    members: int = 50


LIMITS = UnpackingLimits()
PPK2_SAMPLES = "session.raw"
"""Member of a zip that is one recording of the Power Profiler, and not several files."""
_Stream = IO[bytes] | gzip.GzipFile


@contextmanager
def unpacked(source: FileSource, limits: UnpackingLimits = LIMITS) -> Iterator[tuple[FileSource, ...]]:
    """Plain files in `source`: itself, or its members in temporary files that are removed at the end of the block.

    Raises:
        BadMeasurement: an archive that is damaged, empty, encrypted, nested, of another kind, or beyond the limits.
    """
    with tempfile.TemporaryDirectory(prefix="earshot-measurement-") as folder:
        yield _plain_files(source, Path(folder), limits)


@contextmanager
def members_of(source: FileSource, limits: UnpackingLimits = LIMITS) -> Iterator[tuple[FileSource, ...]]:
    """Members of a zip, packed ones still packed, in temporary files that are removed at the end of the block.

    Raises:
        BadMeasurement: a zip that is damaged, empty, encrypted or beyond the limits.
    """
    with tempfile.TemporaryDirectory(prefix="earshot-measurement-") as folder:
        yield _unzipped(source, Path(folder), limits)


def holds_several(path: Path) -> bool:
    """Whether `path` is a zip of several files; a .ppk2 is one recording. Never raises for damaged archives."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if _is_data(info)]
    except _BROKEN:
        return False
    return len(names) > 1 and PPK2_SAMPLES not in names and not _DOCUMENTS.keys() & set(names)


def members(path: Path) -> tuple[str, ...]:
    """Names in the directory of a zip (50 at most); () for other files and damaged archives."""
    try:
        with path.open("rb") as file:
            if not file.read(4).startswith(_ZIP):
                return ()
        with zipfile.ZipFile(path) as archive:
            return tuple(info.filename for info in archive.infolist()[: LIMITS.members])
    except _BROKEN:
        return ()


def extract(source: FileSource, member: str, folder: Path, limits: UnpackingLimits = LIMITS) -> FileSource:
    """Unpack one member of a zip as a plain file in `folder`, under the same limits.

    Raises:
        BadMeasurement: there is no such member, or it is encrypted, damaged or beyond the limits.
    """
    try:
        with zipfile.ZipFile(source.path) as archive:
            return _member(source, archive, archive.getinfo(member), folder / "member", limits, limits.expanded_bytes)
    except KeyError:
        raise source.wrong(f"there is no {member} in it; save it again in the tool that wrote it") from None
    except _BROKEN as error:
        raise source.wrong(f"the archive is damaged ({error}); copy it again") from None


def _plain_files(source: FileSource, folder: Path, limits: UnpackingLimits) -> tuple[FileSource, ...]:
    with source.path.open("rb") as file:
        start = file.read(8)
    if not start:
        raise source.wrong("the file is empty; record or export again")
    if start.startswith(_GZIP):
        return (_gunzipped(source, folder, limits),)
    if start.startswith(_ZIP):
        unzipped = _unzipped(source, folder, limits)
        for inner in unzipped:
            _check_not_nested(source, inner)
        return unzipped
    _check_not_other_archive(source, start)
    size_bytes = source.path.stat().st_size
    if size_bytes > limits.expanded_bytes:
        raise source.wrong(
            f"{size_bytes / 1e6:,.0f} MB; at most {limits.expanded_bytes / 1e6:,.0f} MB are read: "
            "export a shorter stretch"
        )
    return (source,)


def _gunzipped(source: FileSource, folder: Path, limits: UnpackingLimits) -> FileSource:
    target = FileSource(source.name.removesuffix(".gz"), folder / "0")
    try:
        with source.path.open("rb") as packed, gzip.open(packed) as stream:
            _copy(source, stream, target.path, source.path.stat().st_size, limits, limits.expanded_bytes)
    except _BROKEN as error:
        raise source.wrong(f"the gzip is cut or damaged ({error}); copy it again") from None
    _check_not_nested(source, target)
    return target


def _unzipped(source: FileSource, folder: Path, limits: UnpackingLimits) -> tuple[FileSource, ...]:
    try:
        with zipfile.ZipFile(source.path) as archive:
            infos = [info for info in archive.infolist() if _is_data(info)]
            _check_directory(source, infos, limits)
            left_bytes, files = limits.expanded_bytes, []
            for number, info in enumerate(infos):
                files.append(_member(source, archive, info, folder / str(number), limits, left_bytes))
                left_bytes -= files[-1].path.stat().st_size
    except _BROKEN as error:
        raise source.wrong(f"the zip is cut or damaged ({error}); copy it again") from None
    return tuple(files)


def _is_data(info: zipfile.ZipInfo) -> bool:
    """Not a folder and not what macOS and Windows add."""
    path = PurePosixPath(info.filename)
    return not (info.is_dir() or path.parts[:1] == ("__MACOSX",) or path.name in (".DS_Store", "Thumbs.db"))


def _check_directory(source: FileSource, infos: list[zipfile.ZipInfo], limits: UnpackingLimits) -> None:
    """Raise BadMeasurement by the directory of the zip, before anything is unpacked."""
    if not infos:
        raise source.wrong("there is no file in the zip")
    document = next((kind for info in infos if (kind := _DOCUMENTS.get(info.filename))), None)
    if document:
        raise source.wrong(f"an {document} file, such as a workbook; save the sheet as CSV and give that")
    if len(infos) > limits.members:
        raise source.wrong(f"{len(infos):,} files in the zip; at most {limits.members}: upload them in parts")
    expanded_bytes = sum(info.file_size for info in infos)
    if expanded_bytes > limits.expanded_bytes:
        raise source.wrong(
            f"unpacks to {expanded_bytes / 1e6:,.0f} MB; at most {limits.expanded_bytes / 1e6:,.0f} MB: "
            "export a shorter stretch"
        )


def _member(
    source: FileSource,
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    target: Path,
    limits: UnpackingLimits,
    left_bytes: int,
) -> FileSource:
    if info.flag_bits & 1:
        raise source.wrong(f"{info.filename} is encrypted; zip it without a password")
    with archive.open(info) as stream:
        _copy(source, stream, target, info.compress_size, limits, left_bytes)
    return FileSource(f"{source.name}/{info.filename}", target)


def _copy(
    source: FileSource, stream: _Stream, target: Path, packed_bytes: int, limits: UnpackingLimits, left_bytes: int
) -> None:
    """Unpack by the megabyte until the end or a limit."""
    by_ratio = max(limits.free_bytes, limits.ratio * packed_bytes)
    written = 0
    with target.open("wb") as file:
        while chunk := stream.read(_CHUNK_BYTES):
            written += len(chunk)
            if written > left_bytes:
                raise source.wrong(
                    f"unpacks to more than {limits.expanded_bytes / 1e6:,.0f} MB: export a shorter stretch"
                )
            if written > by_ratio:
                raise source.wrong(
                    f"unpacks to more than {limits.ratio:.0f} times its size, as no recording does; give the plain file"
                )
            file.write(chunk)


def _check_not_nested(outer: FileSource, inner: FileSource) -> None:
    with inner.path.open("rb") as file:
        start = file.read(8)
    if start.startswith((_GZIP, *_ZIP, *_OTHER_ARCHIVES)):
        raise outer.wrong(f"{inner.name} is an archive inside an archive; unpack the outer one first")


def _check_not_other_archive(source: FileSource, start: bytes) -> None:
    for magic, kind in _OTHER_ARCHIVES.items():
        if start.startswith(magic):
            raise source.wrong(f"a {kind} archive; give the plain file, or pack it with gzip or zip")
