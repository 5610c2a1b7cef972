"""One page of a list, as a value: no query hides behind it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row")
Source = TypeVar("Source", bound=Model)


@dataclass(frozen=True, slots=True)
class PageOf(Generic[Row]):
    """`rows` of page `number` (from 1) of `pages`, out of `total` rows."""

    rows: tuple[Row, ...]
    number: int
    pages: int
    total: int

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None


def page_of(
    found: QuerySet[Source],
    *,
    number: int,
    size: int,
    rows: Callable[[Sequence[Source]], Sequence[Row]],
    total: int | None = None,
) -> PageOf[Row]:
    """Page `number` of `found`, turned into rows; out of range, the nearest page there is. Two queries, one if the
    `total` is known.
    """
    total = found.count() if total is None else total
    pages = max(1, -(-total // size))
    number = min(max(1, number), pages)
    start = (number - 1) * size
    return PageOf(tuple(rows(list(found[start : start + size]))), number, pages, total)
