"""Extraction of untrusted zip archives."""

import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from nas_engine.errors import BadDataset

LIMIT_BYTES = 20_000_000_000
LIMIT_FILES = 200_000
_CHUNK_BYTES = 1 << 20


def extract_archive(path: Path, dest: Path, *, limit_bytes: int = LIMIT_BYTES, limit_files: int = LIMIT_FILES) -> Path:
    """Unpack the zip file at `path` into the folder `dest` (made if missing) and return it.

    Hidden files and macOS' `__MACOSX` are left out. Raises BadDataset for anything that is not a complete, plain zip
    file, for names that lead outside, links, encryption, and contents beyond the limits, which are checked on the
    bytes extracted, not on sizes stated in the archive. A folder made here is removed on failure.
    """
    created = not dest.exists()
    dest.mkdir(parents=True, exist_ok=True)
    try:
        _extract_all(path, dest, limit_bytes, limit_files)
    except BaseException:
        if created:
            shutil.rmtree(dest, ignore_errors=True)
        raise
    return dest


def _extract_all(path: Path, dest: Path, limit_bytes: int, limit_files: int) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir() and not _hidden(member)]
            if len(members) > limit_files:
                raise BadDataset(f"The archive holds {len(members)} files; at most {limit_files} are unpacked.")
            left_bytes = limit_bytes
            for member in members:
                left_bytes = _extract(archive, member, dest, left_bytes, limit_bytes)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise BadDataset(f"The archive is not a complete zip file ({error}). Make or upload it again.") from error
    except NotImplementedError as error:
        raise BadDataset(f"The archive uses a compression that is not read ({error}). Use plain zip.") from error


def _parts(member: zipfile.ZipInfo) -> tuple[str, ...]:
    return PurePosixPath(member.filename.replace("\\", "/")).parts


def _hidden(member: zipfile.ZipInfo) -> bool:
    return any(part == "__MACOSX" or (part.startswith(".") and part.strip(".")) for part in _parts(member))


def _target(member: zipfile.ZipInfo, dest: Path) -> Path:
    parts = _parts(member)
    if not parts or ".." in parts or parts[0].startswith("/") or ":" in parts[0]:
        raise BadDataset(f"The archive holds '{member.filename}', a name that leads outside of it. Use relative names.")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise BadDataset(f"The archive holds the link '{member.filename}'. Pack the files themselves, not links.")
    if member.flag_bits & 1:
        raise BadDataset(f"'{member.filename}' is encrypted. Make the archive without a password.")
    return dest.joinpath(*parts)


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, dest: Path, left_bytes: int, limit_bytes: int) -> int:
    """Unpack one file; returns the number of bytes left of the limit."""
    target = _target(member, dest)
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as source, target.open("wb") as file:
        while chunk := source.read(_CHUNK_BYTES):
            left_bytes -= len(chunk)
            if left_bytes < 0:
                raise BadDataset(f"The archive unpacks to more than {limit_bytes / 1e9:g} GB. Split it up.")
            file.write(chunk)
    return left_bytes
