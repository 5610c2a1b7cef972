"""What a response says, however its markup is laid out."""

import re
from html import unescape
from typing import Any


def text_of(response: Any) -> str:
    """The page with one plain space wherever there is white space, no-break spaces included."""
    return " ".join(response.content.decode().split())


def markup_of(response: Any) -> str:
    """The page with one space for each run of spaces and line breaks; no-break spaces stay."""
    return re.sub(r"[ \n]+", " ", response.content.decode())


def words_of(response: Any) -> str:
    """What a person reads, without markup, with one space between words and none before a mark."""
    text = " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())
    return re.sub(r" ([,.;:])", r"\1", text)
