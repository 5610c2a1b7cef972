"""The part of a page of the documentation that a program writes, between two marks."""

from pathlib import Path


def replaced(page: str, begin: str, end: str, part: str, where: Path) -> str:
    """`page` with what stands between its lines `begin` and `end` replaced by `part`.

    Raises ValueError, which names the file `where` it is from, unless both are there once and in this order.
    """
    if page.count(begin) != 1 or end not in page.split(begin)[1]:
        raise ValueError(f"{where} must hold the lines {begin!r} and {end!r} once, in this order")
    before, after = page.split(begin)
    return f"{before}{begin}\n{part}\n{end}{after.split(end, 1)[1]}"
