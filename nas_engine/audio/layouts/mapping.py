"""Mapping of a list's columns to file, class, split, group and times, given by the user and kept as a profile."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from nas_engine.errors import BadDataset

FOLDER = "(folder)"
"""In place of a column of classes: the name of the folder that a clip lies in."""
COLUMNS = ("path", "label", "split", "group", "start", "end")
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class ListMapping:
    """Names of columns by what they hold, "" where no column does; "column 3" in a list without a header.

    `list`: the one list that is meant, where there are several. `pattern`: labels in file names, as in
    "{class}_{group}_*". `ignore_lists`: no list is about the clips; their folders are their classes.

    Raises:
        BadDataset: path without label or label without path, or a pattern without {class}.
    """

    path: str = ""
    label: str = ""
    split: str = ""
    group: str = ""
    start: str = ""
    end: str = ""
    list: str = ""
    pattern: str = ""
    ignore_lists: bool = False

    def __post_init__(self) -> None:
        if self.pattern and "{class}" not in self.pattern:
            raise BadDataset(f"The pattern '{self.pattern}' has no {{class}}: write it as in '{{class}}_{{group}}_*'.")
        if bool(self.start) != bool(self.end):
            raise BadDataset("The mapping has one of start and end: give both, or neither.")
        if self.has_columns and not (self.path and self.label):
            missing = "path (the column of file names)" if not self.path else "label (the column of classes)"
            raise BadDataset(f"The mapping has no {missing}.")

    @property
    def has_columns(self) -> bool:
        """Whether it maps columns."""
        return any(getattr(self, name) for name in COLUMNS)

    def to_json(self) -> dict[str, Any]:
        """JSON values by field, without empty ones; `from_json` is the inverse."""
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def from_json(cls, data: Any) -> "ListMapping":
        """Mapping from the JSON of `to_json`. Raises BadDataset where it is none."""
        names = [field.name for field in fields(cls)]
        if not isinstance(data, Mapping):
            raise BadDataset(
                f'The mapping is no JSON object such as {{"path": "file", "label": "class"}}. {_parts(names)}'
            )
        if unknown := sorted(str(name) for name in set(data) - set(names)):
            raise BadDataset(f"The mapping has unknown parts: {', '.join(unknown)[:_LONGEST]}. {_parts(names)}")
        for name, value in data.items():
            if not isinstance(value, bool if name == "ignore_lists" else str) or len(str(value)) > _LONGEST:
                raise BadDataset(f"The mapping's {name} is no {'true or false' if name == 'ignore_lists' else 'name'}.")
        return cls(**data)


def _parts(names: "list[str]") -> str:
    return f"Its parts: {', '.join(names)}."
