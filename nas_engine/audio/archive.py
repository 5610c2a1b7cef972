"""Extraction of untrusted zip archives of sounds, under the limits of `nas_engine.files.unpacking`."""

import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath

from nas_engine.errors import BadDataset
from nas_engine.files.unpacking import ArchiveRefused, Unpacker, UnpackingLimits

LIMITS = UnpackingLimits(
    expanded_bytes=20_000_000_000,
    ratio=50.0,  # WAV of 16 bits has 1 to 3, short sounds padded with digital silence up to 30
    members=200_000,
    content="set of sounds",
    remedy="split it up, or unpack it yourself and give the folder to `manage.py add_dataset`",
)


def extract_archive(path: Path, dest: Path, limits: UnpackingLimits = LIMITS) -> Path:
    """Unpack the zip file at `path` into the folder `dest` (made if missing) and return it.

    Hidden files and macOS' `__MACOSX` are left out. Raises BadDataset for anything that is not a complete, plain zip
    file, for names that lead outside, links, encryption, and contents beyond the limits, and TransientError where the
    disk has not enough room. A folder made here is removed on failure.
    """
    created = not dest.exists()
    dest.mkdir(parents=True, exist_ok=True)
    try:
        Unpacker(path, dest, limits).unzip(_is_content, lambda member, _: _target(member, dest))
    except BaseException as error:
        if created:
            shutil.rmtree(dest, ignore_errors=True)
        if isinstance(error, ArchiveRefused):
            raise BadDataset(f"The archive cannot be used: {error}.") from error
        raise
    return dest


def _is_content(member: zipfile.ZipInfo) -> bool:
    return not member.is_dir() and not any(
        part == "__MACOSX" or (part.startswith(".") and part.strip(".")) for part in _parts(member)
    )


def _parts(member: zipfile.ZipInfo) -> tuple[str, ...]:
    return PurePosixPath(member.filename.replace("\\", "/")).parts


def _target(member: zipfile.ZipInfo, dest: Path) -> Path:
    parts = _parts(member)
    if not parts or ".." in parts or parts[0].startswith("/") or ":" in parts[0]:
        raise BadDataset(f"The archive holds '{member.filename}', a name that leads outside of it. Use relative names.")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise BadDataset(f"The archive holds the link '{member.filename}'. Pack the files themselves, not links.")
    return dest.joinpath(*parts)
