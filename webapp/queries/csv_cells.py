"""Cells of CSV files for people, who may open them in a spreadsheet."""

from collections.abc import Iterable

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain_cells(values: Iterable[object]) -> list[object]:
    """Values in which no text is a formula: one that begins like a formula gets an apostrophe in front (OWASP)."""
    return [f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value for value in values]
