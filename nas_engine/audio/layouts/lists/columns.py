"""What the columns of a list hold, by the names that people give them and by their content.

The column of files is known by its content: its texts name files that are there. A column of classes is known by its
name alone; by its content it can only be proposed.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from nas_engine.audio.layouts.base import RECORDING
from nas_engine.audio.layouts.files import SoundFolder
from nas_engine.audio.layouts.lists.tables import ListTable
from nas_engine.audio.layouts.mapping import FOLDER, ListMapping
from nas_engine.audio.layouts.split_words import fold_number, split_word
from nas_engine.errors import BadDataset

_PATHS = (
    *(
        "path",
        "file",
        "filename",
        "filepath",
        "audio",
        "audiopath",
        "audiofile",
        "audiofilepath",
        "audiofilename",
        "wav",
    ),
    *("wavpath", "wavfile", "wavfilename", "slicefilename", "fname", "link", "clippath", "clipname", "soundfile"),
    *("sound", "recordingpath", "relativepath", "relpath", "beginpath", "beginfile", "uri", "url", "ytid", "youtubeid"),
)
VIDEOS = frozenset({"ytid", "youtubeid", "videoid"})
_OWN_PATHS = _PATHS[:4]
LABELS = (
    *("class", "label", "classname", "classlabel", "labelname", "labels", "labellabel", "category", "categoryname"),
    *("soundclass", "eventlabel", "event", "scenelabel", "scene", "command", "keyword", "word", "tags", "tag"),
    *("positivelabels", "primarylabel", "emotion", "species", "digit", "intent", "genre", "instrument"),
    *(
        "instrumentfamilystr",
        "displayname",
        "calltype",
        "annotation",
        "groundtruth",
        "targetlabel",
        "target",
        "classid",
        "labelid",
    ),
    *("classindex", "y"),
)
SEVERAL = frozenset({"labels", "tags", "positivelabels", "categories", "events", "eventlabels"})
_TRANSCRIPTS = ("text", "sentence", "transcript", "transcription", "utterance", "word")
SPLITS = (
    "split",
    "subset",
    "set",
    "partition",
    "usage",
    "datasetsplit",
    "phase",
    "dataset",
    "category",
    "part",
    "mode",
)
_FOLDS = ("fold", "folds", "foldid", "cvfold", "kfold", "foldnumber")
_SPEAKERS = (
    *("speaker", "speakerid", "spk", "spkid", "clientid", "subject", "subjectid", "participant", "participantid"),
    *("userid", "user", "actor", "actorid", "talker", "person", "personid"),
)
_RECORDINGS = (
    *(
        "group",
        "sourcegroup",
        "recording",
        "recordingid",
        "recordingname",
        "fsid",
        "freesoundid",
        "srcfile",
        "sourceid",
    ),
    *("originalfile", "originalfilename", "parentfile", "session", "sessionid"),
)
_OWN_GROUPS = ("group", "sourcegroup")
_LOCATIONS = ("identifier", "locationid", "location", "site")
_NOUNS = dict.fromkeys(_SPEAKERS, "speaker") | dict.fromkeys(_LOCATIONS, "location")
_STARTS = (
    "start",
    "starttime",
    "startseconds",
    "starts",
    "onset",
    "begin",
    "begintime",
    "begintimes",
    "tmin",
    "offset",
)
_ENDS = ("end", "endtime", "endseconds", "ends", "endtimes", "tmax", "stop", "stoptime", "offset")
_SAMPLED_ROWS = 300
_LEAST_SHARE = 0.5
_MOST_CLASSES = 300


@dataclass(frozen=True, slots=True)
class Columns:
    """Column by what it holds, "" where there is none. `found` is the share (0..1) of files named that are there."""

    path: str = ""
    label: str = ""
    split: str = ""
    fold: str = ""
    group: str = ""
    start: str = ""
    end: str = ""
    duration: str = ""
    found: float = 0.0

    @property
    def noun(self) -> str:
        """What a group is."""
        return _NOUNS.get(bare(self.group), RECORDING)

    def shown(self) -> str:
        """The columns that are used, as "class = label"."""
        used = {"path": self.path, "class": self.label, "split": self.split or self.fold, "group": self.group}
        used |= {"start": self.start, "end": self.end or self.duration}
        return ", ".join(f"{name} = {column}" for name, column in used.items() if column)

    @property
    def are_own(self) -> bool:
        """Whether every column has a name that the documentation gives."""
        own = {*_OWN_PATHS, *LABELS[:2], *SPLITS[:2], "group", "sourcegroup", "start", "end", ""}
        used = (self.path, self.label, self.split, self.fold, self.group, self.start, self.end, self.duration)
        return {bare(name) for name in used} <= own

    def proposal(self) -> ListMapping | None:
        """These columns as a mapping; None without both file and class."""
        if not (self.path and self.label):
            return None
        times = (self.start, self.end) if self.start and self.end else ("", "")
        return ListMapping(self.path, self.label, self.split or self.fold, self.group, *times)


def bare(name: str) -> str:
    """Name of a column without capitals, spaces and signs."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def columns_of(table: ListTable, folder: SoundFolder) -> Columns:
    """Columns that are known by name, and that of the files by content, too."""
    path, found = _path_column(table, folder)
    named = {name: bare(name) for name in table.columns if name != path}
    start, end, duration = _time_columns(named)
    label = _label_column(table, {name: key for name, key in named.items() if name not in (start, end)})
    rest = {name: key for name, key in named.items() if name not in (label, start, end, duration)}
    split, fold = _split_columns(table, rest)
    group = _group_column(table, {name: key for name, key in rest.items() if name not in (split, fold)})
    return Columns(path, label, split, fold, group, start, end, duration, found)


