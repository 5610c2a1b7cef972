"""Journal of finished trainings: a text file of JSON lines from which a run goes on, on another machine too.

The first line states what was trained on; each further line is one ended trial of a named study, or one opening of the
test split. Lines are appended one by one, so that an interrupted run loses at most its last line, which is then
incomplete and left out. Networks of finalists lie in a folder next to it, by their SHA-256; one that is not there is
trained again.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from webapp.management.results.lines import key_of, require_form
from webapp.storage import hash_in_name

FORMAT = "earshot-results-1"
_COMPARED = ("format", "data_hash", "settings")
"""What a journal must agree in: the name of a data set is that of its folder, which differs between machines."""


class JournalError(Exception):
    """The file is no journal, or one of another data set; the message states which line and what to do."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a run is of: the data set's name, the SHA-256 of its features, and the settings shared by its studies."""

    dataset: str
    data_hash: str
    settings: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """All fields by name, and `format`, the version of the file format."""
        return {
            "format": FORMAT,
            "dataset": self.dataset,
            "data_hash": self.data_hash,
            "settings": dict(self.settings),
        }


class Journal:
    """The file at `path`, which appears with its first line. For one process at a time."""

    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        self._header = header
        self._keys: set[tuple[Any, ...]] = set()
        self._whole_networks: set[str] = set()

    def lines(self) -> Iterator[dict[str, Any]]:
        """Complete lines after the first. Raises JournalError for a file of another run."""
        if not self.path.exists():
            return
        whole = [line for line in self.path.read_text("utf-8").splitlines(keepends=True) if line.endswith("\n")]
        for number, line in enumerate(whole, start=1):
            value = self._parsed(number, line)
            if number > 1:
                self._keys.add(key_of(value))
                yield value

    def _parsed(self, number: int, line: str) -> dict[str, Any]:
        """The header, compared, or another line, checked."""
        try:
            value: dict[str, Any] = json.loads(line)
        except ValueError as error:
            raise JournalError(f"{self.path}, line {number} is no JSON: {error}. Delete the line.") from error
        if number == 1:
            self._require_same(value)
            return value
        try:
            require_form(value)
        except ValueError as error:
            raise JournalError(f"{self.path}, line {number} is of another form: {error}. Delete the line.") from error
        return value

    def network(self, name: str) -> bytes | None:
        """Content of a stored network by its name, which ends with its SHA-256; None if it is not kept, or damaged."""
        path = self._network_path(name)
        content = path.read_bytes() if path.exists() else b""
        if hashlib.sha256(content).hexdigest() != hash_in_name(name):
            return None
        self._whole_networks.add(name)
        return content

    def has_network(self, name: str) -> bool:
        """Whether the network is kept and whole; its content is read once."""
        return name in self._whole_networks or self.network(name) is not None

    def add_network(self, name: str, content: bytes) -> None:
        """Keep a network next to the journal. It is on the disk when this returns."""
        path = self._network_path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)

    def _network_path(self, name: str) -> Path:
        return self.path.with_name(f"{self.path.stem}-networks") / Path(name).name

    def _require_same(self, first: object) -> None:
        if not isinstance(first, dict) or "format" not in first:
            raise JournalError(f"{self.path}, line 1 does not state what the journal is of: give another file.")
        expected = self._header.to_json()
        differing = [name for name in _COMPARED if first.get(name) != expected[name]]
        if differing:
            raise JournalError(
                f"{self.path} is of another run: it differs in {', '.join(differing)}. Give another file, or the data "
                "set and settings that it was begun with."
            )

    def add(self, line: Mapping[str, Any]) -> bool:
        """Append a line unless the journal has it; True if it was new. It is on the disk when this returns."""
        if key_of(line) in self._keys:
            return False
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._cut_incomplete_line()
        with self.path.open("a", encoding="utf-8") as file:
            if file.tell() == 0:
                file.write(json.dumps(self._header.to_json(), sort_keys=True) + "\n")
            file.write(json.dumps(line, sort_keys=True) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._keys.add(key_of(line))
        return True

    def _cut_incomplete_line(self) -> None:
        if not self.path.exists():
            return
        content = self.path.read_bytes()
        if content and not content.endswith(b"\n"):
            with self.path.open("r+b") as file:
                file.truncate(content.rfind(b"\n") + 1)
