"""Tables of a document in one ZIP: each as CSV and Parquet (bare values) and LaTeX (as people read it)."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence

from nas_engine.files import parquet
from webapp.queries.csv_cells import plain_cells
from webapp.worker.report.document import Document, ReportTable, Row

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same tables give the same bytes
_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
        "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
        "|": r"\textbar{}", '"': r"\textquotedbl{}", "±": r"$\pm$", "×": r"$\times$", "−": "$-$", "–": "--", "—": "---",
        "§": r"\S{}", "†": r"\dag{}", "‡": r"\ddag{}", "²": "$^2$", "₀": "$_0$", "·": r"$\cdot$", "…": r"\dots{}",
        "“": "``", "”": "''", "’": "'", "\N{NO-BREAK SPACE}": "~", "\n": " ",
    }
)  # fmt: skip
_README = """\
Tables of {subject}, written {written_at:%Y-%m-%d %H:%M} UTC.

NAME.csv and NAME.parquet hold bare values, with units in the names of the columns; accuracies are shares (0..1).
NAME.tex holds the table as it is shown; it needs \\usepackage{{booktabs}} (and T1 fonts for quotation marks).
"""


def zip_of(document: Document) -> bytes:
    """The ZIP; the same document gives the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "README.txt", _README.format(subject=document.subject, written_at=document.written_at).encode())
        for table in document.tables:
            _add(archive, f"{table.key}.csv", csv_of(table))
            _add(archive, f"{table.key}.parquet", parquet_of(table))
            _add(archive, f"{table.key}.tex", latex_of(table).encode())
    return packed.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    archive.writestr(entry, content)


def names_of(rows: Iterable[Row]) -> list[str]:
    """Names of all values, in the order of their first row."""
    return list(dict.fromkeys(name for row in rows for name in row.values))


def csv_of(table: ReportTable) -> bytes:
    """Bare values, UTF-8, without cells that a spreadsheet would compute."""
    text, names = io.StringIO(), names_of(table.rows)
    writer = csv.writer(text)
    writer.writerow(plain_cells(names))
    writer.writerows(plain_cells(row.values.get(name) for name in names) for row in table.rows)
    return text.getvalue().encode()


def parquet_of(table: ReportTable) -> bytes:
    """Bare values with their types; a column without any value is one of text."""
    return parquet.parquet_of({name: [row.values.get(name) for row in table.rows] for name in names_of(table.rows)})


def latex_of(table: ReportTable) -> str:
    """The table as it is shown, with rules of booktabs; remarks are left to the caption."""
    texts = min(table.texts, len(table.columns))
    alignment = "l" * texts + "r" * (len(table.columns) - texts)
    lines = [_latex_row([cell.text for cell in row.cells]) for row in table.rows]
    return "\n".join(
        [
            r"\begin{table}",
            rf"\caption{{{escaped(table.title)}. {escaped(table.caption)}}}".replace(". }", ".}"),
            rf"\label{{tab:{table.key}}}",
            rf"\begin{{tabular}}{{{alignment}}}",
            r"\toprule",
            _latex_row(table.columns),
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def _latex_row(cells: Sequence[str]) -> str:
    """A row whose first cell is no argument of the rule or the line break before it: these read on past spaces."""
    text = " & ".join(escaped(cell) for cell in cells)
    return ("{}" if text.lstrip("~ ").startswith(("[", "*")) else "") + text + r" \\"


def escaped(text: str) -> str:
    """Text in which no character is a command of LaTeX."""
    return text.translate(_LATEX)
