"""Classes in a report: precision and recall of each, and confusion matrices, on both splits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas_engine.audio.cache import CLOSED_SPLIT
from webapp.models import SplitOpening
from webapp.queries.finals import FinalNetwork
from webapp.queries.opening_statistics import later_opening_words
from webapp.queries.pages.confusion import ConfusionRow, confusion_rows
from webapp.templatetags.figures import percent
from webapp.worker.report.document import Cell, ReportTable, Row, Scalar


@dataclass(frozen=True, slots=True)
class Answered:
    """Answers of all seeds of a network to the clips of one split, added up: counts by true class and answer.

    `opening` numbers the opening of the test split that they were given at, 0 on the evaluation split.
    """

    network: str
    split: str
    seeds: int
    rows: tuple[ConfusionRow, ...]
    link: str
    opening: int = 0

    @property
    def mark(self) -> str:
        return "§" if self.opening > 1 else ""

    @property
    def remark(self) -> str:
        """Caption of the mark, "" without one."""
        return f"{self.mark} {later_opening_words(self.opening, self.network)}." if self.mark else ""

    @property
    def opening_value(self) -> Mapping[str, Scalar]:
        """For other programs: number of the opening; nothing on the evaluation split."""
        return {f"opening, {self.network}, {self.split}": self.opening} if self.opening else {}


def answered(networks: Sequence[FinalNetwork], classes: Sequence[str], link: str) -> list[Answered]:
    """For each network the evaluation split, then the test split where it was opened. A query for each opening."""
    found = [
        one for network in networks for one in (_evaluation(network, classes, link), _test(network, classes, link))
    ]
    return [one for one in found if one is not None]


def _evaluation(network: FinalNetwork, classes: Sequence[str], link: str) -> Answered | None:
    matrices = [seed.trial.confusion for seed in network.completed if seed.trial.confusion]
    if not matrices or len({len(one) for one in matrices}) > 1:
        return None
    total: list[list[int]] = np.sum(np.asarray(matrices, np.int64), axis=0).tolist()
    rows = confusion_rows(total, classes)
    return Answered(network.finalist.label, "evaluation", len(matrices), rows, f"{link}#finalists")


def _test(network: FinalNetwork, classes: Sequence[str], link: str) -> Answered | None:
    opening = network.opening
    if opening is None:
        return None
    answers = [result.test_answers for result in opening.results.all()]
    rows = confusion_rows(_counted(opening, answers, len(classes)).tolist(), classes)
    return Answered(network.finalist.label, "test", len(answers), rows, f"{link}#openings", opening.number)


def _counted(opening: SplitOpening, answers: Sequence[Sequence[int]], classes: int) -> NDArray[np.int64]:
    """[classes, classes]: rows are true classes, columns answers."""
    labels = np.asarray(opening.clips[CLOSED_SPLIT]["labels"], np.int64)
    given = np.asarray(answers, np.int64).reshape(-1, len(labels))
    size = max(classes, int(max(labels.max(initial=0), given.max(initial=0))) + 1)
    matrix = np.zeros((size, size), np.int64)
    np.add.at(matrix, (np.broadcast_to(labels, given.shape), given), 1)
    return matrix


def classes_table(found: Sequence[Answered], key: str) -> ReportTable | None:
    """Recall and precision of each class: a pair of columns a network and split."""
    if not found:
        return None
    names = [f"{one.network}, {one.split}" for one in found]
    labels = [row.label for row in found[0].rows]
    by_label: list[Mapping[str, ConfusionRow]] = [{row.label: row for row in one.rows} for one in found]
    rows = []
    for label in labels:
        cells, values = [Cell(label)], dict[str, Scalar]({"class": label})
        for one, name, known in zip(found, names, by_label, strict=True):
            row = known.get(label)
            recall, precision = (row.recall, row.precision) if row else (None, None)
            cells.append(Cell(f"{percent(recall, 0)} / {percent(precision, 0)}", link=one.link))
            values |= {f"recall, {name}": recall, f"precision, {name}": precision} | one.opening_value
        rows.append(Row(tuple(cells), values))
    remarks = (one.remark for one in found if one.remark)
    caption = " ".join(["Recall / precision, of the answers of all seeds together.", *remarks])
    columns = ("Class", *(f"{name}{one.mark}" for one, name in zip(found, names, strict=True)))
    return ReportTable(f"{key}-classes", "Recall and precision of each class", columns, tuple(rows), caption)


def confusion_table(one: Answered, key: str, place: int) -> ReportTable:
    """Answers (columns) to the clips of each true class (rows)."""
    labels = [row.label for row in one.rows]
    clips = sum(row.clips for row in one.rows)
    caption = f"Rows: true class; columns: answer. {clips:,} answers of {one.seeds} seed{'s' * (one.seeds != 1)}."
    return ReportTable(
        key=f"{key}-confusion-{place}",
        title=f"Confusions of {one.network}, {one.split} split{one.mark}",
        columns=("True class", *labels),
        rows=tuple(_confusion_row(row, labels, one) for row in one.rows),
        caption=f"{caption} {one.remark}".strip(),
    )


def _confusion_row(row: ConfusionRow, labels: Sequence[str], one: Answered) -> Row:
    cells = (Cell(row.label, link=one.link), *(Cell(f"{cell.clips:,}", heat=cell.heat) for cell in row.cells))
    values = {f"answered {label}": cell.clips for label, cell in zip(labels, row.cells, strict=True)}
    return Row(cells, {"true class": row.label, **values} | ({"opening": one.opening} if one.opening else {}))
