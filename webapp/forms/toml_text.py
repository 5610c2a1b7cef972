"""Values as TOML. Python reads TOML (`tomllib`) and does not write it."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def to_toml(table: Mapping[str, Any]) -> str:
    """`table` as text that `tomllib.loads` reads back to the same: texts, numbers, booleans, lists, tables, and lists
    of tables.

    None is left out, since TOML has no word for it. Raises TypeError for values of other types.
    """
    return "\n".join(_lines(table, ())).lstrip("\n") + "\n"


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """A table's own values have to stand before the tables inside it."""
    for key, value in table.items():
        if value is not None and not isinstance(value, Mapping) and not _is_list_of_tables(value):
            yield f"{_key(key)} = {_value(value)}"
    for key, value in table.items():
        inner = (*path, _key(key))
        if isinstance(value, Mapping):
            yield f"\n[{'.'.join(inner)}]"
            yield from _lines(value, inner)
        elif _is_list_of_tables(value):
            for item in value:
                yield f"\n[[{'.'.join(inner)}]]"
                yield from _lines(item, inner)


def _is_list_of_tables(value: object) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _value(key)


def _value(value: object) -> str:
    """JSON's texts are TOML's, but for the one control character that JSON leaves as it is."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case int() | float():
            return repr(value)
        case list() | tuple():
            return f"[{', '.join(map(_value, value))}]"
    raise TypeError(f"{value!r} cannot be written as TOML")
