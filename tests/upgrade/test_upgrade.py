"""A database of an earlier commit comes up under the code of the day with every row, energy and file.

The dumps are made by `make_dump`. Each is restored into a database of its own and prepared as `manage.py up` does.
"""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from webapp.supervisor.postgres import SUPERUSER, Cluster, binaries

HERE = Path(__file__).parent
DUMPS = sorted(path.name.removesuffix(".sql.gz") for path in HERE.glob("*.sql.gz"))

# What migrations have renamed or rewritten since the oldest dump: the one place to say so.
TABLES: Mapping[str, str] = {
    "webapp_architecture": "webapp_storedarchitecture",
    "webapp_trialprice": "webapp_trialenergyestimate",
}
"""Former name of a table -> its name today."""
COLUMNS: Mapping[str, str] = {
    "webapp_study.screening": "enforce_constraints",
    "webapp_trial.screened_out": "violates_constraints",
}
"""Former "table.column", with the table's former name -> the column's name today."""
REWRITTEN: Mapping[str, str] = {
    "webapp_dryrun.settings": "the setting screening is enforce_constraints, with its value",
    "webapp_dryrun.result": "the count refused is violating, with its value",
}
"""Former "table.column" whose values a migration has changed or dropped -> why nothing is lost by that."""
NOT_DATA = ("django_migrations", "django_content_type", "auth_permission")
"""Tables that Django fills from the code."""

Fingerprints = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Upgraded:
    """A restored and prepared database: fingerprints before and after, and the environment to reach it."""

    commit: str
    before: Fingerprints
    after: Fingerprints
    environment: Mapping[str, str]

    def run(self, *command: str) -> str:
        """What a Python program of the checkout prints, on this database."""
        return _python(command, self.environment)


@pytest.fixture(scope="module", params=DUMPS)
def upgraded(
    request: pytest.FixtureRequest, postgres_server: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Upgraded]:
    database = f"upgrade_{request.param}"
    with psycopg.connect(postgres_server.conninfo("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {database}")
        try:
            _restore(postgres_server, database, HERE / f"{request.param}.sql.gz")
            before = _fingerprints(postgres_server.conninfo(database))
            environment = os.environ | {
                "DATABASE_URL": f"postgres://{SUPERUSER}@/{database}?host={postgres_server.socket_folder}",
                "EARSHOT_DATA": str(tmp_path_factory.mktemp("data")),
                "DJANGO_SETTINGS_MODULE": "webapp.settings",
            }
            _python(("manage.py", "prepare"), environment)
            after = _fingerprints(postgres_server.conninfo(database))
            yield Upgraded(request.param, before, after, environment)
        finally:
            admin.execute(f"DROP DATABASE {database} WITH (FORCE)")


def test_there_is_a_dump() -> None:
    assert DUMPS


def test_every_row_and_value_is_there(upgraded: Upgraded) -> None:
    assert _lost(upgraded.before, upgraded.after) == []


def test_what_is_lost_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {"old": {"id": "2 a", "price": "2 b", "note": "2 c"}}
    after = {"new": {"id": "2 a", "energy": "2 b", "note": "2 d"}}
    assert _lost(before, after) == ["old.id", "old.price", "old.note"]
    monkeypatch.setattr(sys.modules[__name__], "TABLES", {"old": "new"})
    monkeypatch.setattr(sys.modules[__name__], "COLUMNS", {"old.price": "energy"})
    assert _lost(before, after) == ["old.note"]
    monkeypatch.setattr(sys.modules[__name__], "REWRITTEN", {"old.note": "for this test"})
    assert _lost(before, after) == []


def test_the_dump_has_rows_of_every_kind(upgraded: Upgraded) -> None:
    empty = [table for table, columns in upgraded.before.items() if next(iter(columns.values())).startswith("0 ")]
    assert [table for table in empty if table.startswith("webapp_")] == []


def test_everything_reads_as_it_did(upgraded: Upgraded) -> None:
    expected = json.loads((HERE / f"{upgraded.commit}.json").read_text())
    found = json.loads(upgraded.run("-m", "tests.upgrade.content"))
    for kind, rows in expected.items():
        assert found[kind] == rows, kind


def test_it_is_used_as_before(upgraded: Upgraded) -> None:
    came: Mapping[str, Any] = json.loads(upgraded.run("-m", "tests.upgrade.visit"))
    assert came["signed in"]
    assert {address: status for address, status in came["pages"].items() if status != 200} == {}
    assert len(came["pages"]) > 150
    assert came["estimates"]
    assert [one for one in came["estimates"] if not one["alike"]] == []
    assert came["re-estimated"] == {"added": 3, "by": ["Phone, model 1"], "came back": True}
    assert came["suggested"] >= 1


def _lost(before: Fingerprints, after: Fingerprints) -> list[str]:
    """The columns, by their former names, whose values are not all there under the name of today."""
    lost = []
    for table, columns in before.items():
        today = after.get(TABLES.get(table, table), {})
        for column, values in columns.items():
            name = f"{table}.{column}"
            if name not in REWRITTEN and today.get(COLUMNS.get(name, column)) != values:
                lost.append(name)
    return lost


def _python(command: tuple[str, ...], environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=settings.BASE_DIR,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    sys.stderr.write(done.stderr)
    return done.stdout


def _restore(server: Cluster, database: str, dump: Path) -> None:
    command = [str(binaries() / "psql"), "-h", str(server.socket_folder), "-U", SUPERUSER, "-d", database]
    options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    done = subprocess.run(
        [*command, *options], input=gzip.decompress(dump.read_bytes()), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


def _fingerprints(conninfo: str) -> Fingerprints:
    """By table and column, the number of rows and a hash of all values in the order of the first column."""
    found: dict[str, dict[str, str]] = {}
    with psycopg.connect(conninfo) as connection:
        columns = connection.execute(
            "SELECT table_schema, table_name, column_name, first_value(column_name) OVER whole"
            " FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_type = 'BASE TABLE'"
            " AND (table_schema = 'public' OR table_schema = 'pgmq' AND table_name LIKE 'q\\_%')"
            " WINDOW whole AS (PARTITION BY table_schema, table_name ORDER BY ordinal_position)"
        ).fetchall()
        for schema, table, column, first in columns:
            if table not in NOT_DATA:
                values = f"""SELECT count(*) || ' ' || md5(coalesce(string_agg(coalesce("{column}"::text, '~'), '|'
                    ORDER BY "{first}"), '')) FROM {schema}."{table}\""""
                ((fingerprint,),) = connection.execute(values.encode()).fetchall()
                found.setdefault(table, {})[column] = fingerprint
    return found