def mapped_columns(table: ListTable, folder: SoundFolder, mapping: ListMapping) -> Columns:
    """Columns as the user maps them. Raises BadDataset for a column that the table does not have."""
    wanted = {name: getattr(mapping, name) for name in ("path", "label", "split", "group", "start", "end")}
    missing = [column for column in wanted.values() if column and column not in (*table.columns, FOLDER)]
    if missing:
        message = f"{table.name}: there is no column {', '.join(missing)}. Found: {', '.join(table.columns)}."
        raise BadDataset(message)
    columns = Columns(**wanted, found=share_found(table, mapping.path, folder))
    if columns.split and _is_fold(_sample(table.cells(columns.split))):
        return replace(columns, split="", fold=columns.split)
    return columns


def class_candidates(table: ListTable, columns: Columns) -> list[str]:
    """Columns that could hold classes by their content: few texts, each in several rows. Text before numbers."""
    used = {columns.path, columns.split, columns.fold, columns.group, columns.start, columns.end, columns.duration}
    found = [name for name in table.columns if name not in used and _may_be_classes(table.cells(name))]
    return sorted(found, key=lambda name: all(_is_number(cell) for cell in _sample(table.cells(name))))


def share_found(table: ListTable, column: str, folder: SoundFolder) -> float:
    """Share (0..1) of the texts of a column that name a sound of the folder."""
    cells = _sample(table.cells(column))
    find = folder.starting_with if bare(column) in VIDEOS else None
    hits = sum(bool(find(cell)) if find else folder.names_clip(cell, table.folder) for cell in cells)
    return hits / len(cells) if cells else 0.0


def _path_column(table: ListTable, folder: SoundFolder) -> tuple[str, float]:
    shares = {name: share_found(table, name, folder) for name in table.columns}
    named = _in_order(_PATHS, {name: bare(name) for name in table.columns})
    if named and (best := max(named, key=lambda name: shares[name])) and (shares[best] or not any(shares.values())):
        return best, shares[best]
    by_content = [name for name, share in shares.items() if share >= _LEAST_SHARE and _is_name(table.cells(name))]
    if by_content:
        best = max(by_content, key=lambda name: (shares[name], len(set(table.cells(name)))))
        return best, shares[best]
    return (named[0], shares[named[0]]) if named else ("", 0.0)


