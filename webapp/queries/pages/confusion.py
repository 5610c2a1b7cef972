"""Confusion matrices as pages and reports show them."""

from collections.abc import Sequence
from dataclasses import dataclass

HEAT_STEPS = 10


@dataclass(frozen=True, slots=True)
class ConfusionCell:
    """How often a class was answered as `label`, and how strongly to colour it: 0..HEAT_STEPS of the row's clips."""

    clips: int
    heat: int
    is_correct: bool
    label: str


@dataclass(frozen=True, slots=True)
class ConfusionRow:
    """The answers to the clips of one true class. `recall` and `precision` are 0..1, None where there were none."""

    label: str
    cells: tuple[ConfusionCell, ...]
    clips: int
    recall: float | None
    precision: float | None


def confusion_rows(matrix: Sequence[Sequence[int]] | None, classes: Sequence[str]) -> tuple[ConfusionRow, ...]:
    """The confusion matrix (rows: true class, columns: answers) with recall and precision of each class."""
    if not matrix:
        return ()
    columns = [sum(row[answer] for row in matrix) for answer in range(len(matrix))]
    labels = [*classes, *(f"class {index}" for index in range(len(classes), len(matrix)))]
    return tuple(
        ConfusionRow(
            label=labels[true],
            cells=tuple(_cell(clips, sum(row), true == answer, labels[answer]) for answer, clips in enumerate(row)),
            clips=sum(row),
            recall=row[true] / sum(row) if sum(row) else None,
            precision=row[true] / columns[true] if columns[true] else None,
        )
        for true, row in enumerate(matrix)
    )


def _cell(clips: int, row_total: int, is_correct: bool, label: str) -> ConfusionCell:
    """Any clip at all gets the faintest colour, so that a rare confusion does not look like none."""
    heat = max(1, round(HEAT_STEPS * clips / row_total)) if clips else 0
    return ConfusionCell(clips, heat, is_correct, label)
