"""Lists that are about the clips but not understood: rejected by their columns, with what to do."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from nas_engine.audio.layouts.base import some
from nas_engine.audio.layouts.files import SoundFolder
from nas_engine.audio.layouts.lists.choice import ClipList
from nas_engine.audio.layouts.lists.columns import class_candidates
from nas_engine.errors import BadDataset, UnmappedList

_SPREADSHEETS = frozenset(
    {".xlsx", ".xls", ".ods", ".numbers", ".parquet", ".arrow", ".feather", ".sqlite", ".db", ".pkl"}
)
_MARKUP = frozenset({".xml", ".yaml", ".yml", ".toml", ".mat", ".textgrid", ".mlf"})
_LOOKED_FOR = 20
_MARKUP_BYTES = 20_000_000
_FOLDERS_INSTEAD = "If it is not about classes, state so: the folders are the classes then."


def reject(lists: Sequence[ClipList], folder: SoundFolder) -> None:
    """Raise BadDataset for the first list that names clips and cannot be used.

    UnmappedList is raised where columns could hold the classes. Lists of names, and tables without such a column
    (sizes, checksums), are left alone.
    """
    for one in lists:
        if (
            one.table.fault
            and (one.is_about_clips or not one.table.columns)
            and _mentions_clips(folder, one.table.name)
        ):
            raise BadDataset(one.table.fault)
    unclear = [one for one in lists if _is_unclear(one)]
    if unclear:
        raise _unmapped(max(unclear, key=lambda one: one.columns.found))
    tables = [one for one in lists if one.table.name.lower().endswith((".csv", ".tsv"))]
    if tables and not folder.clips:
        raise _missing(tables[0])


def require_no_spreadsheet(folder: SoundFolder) -> None:
    """Raise BadDataset for a table or markup of a kind that is not read, next to clips that no list describes."""
    for name in folder.others:
        suffix = Path(name).suffix.lower()
        if suffix in _SPREADSHEETS or (suffix in _MARKUP and _mentions_clips(folder, name)):
            raise BadDataset(
                f"{name}: this may be a list of the clips, and files of this kind are not read. Save it as "
                f"'CSV UTF-8' with the columns path and class, or remove it. {_FOLDERS_INSTEAD}"
            )


def _is_unclear(one: ClipList) -> bool:
    if one.has_only_names or not one.columns.path:
        return False
    return one.is_about_clips and (bool(class_candidates(one.table, one.columns)) or bool(_transcripts(one)))


def _transcripts(one: ClipList) -> list[str]:
    """Columns of words that differ from row to row."""
    known = ("text", "sentence", "transcript", "transcription", "utterance")
    return [name for name in one.table.columns if name.lower() in known]


def _unmapped(one: ClipList) -> UnmappedList:
    candidates = class_candidates(one.table, one.columns)
    columns = one.columns
    proposal = {"path": columns.path, "label": candidates[0] if candidates else "", "group": columns.group}
    proposal |= {
        "split": columns.split or columns.fold,
        "start": columns.start if columns.end else "",
        "end": columns.end,
    }
    found = ", ".join(one.table.columns)
    if candidates:
        which = f"The classes may be in {some(candidates)}: confirm the column"
    else:
        which = f"{', '.join(_transcripts(one))} differs from row to row, as transcripts do: name another column"
    message = (
        f"{one.table.name}: this list names the clips (column {columns.path}), but none of its columns is known to "
        f"hold their classes. Found: {found}. {which}, or name it class. {_FOLDERS_INSTEAD}"
    )
    return _error(one, message, proposal)


def _missing(one: ClipList) -> BadDataset:
    """What a table lacks that is the only content of a folder."""
    if one.table.fault:
        return BadDataset(one.table.fault)
    lacking = [name for name, column in (("path", one.columns.path), ("class", one.columns.label)) if not column]
    return BadDataset(
        f"{one.table.name}: the column {' and '.join(lacking)} is missing. Found: "
        f"{', '.join(one.table.columns) or 'nothing'}. Needed: path and class (or label); useful: split (train, eval, "
        "test) and group (the recording a clip was cut from)."
    )


def _error(one: ClipList, message: str, proposal: dict[str, str]) -> UnmappedList:
    return UnmappedList(
        message,
        list_name=one.table.name,
        columns=one.table.columns,
        rows=one.table.head(),
        proposal={name: column for name, column in proposal.items() if column},
    )


def _mentions_clips(folder: SoundFolder, name: str) -> bool:
    """Whether a file holds the names of clips."""
    with (folder.root / name).open("rb") as file:
        data = file.read(_MARKUP_BYTES)
    clips = folder.clips[:: max(1, len(folder.clips) // _LOOKED_FOR)]
    stems = [PurePosixPath(clip).stem.encode(errors="surrogateescape") for clip in clips]
    return bool(stems) and 2 * sum(stem in data for stem in stems) > len(stems)
