"""Tables of a report as CSV, Parquet and LaTeX."""

import csv
import io
import zipfile

import polars
import pytest
from django.utils import timezone

from tests.webapp import reports
from webapp.worker.report.document import Cell, Document, ReportSection, ReportTable, Row
from webapp.worker.report.tables import csv_of, escaped, latex_of, parquet_of, zip_of

ROWS = (
    Row((Cell("50 % & more"), Cell("1.24 ± 0.03")), {"name": "=1+1", "energy_mj": 1.24, "seeds": 3, "opened": True}),
    Row((Cell("a_b"), Cell("–")), {"name": "é", "energy_mj": None, "seeds": None, "opened": False}),
)
TABLE = ReportTable("table-1", "Table 1", ("Network", "Energy (mJ)"), ROWS, "Energy of #1.")


def test_csv_holds_bare_values_that_no_spreadsheet_computes() -> None:
    rows = list(csv.DictReader(io.StringIO(csv_of(TABLE).decode())))
    assert [row["energy_mj"] for row in rows] == ["1.24", ""]
    assert rows[0]["name"].lstrip("'") == "=1+1"
    assert not rows[0]["name"].startswith("=")


def test_parquet_keeps_types_and_what_is_missing() -> None:
    frame = polars.read_parquet(io.BytesIO(parquet_of(TABLE)))
    assert dict(frame.schema) == {
        "name": polars.String, "energy_mj": polars.Float64, "seeds": polars.Int64, "opened": polars.Boolean,
    }  # fmt: skip
    assert frame["energy_mj"].to_list() == [1.24, None]
    nothing = ReportTable("t", "T", ("A",), (Row((Cell(""),), {"a": None}),))
    assert polars.read_parquet(io.BytesIO(parquet_of(nothing)))["a"].to_list() == [None]


def test_latex_has_rules_of_booktabs_and_no_command_of_a_users() -> None:
    text = latex_of(TABLE)
    assert r"50 \% \& more & 1.24 $\pm$ 0.03 \\" in text
    assert r"a\_b & -- \\" in text
    assert r"\begin{tabular}{lr}" in text
    assert [text.count(rule) for rule in (r"\toprule", r"\midrule", r"\bottomrule")] == [1, 1, 1]
    assert escaped("\\input{x} ~^_#$%&\n|<>") == (
        r"\textbackslash{}input\{x\} \textasciitilde{}\textasciicircum{}\_\#\$\%\& \textbar{}\textless{}\textgreater{}"
    )


@pytest.mark.parametrize("start", ["[silence]", "* of all", "  [1]", "\N{NO-BREAK SPACE}*"])
def test_no_first_cell_of_latex_is_read_as_an_argument_of_the_line_before(start: str) -> None:
    rows = tuple(Row((Cell(text), Cell("[2]")), {}) for text in (start, start, "plain"))
    lines = latex_of(ReportTable("t", "T", (start, "[unit]"), rows)).splitlines()
    shown = escaped(start)
    assert lines[4:10] == [
        r"\toprule", rf"{{}}{shown} & [unit] \\", r"\midrule", rf"{{}}{shown} & [2] \\", rf"{{}}{shown} & [2] \\",
        r"plain & [2] \\",
    ]  # fmt: skip


def test_the_zip_is_the_same_for_the_same_document() -> None:
    document = Document("Report", "Kitchen", "/studies/1/", timezone.now(), (ReportSection("a", "A", (TABLE,)),))
    assert zip_of(document) == zip_of(document)
    with zipfile.ZipFile(io.BytesIO(zip_of(document))) as archive:
        assert archive.namelist() == ["README.txt", "table-1.csv", "table-1.parquet", "table-1.tex"]


@pytest.mark.django_db
def test_every_table_of_a_report_stands_in_its_zip_and_table_1_holds_figures_of_the_rows() -> None:
    report = reports.written(reports.complete_study())
    with report.tables.open("rb") as file, zipfile.ZipFile(file) as archive:
        names = {name.rpartition(".")[0] for name in archive.namelist()} - {"README"}
        assert all({f"{name}.csv", f"{name}.parquet", f"{name}.tex"} <= set(archive.namelist()) for name in names)
        frame = polars.read_parquet(io.BytesIO(archive.read("table-1.parquet")))
    assert "table-1" in names
    first = frame.row(0, named=True)
    assert (first["split"], first["energy_basis"]) == ("test", "measured")
    assert first["energy_mj"] == pytest.approx(1.24)
    assert first["accuracy_test_mean"] == first["accuracy_mean"] == 0.75
    assert first["accuracy_eval_mean"] == pytest.approx(0.71)
    assert first["accuracy_eval_sd"] == pytest.approx(0.01)
    assert frame["origin"].to_list().count("published") == 9
