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
from webapp.forms.filters import leaderboard_filter, networks_to_compare, trial_filter
from webapp.models import Comparison, Dataset
from webapp.queries.csv_cells import plain_cells
from webapp.queries.pages import tables
from webapp.queries.pages.compare import MOST_NETWORKS, comparison
from webapp.queries.pages.export import COLUMNS, trial_rows
from webapp.queries.pages.leaderboard import COLUMNS as LEADERBOARD_COLUMNS
from webapp.queries.pages.leaderboard import leaderboard_rows
from webapp.queries.pages.race import COLUMNS as RACE_COLUMNS
from webapp.queries.pages.race import race, race_rows
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
