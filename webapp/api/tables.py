"""Tables of pages as files, by one way: the same rows as CSV, streamed, and as Parquet, made by a child process."""

import contextlib
import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any, cast

from django.conf import settings
from django.core.files.base import File
from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from webapp.api.files import Echo, attachment, download, safe_name
from webapp.charts.views.page import study_view
from webapp.charts.why.page import SECTIONS, StudyExplanation, sections
from webapp.charts.why.section import WhyTable
from webapp.forms.filters import leaderboard_filter, networks_to_compare, trial_filter
from webapp.models import Comparison, Dataset, StreamEvaluation, Study
from webapp.queries.charted import VIEWS
from webapp.queries.csv_cells import plain_cells
from webapp.queries.explained import GOALS
from webapp.queries.pages import study_tables, tables
from webapp.queries.pages.baselines import baselines_shown_with
from webapp.queries.pages.compare import MOST_NETWORKS, comparison
from webapp.queries.pages.export import COLUMNS, trial_rows
from webapp.queries.pages.leaderboard import COLUMNS as LEADERBOARD_COLUMNS
from webapp.queries.pages.leaderboard import leaderboard_rows
from webapp.queries.pages.race import COLUMNS as RACE_COLUMNS
from webapp.queries.pages.race import race, race_rows
from webapp.queries.pages.results import results
from webapp.queries.pages.study import shown_studies
from webapp.queries.pages.trial import shown_trials

Row = Mapping[str, Any]
_PARQUET = "application/vnd.apache.parquet"
_PATIENCE_SECONDS = 120
PARQUET_WRITER = "nas_engine.files.parquet"
"""Run as a process of its own: the web process does not load polars."""


def table_file(kind: str, columns: Sequence[str], rows: Iterable[Row], *parts: object, table: str) -> HttpResponseBase:
    """The file "PARTS-TABLE.csv" or ".parquet" of rows; raises Http404 for another `kind`.

    Values are bare: numbers without units, which the names of the columns have. In CSV no text is a formula.
    """
    if kind == "csv":
        response = StreamingHttpResponse(_csv_lines(columns, rows), content_type="text/csv")
        return attachment(response, *parts, suffix=f"-{table}.csv")
    if kind == "parquet":
        return download(File(_parquet(columns, rows)), safe_name(*parts, suffix=f"-{table}.parquet"), _PARQUET)
    raise Http404(f"There is no table as {kind}: csv and parquet are the kinds.")


@require_GET
def trials_table(request: HttpRequest, study_id: int, kind: str) -> HttpResponseBase:
    """Trials of a study: all of them, or with filters in the address those that its table shows, in its order."""
    study = get_object_or_404(shown_studies(), pk=study_id)
    rows = trial_rows(study, trial_filter(request.GET) if request.GET else None)
    return table_file(kind, COLUMNS, rows, study.name, table="trials")


@require_GET
def trial_table(request: HttpRequest, study_id: int, number: int, table: str, kind: str) -> HttpResponseBase:
    """One of the tables of a trial's page."""
    if table not in tables.OF_A_TRIAL:
        raise Http404(f"A trial has no table {table}.")
    trial = get_object_or_404(shown_trials(study_id), number=number)
    columns, rows = tables.OF_A_TRIAL[table](trial)
    return table_file(kind, columns, rows, trial.study.name, "trial", number, table=table)


@require_GET
def compare_table(request: HttpRequest, table: str, kind: str) -> HttpResponseBase:
    """One of the tables of the networks ?of=1&of=2 side by side."""
    if table not in tables.OF_A_COMPARISON:
        raise Http404(f"A comparison of networks has no table {table}.")
    found = comparison(networks_to_compare(request.GET)[:MOST_NETWORKS])
    columns, rows = tables.OF_A_COMPARISON[table](found)
    return table_file(kind, columns, rows, "networks", table=table)


@require_GET
def race_table(request: HttpRequest, comparison_id: int, kind: str) -> HttpResponseBase:
    """Median and quartiles of each designer of a race, over trials and over epochs."""
    shown = get_object_or_404(Comparison, pk=comparison_id)
    return table_file(kind, RACE_COLUMNS, race_rows(race(shown)), shown.name, table="race")


@require_GET
def leaderboard_table(request: HttpRequest, dataset_id: int, kind: str) -> HttpResponseBase:
    """All networks of a dataset's leaderboard, as its page sorts them."""
    dataset = get_object_or_404(Dataset, pk=dataset_id)
    rows = leaderboard_rows(dataset, leaderboard_filter(request.GET))
    return table_file(kind, LEADERBOARD_COLUMNS, rows, dataset.name, table="leaderboard")


