"""Search spaces as TOML or JSON files, read and written.

name = "my space"

[stem]                  # what enters the network
frames = 196
mel_bins = 40
layout = "2d"

[[positions]]           # once for each block
kinds = ["mobilenet_v1", "identity"]
kernel_sizes = [3, 5]
filters = [16, 24]
strides = [1, 1]        # time, frequency
excluded = ["mobilenet_v1-5-24"]

[head]
classes = 9
hidden_units = 32       # left out: no hidden layer
hidden_activation = "relu"
"""

from pathlib import Path
from typing import Any

import tomli_w

from nas_engine.energy.readers.parsing import text
from nas_engine.search_space.paper_spaces import NAMES, spec_by_name
from nas_engine.search_space.space import SearchSpace
from nas_engine.search_space.spec import SpaceSpec
from webapp.services.structured_text import BadText, read_json, read_toml

LONGEST_FILE = 1_000_000  # characters; the paper's spaces with every option spelled out have 30,000
_HEADER = "# A search space of Earshot. Look at what is in it with: python manage.py space FILE\n"
_DEFAULTS: dict[str, Any] = {"expansions": [1], "excluded": []}


class SpaceFileError(ValueError):
    """The file is not a search space; each line of the message states what is wrong and where."""


def read_space_file(path: Path) -> SpaceSpec:
    """The space in a file of either format. Raises SpaceFileError where there is none; ask `problems` for the rest."""
    try:
        content = text.whole(path.read_bytes())
    except OSError as error:
        raise SpaceFileError(f"{path} cannot be read: {error.strerror}.") from error
    if content is None:
        raise SpaceFileError(f"{path} is no text file: a search space is TOML or JSON in UTF-8.")
    return space_from_text(content)


def space_from_text(content: str) -> SpaceSpec:
    """The space in TOML or JSON text, by lists or with every option spelled out (a study's `space_spec`).

    A study file will do, too: its space is taken.
    """
    if len(content) > LONGEST_FILE:
        raise SpaceFileError(f"The file has {len(content):,} characters; a search space has at most {LONGEST_FILE:,}.")
    data = _parsed(content)
    if isinstance(data, dict) and "space" in data and "positions" not in data:
        data = data["space"]
        if data in NAMES:
            return spec_by_name(data)
    try:
        if _spells_options_out(data):
            return SpaceSpec.from_search_space(SearchSpace.from_json(data))
        return SpaceSpec.from_json(data)
    except ValueError as error:
        raise SpaceFileError(str(error)) from error


def space_to_toml(spec: SpaceSpec) -> str:
    """`spec` as a file that `read_space_file` reads back to the same."""
    return _HEADER + tomli_w.dumps(space_table(spec))


def space_table(spec: SpaceSpec) -> dict[str, Any]:
    """`spec.to_json()` for people: defaults are left out, and what is not set."""
    data = spec.to_json()
    data["head"] = {name: value for name, value in data["head"].items() if value is not None}
    data["positions"] = [
        {name: value for name, value in position.items() if _DEFAULTS.get(name) != value}
        for position in data["positions"]
    ]
    return data


def _parsed(content: str) -> Any:
    """No TOML begins with a brace, every JSON object does."""
    is_json = content.lstrip().startswith("{")
    try:
        return read_json(content) if is_json else read_toml(content)
    except BadText as error:
        hint = "" if is_json else ' Text needs quotes: name = "my space".'
        raise SpaceFileError(f"This is not valid {'JSON' if is_json else 'TOML'}: {error}.{hint}") from error


def _spells_options_out(data: Any) -> bool:
    positions = data.get("positions") if isinstance(data, dict) else None
    return isinstance(positions, list) and any(isinstance(item, dict) and "options" in item for item in positions)
