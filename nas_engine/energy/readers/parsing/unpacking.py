"""Unpacking of uploaded measurements to temporary files, under the limits of `nas_engine.files.unpacking`."""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from nas_engine.energy.readers.base import FileSource
from nas_engine.files.unpacking import BROKEN, ArchiveRefused, Unpacker, UnpackingLimits, Wanted

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

LIMITS = UnpackingLimits(
    expanded_bytes=500_000_000,  # of a plain file, too
    ratio=100.0,  # text of a recording has 3 to 10, one of a constant current up to 60
    members=50,
    content="recording",
    remedy="export a shorter stretch",
)
PPK2_SAMPLES = "session.raw"
"""Member of a zip that is one recording of the Power Profiler, and not several files."""


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
    except BROKEN:
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
    except BROKEN:
        return ()


def extract(source: FileSource, member: str, folder: Path, limits: UnpackingLimits = LIMITS) -> FileSource:
    """Unpack one member of a zip as a plain file in `folder`, under the same limits.

    Raises:
        BadMeasurement: there is no such member, or it is encrypted, damaged or beyond the limits.
    """
    found = _unzip(source, folder, limits, lambda info: info.filename == member)
    if not found:
        raise source.wrong(f"there is no {member} in it; save it again in the tool that wrote it")
    return found[0]


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
        Unpacker(source.path, folder, limits).gunzip(target.path)
    except ArchiveRefused as error:
        raise source.wrong(str(error)) from None
    _check_not_nested(source, target)
    return target


def _unzipped(source: FileSource, folder: Path, limits: UnpackingLimits) -> tuple[FileSource, ...]:
    if document := next((kind for name in members(source.path) if (kind := _DOCUMENTS.get(name))), None):
        raise source.wrong(f"an {document} file, such as a workbook; save the sheet as CSV and give that")
    files = _unzip(source, folder, limits, _is_data)
    if not files:
        raise source.wrong("there is no file in the zip")
    return files


def _unzip(source: FileSource, folder: Path, limits: UnpackingLimits, wanted: Wanted) -> tuple[FileSource, ...]:
    """Unpack the wanted members of a zip to numbered files, with the name of the zip in every error."""
    files: list[FileSource] = []

    def target(info: zipfile.ZipInfo, index: int) -> Path:
        files.append(FileSource(f"{source.name}/{info.filename}", folder / str(index)))
        return files[-1].path

    try:
        Unpacker(source.path, folder, limits).unzip(wanted, target)
    except ArchiveRefused as error:
        raise source.wrong(str(error)) from None
    return tuple(files)


def _is_data(info: zipfile.ZipInfo) -> bool:
    """Not a folder and not what macOS and Windows add."""
    path = PurePosixPath(info.filename)
    return not (info.is_dir() or path.parts[:1] == ("__MACOSX",) or path.name in (".DS_Store", "Thumbs.db"))


def _check_not_nested(outer: FileSource, inner: FileSource) -> None:
    with inner.path.open("rb") as file:
        start = file.read(8)
    if start.startswith((_GZIP, *_ZIP, *_OTHER_ARCHIVES)):
        raise outer.wrong(f"{inner.name} is an archive inside an archive; unpack the outer one first")


def _check_not_other_archive(source: FileSource, start: bytes) -> None:
    for magic, kind in _OTHER_ARCHIVES.items():
        if start.startswith(magic):
            raise source.wrong(f"a {kind} archive; give the plain file, or pack it with gzip or zip")
