"""The commands of docs/operations.md that make a backup and bring it back, run as they stand."""

import re
import subprocess
from pathlib import Path

import psycopg
from pgmq.install import install_pgmq_from_sql

from tests.supervisor.processes import ROOT, environment
from webapp.data_folder import DataFolder
from webapp.supervisor.postgres import SUPERUSER, THROW_AWAY_SETTINGS, Cluster, running

PAGE = (ROOT / "docs/operations.md").read_text("utf-8")


def commands(first_word: str) -> str:
    """Indented block of the page that begins with a word."""
    [block] = re.findall(rf"^ {{4,}}{re.escape(first_word)}.*(?:\n {{4,}}.*)*", PAGE, re.MULTILINE)
    return "\n".join(line.strip() for line in str(block).splitlines())


def run(folder: DataFolder, home: Path, script: str) -> None:
    more = {"HOME": str(home)}
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=ROOT,
        env=environment(folder, **more),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def connect(folder: DataFolder) -> psycopg.Connection:
    return psycopg.connect(host=str(folder.socket_folder), user=SUPERUSER, dbname="earshot", autocommit=True)


def test_a_backup_made_and_brought_back_as_described_holds_everything(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.ensure()
    before = set(ROOT.iterdir())
    variables, _, dump = commands("BIN=").rpartition("\n")
    restore = commands('"$BIN/dropdb"')
    with running(Cluster.of(folder, THROW_AWAY_SETTINGS)) as cluster:
        cluster.ensure_database()
        with connect(folder) as connection:
            connection.execute("CREATE TABLE networks AS SELECT 7 AS number, '\\x00ff'::bytea AS content")
            install_pgmq_from_sql(conn=connection)
            connection.execute("SELECT pgmq.create('training')")
            connection.execute("SELECT pgmq.send('training', '{\"trial\": 7}')")
        run(folder, tmp_path, f"{variables}\n{dump}")
        [backup] = tmp_path.glob("earshot-*.dump")
        assert backup.stat().st_mode & 0o077 == 0
        with connect(folder) as connection:
            connection.execute("UPDATE networks SET number = 8")
        run(
            folder,
            tmp_path,
            f"{variables}\n{restore}".replace("earshot-2026-11-29.dump", backup.name),
        )
        with connect(folder) as connection:
            assert connection.execute("SELECT number, content FROM networks").fetchall() == [(7, b"\x00\xff")]
            assert connection.execute("SELECT message FROM pgmq.read('training', 0, 9)").fetchall() == [({"trial": 7},)]
    assert set(ROOT.iterdir()) == before