def _is_name(cells: Sequence[str]) -> bool:
    """Whether a column can name files: numbers only where each stands once."""
    return len(set(cells)) == len(cells) or not all(_is_number(cell) for cell in _sample(cells))


def _label_column(table: ListTable, named: Mapping[str, str]) -> str:
    for name in _in_order(LABELS, named):
        cells = [cell for cell in table.cells(name) if cell]
        is_split = bool(cells) and all(split_word(cell) for cell in _sample(cells))
        if (cells or not table.rows) and not is_split and not (named[name] == "word" and _is_prose(cells)):
            return name
    return next((name for name in _in_order(_TRANSCRIPTS, named) if not _is_prose(table.cells(name))), "")


def _is_prose(cells: Sequence[str]) -> bool:
    """Whether texts are transcripts rather than classes: most stand in one row only."""
    texts = [cell for cell in cells if cell]
    return not texts or 2 * len(set(texts)) > len(texts)


def _split_columns(table: ListTable, named: Mapping[str, str]) -> tuple[str, str]:
    """Columns of splits and of folds."""
    for name in _in_order(SPLITS, named):
        cells = _sample(table.cells(name))
        words = sum(bool(split_word(cell)) for cell in cells)
        if 2 * words > len(cells) or (named[name] == "split" and not _is_fold(cells)):
            return name, ""
        if named[name] in SPLITS[:2] and _is_fold(cells):
            return "", name
    folds = _in_order(_FOLDS, named)
    return "", next((name for name in folds if _is_fold(_sample(table.cells(name)))), "")


def _is_fold(cells: Sequence[str]) -> bool:
    return bool(cells) and all(fold_number(cell) is not None for cell in cells) and len(set(cells)) <= 20


def _group_column(table: ListTable, named: Mapping[str, str]) -> str:
    order = (*_RECORDINGS[:2], *_SPEAKERS, *_RECORDINGS[2:], *_LOCATIONS)
    found = _in_order(order, named)
    return next((name for name in found if named[name] in _OWN_GROUPS or len(set(table.cells(name)) - {""}) > 1), "")


def _time_columns(named: Mapping[str, str]) -> tuple[str, str, str]:
    """Columns of start, end and duration; `offset` is an end next to an onset, else a start next to a duration."""
    start = next(iter(_in_order(_STARTS, _in_seconds(named))), "")
    end = next((name for name in _in_order(_ENDS, _in_seconds(named)) if name != start), "")
    duration = next(iter(_in_order(("duration", "durations", "length"), _in_seconds(named))), "")
    if start and (end or duration):
        return start, end, "" if end else duration
    return "", "", ""


def _in_seconds(named: Mapping[str, str]) -> dict[str, str]:
    """Names without the unit of a time; milliseconds keep it, and are divided when they are read."""
    return {name: re.sub(r"(?:ms|msec|milliseconds|sec|seconds)$", "", key) or key for name, key in named.items()}


def _in_order(known: Iterable[str], named: Mapping[str, str]) -> list[str]:
    """Columns whose names are known, in the order of the known names."""
    return [name for wanted in known for name, key in named.items() if key == wanted]


def _may_be_classes(cells: Sequence[str]) -> bool:
    texts = Counter(cell for cell in cells if cell)
    if not 2 <= len(texts) <= _MOST_CLASSES or 2 * len(texts) > texts.total() or 10 * texts.total() < 9 * len(cells):
        return False
    return not any(_is_number(text) and not text.lstrip("-").isdecimal() for text in texts)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _sample(cells: Sequence[str]) -> list[str]:
    """Some hundred texts from everywhere in a column, without empty ones."""
    filled = [cell for cell in cells if cell]
    return filled[:: max(1, len(filled) // _SAMPLED_ROWS)]