@require_GET
def study_table(request: HttpRequest, study_id: int, table: str, kind: str) -> HttpResponseBase:
    """One of the tables of a study's page or of its finalists."""
    if table not in study_tables.OF_A_STUDY:
        raise Http404(f"A study has no table {table}.")
    study = get_object_or_404(shown_studies(), pk=study_id)
    columns, rows = study_tables.OF_A_STUDY[table](study)
    return table_file(kind, columns, rows, study.name, table=table)


@require_GET
def view_table(request: HttpRequest, study_id: int, chart: str, kind: str) -> HttpResponseBase:
    """The table of a further view of a study."""
    if chart not in VIEWS:
        raise Http404(f"There is no view {chart} of a study.")
    study = get_object_or_404(shown_studies().filter(kind=Study.Kind.SEARCH), pk=study_id)
    found = study_view(study, results(study), baselines_shown_with(study), chart).section.table
    columns, rows = _read_off(found)
    return table_file(kind, columns, rows, study.name, table=chart)


@require_GET
def why_table(request: HttpRequest, study_id: int, goal: str, part: str, kind: str) -> HttpResponseBase:
    """The table of a section of the page that explains a study."""
    wanted = next((one for one in GOALS if one == goal), None)
    if wanted is None or part not in SECTIONS:
        raise Http404(f"There is no table {part} for {goal}.")
    study = get_object_or_404(shown_studies().filter(kind=Study.Kind.SEARCH), pk=study_id)
    (section,) = sections(StudyExplanation(study), wanted, [part])
    columns, rows = _read_off(section.table)
    return table_file(kind, columns, rows, study.name, goal, table=part)


@require_GET
def comparison_table(request: HttpRequest, comparison_id: int, table: str, kind: str) -> HttpResponseBase:
    """One of the tables of compared studies."""
    if table not in study_tables.OF_COMPARED_STUDIES:
        raise Http404(f"A comparison has no table {table}.")
    comparison = get_object_or_404(Comparison, pk=comparison_id)
    columns, rows = study_tables.OF_COMPARED_STUDIES[table](comparison)
    return table_file(kind, columns, rows, comparison.name, table=table)


@require_GET
def streams_table(request: HttpRequest, study_id: int, number: int, evaluation_id: int, kind: str) -> HttpResponseBase:
    """Misses and false alarms of an evaluation on streams."""
    ready = StreamEvaluation.objects.filter(state=StreamEvaluation.State.READY).select_related("trial__study__dataset")
    found = get_object_or_404(ready, pk=evaluation_id, trial__study=study_id, trial__number=number)
    columns, rows = tables.on_streams(found)
    return table_file(kind, columns, rows, found.trial.study.name, "trial", number, table="streams")


def _read_off(table: WhyTable) -> tables.Table:
    """The table as it is shown: columns by their headings, each once, and cells that are numbers as numbers."""
    columns = [
        heading if table.headings.index(heading) == place else f"{heading} {place + 1}"
        for place, heading in enumerate(table.headings)
    ]
    return columns, [dict(zip(columns, map(_value, row), strict=True)) for row in table.rows]


def _value(cell: str) -> float | str:
    try:
        return float(cell.replace("\N{MINUS SIGN}", "-"))
    except ValueError:
        return cell.replace("\N{NO-BREAK SPACE}", " ")


def _csv_lines(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield writer.writerow(plain_cells(columns))
    for row in rows:
        yield writer.writerow(plain_cells(row[column] for column in columns))


def _parquet(columns: Sequence[str], rows: Iterable[Row]) -> Any:
    """An open file, which is deleted when it is closed. Rows go to the child one by one."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    command = [sys.executable, "-m", PARQUET_WRITER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=file, text=True, cwd=settings.BASE_DIR) as child:
        try:
            with contextlib.suppress(BrokenPipeError):  # the child has ended: its exit code is checked below
                _send(child, columns, rows)
            child.wait(_PATIENCE_SECONDS)
        except BaseException:
            child.kill()
            raise
    if child.returncode:
        raise RuntimeError(f"The process that writes Parquet files ended with {child.returncode}.")
    file.seek(0)
    return file


def _send(child: "subprocess.Popen[str]", columns: Sequence[str], rows: Iterable[Row]) -> None:
    """The names and the rows as lines, and the end."""
    with cast(IO[str], child.stdin) as lines:
        lines.write(json.dumps(list(columns)) + "\n")
        lines.writelines(json.dumps([row[column] for column in columns]) + "\n" for row in rows)
