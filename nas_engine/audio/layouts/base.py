"""Contract of a layout: a module with a function `recognise` that lists the labelled clips of a folder.

`recognise(folder, options)` returns None where the folder has another layout, and raises BadDataset where it has this
one but cannot be used. It reads names, lists and headers, never samples.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol, cast, get_args

from nas_engine.audio.checks import DatasetProblem
from nas_engine.audio.layouts.files import SoundFolder
from nas_engine.audio.layouts.mapping import ListMapping
from nas_engine.errors import BadDataset

Esc50Classes = Literal["six", "all"]
RECORDING = "recording"
LONGEST_LABEL = 80


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """Labelled clip, or one that a list names in vain: `path` is relative to the folder, `where` its place in messages.

    `split` is a word such as "validation", "" if not given; `group` is the recording or speaker, "" if not known. A
    clip that is a part of a file has `start_s` and `end_s`, in seconds.
    """

    where: str
    path: str
    split: str
    label: str
    group: str = ""
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """Clips of a folder, the name of its layout, findings, and what a group is: "recording", "speaker"."""

    rows: Sequence[LabelledRow]
    layout: str
    problems: tuple[DatasetProblem, ...] = ()
    group_noun: str = RECORDING


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """Choices of the user: how the columns of lists are read, and which classes ESC-50 gives.

    `esc50_classes`: "six" (of the paper's nine classes, and negatives), "all" categories, or None for six where all
    categories are ESC-50's own, else all.
    """

    mapping: ListMapping | None = None
    esc50_classes: Esc50Classes | None = None

    def to_json(self) -> dict[str, Any]:
        """JSON values by field, without those that are not chosen; `from_json` is the inverse."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ReadingOptions":
        """Options from the JSON of `to_json`. Raises BadDataset where it is none."""
        classes = data.get("esc50_classes")
        if classes is not None and classes not in get_args(Esc50Classes):
            raise BadDataset(
                f"'{classes}' is no choice of ESC-50's classes: use one of {', '.join(get_args(Esc50Classes))}."
            )
        mapping = None if data.get("mapping") is None else ListMapping.from_json(data["mapping"])
        return cls(mapping, cast(Esc50Classes | None, classes))


class Layout(Protocol):
    """Module of this package."""

    def recognise(self, folder: SoundFolder, options: ReadingOptions, /) -> Listing | None:
        """Clips of a folder with this layout, else None. Raises BadDataset where they cannot be used."""
        ...


def note(kind: str, where: str, message: str) -> DatasetProblem:
    """Finding that records a decision."""
    return DatasetProblem(kind, "note", where, message)


def some(names: Sequence[str], most: int = 5) -> str:
    """The first names, and how many others there are."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
