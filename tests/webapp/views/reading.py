"""What a response says, however its markup is laid out."""

import re
from typing import Any


def text_of(response: Any) -> str:
    """The page with one plain space wherever there is white space, no-break spaces included."""
    return " ".join(response.content.decode().split())


def markup_of(response: Any) -> str:
    """The page with one space for each run of spaces and line breaks; no-break spaces stay."""
    return re.sub(r"[ \n]+", " ", response.content.decode())
