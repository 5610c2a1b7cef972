"""JSON and TOML that people bring, parsed within limits: what comes out can be checked, stored and shown."""

import json
import math
import tomllib
from collections.abc import Callable
from typing import Any, NoReturn

DEEPEST = 32
LARGEST_NUMBER = 2**63 - 1  # of a column in the database
_LONGEST_NUMBER = 400  # characters


class BadText(ValueError):
    """The text cannot be used; the message states why, to go on after "This is not valid JSON: "."""


def read_json(text: str) -> Any:
    """Value of a JSON text. Raises BadText, also where it is nested too deeply or holds what cannot be stored."""
    return _read(lambda: json.loads(text, parse_int=_whole, parse_constant=_no_number))


def read_toml(text: str) -> dict[str, Any]:
    """Table of a TOML text. Raises BadText as `read_json` does."""
    table: dict[str, Any] = _read(lambda: tomllib.loads(text))
    return table


def _read(parse: Callable[[], Any]) -> Any:
    try:
        value = parse()
    except RecursionError:
        raise BadText(_TOO_DEEP) from None
    except ValueError as error:  # JSONDecodeError, TOMLDecodeError, and Python's limit of digits
        raise BadText(_TOO_LONG if "integer string conversion" in str(error) else str(error)) from None
    _check(value)
    return value


_TOO_DEEP = f"it is nested too deeply, in more than {DEEPEST} levels"
_TOO_LONG = "it holds a number of too many digits"


def _check(value: Any) -> None:
    """Look at every value, without recursion."""
    waiting = [(value, 1)]
    while waiting:
        one, depth = waiting.pop()
        if isinstance(one, dict | list) and depth > DEEPEST:
            raise BadText(_TOO_DEEP)
        if isinstance(one, dict):
            waiting += [(inner, depth + 1) for pair in one.items() for inner in pair]
        elif isinstance(one, list):
            waiting += [(inner, depth + 1) for inner in one]
        elif isinstance(one, str):
            _check_text(one)
        elif isinstance(one, int) and abs(one) > LARGEST_NUMBER:
            raise BadText("it holds a number that is too large for any setting")
        elif isinstance(one, float) and not math.isfinite(one):
            _no_number(str(one))


def _check_text(text: str) -> None:
    if "\0" in text:
        raise BadText("a text in it holds the character NUL")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise BadText("a text in it holds half a character (one code unit of two)")


def _whole(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise BadText(_TOO_LONG)
    return int(text)


def _no_number(text: str) -> NoReturn:
    raise BadText(f"{text} is no number")
