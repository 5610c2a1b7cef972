"""Another PostgreSQL, another broker, and a data folder that cannot be made: wrong settings in words."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from celery import Celery
from django.core.exceptions import ImproperlyConfigured

from tests.supervisor.processes import ROOT, environment
from webapp.broker import check_broker
from webapp.broker.outages import OutageFilter
from webapp.data_folder import DataFolder
from webapp.management.commands.up import _ready
from webapp.settings import database
from webapp.supervisor.doctor import examine, services, wheels
from webapp.supervisor.doctor.databases import explained
from webapp.supervisor.plan import Machine
from webapp.supervisor.postgres import Cluster

SECRET = "p/s#s?w@rd"


def manage(folder: DataFolder, *arguments: str, **more: str) -> tuple[int, str]:
    """Exit code and output."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(folder, **more), capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (f"postgres://earshot:{SECRET}@db/earshot", "percent-encoded"),
        ("postgres://earshot:x@db:5432x/earshot", "percent-encoded"),
        ("mysql://earshot@db/earshot", "begins with 'mysql'; Earshot needs PostgreSQL"),
        ("postgres//earshot@db/earshot", "Earshot needs PostgreSQL: postgres://user:password@host/name"),
        (f"earshot:{SECRET}@db", "Earshot needs PostgreSQL"),
    ],
)
def test_an_address_that_is_none_is_refused_without_showing_the_password(url: str, message: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        database(url)
    assert message in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_password_that_is_percent_encoded_is_taken() -> None:
    assert database(f"postgres://earshot:{quote(SECRET, safe='')}@db/earshot")["PASSWORD"] == SECRET


def test_a_command_with_a_wrong_address_says_so_in_one_line(tmp_path: Any) -> None:
    code, output = manage(DataFolder(tmp_path / "data"), "reap", DATABASE_URL="mysql://earshot@db/earshot")
    assert code == 1
    assert output.startswith("The settings are wrong: DATABASE_URL begins with 'mysql'")
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("redsi://broker/0", "begins with 'redsi'; redis://, rediss://, amqp://"),
        ("broker:6379", "begins with 'broker:6379'"),
        ("amqp://a:b@broker:56x//", "CELERY_BROKER_URL cannot be read .* percent-encoded"),
    ],
)
def test_a_broker_that_cannot_be_spoken_to_is_refused(settings: Any, url: str, message: str) -> None:
    settings.CELERY_BROKER_URL = url
    with pytest.raises(ImproperlyConfigured, match=message):
        check_broker()
    [finding] = services.check_queue(DataFolder(ROOT))
    assert (finding.status, finding.subject) == ("FAIL", "queue")


@pytest.fixture
def no_client(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the client of AMQP were not installed."""
    settings.CELERY_BROKER_URL = "amqp://broker//"
    monkeypatch.setitem(sys.modules, "amqp", None)
    monkeypatch.setattr("webapp.broker._CLIENTS", {"amqp": "no_such_client"})


def test_a_broker_whose_client_is_missing_is_named_with_the_command_that_installs_it(no_client: None) -> None:
    with pytest.raises(
        ImproperlyConfigured, match=r"a amqp broker, whose client is not installed\. Run .* install no_such"
    ):
        check_broker()


def test_a_worker_whose_broker_is_unknown_ends_with_a_sentence(tmp_path: Any) -> None:
    command = [sys.executable, "-m", "celery", "-q", "-A", "webapp.celery", "worker", "--pool", "solo"]
    more = {"CELERY_BROKER_URL": "redsi://broker/0", "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nowhere"}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment(DataFolder(tmp_path / "data"), **more),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "The settings are wrong: CELERY_BROKER_URL begins with 'redsi'" in done.stderr
    assert "Traceback" not in done.stderr


class _Collecting(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """What a process logs of its dispatches, as the console formats it."""
    lines: list[str] = []
    handler = _Collecting(lines)
    handler.addFilter(OutageFilter())
    logger = logging.getLogger("webapp.dispatch")
    logger.addHandler(handler)
    yield lines
    logger.removeHandler(handler)


def test_a_broker_that_is_down_is_one_line(logged: list[str]) -> None:
    application = Celery("tests", broker="amqp://127.0.0.1:1//")
    for number in range(3):
        try:
            application.send_task("anything", retry=False)
        except Exception:
            logging.getLogger("webapp.dispatch").warning("Out of reach; %d comes later", number, exc_info=True)
    [line] = logged
    assert line.startswith("Out of reach; 0 comes later")
    assert "refused" in line
    assert "\n" not in line


def test_other_errors_keep_their_traceback(logged: list[str]) -> None:
    for _ in range(2):
        try:
            raise ValueError("a fault of ours")
        except ValueError:
            logging.getLogger("webapp.dispatch").warning("Odd", exc_info=True)
    assert ["Traceback" in line for line in logged] == [True, True]


def test_a_machine_without_web_server_announces_no_address() -> None:
    assert _ready(Machine(roles=("training",), port=0)) == (
        "training runs here, without web server (stop with Ctrl-C)."
    )
    assert "Earshot answers at http://127.0.0.1:8000" in _ready(Machine())


def test_a_data_folder_that_cannot_be_made_is_a_finding_and_no_traceback(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = DataFolder(tmp_path / "file" / "data")
    assert len(folder.secret_key()) > 40
    monkeypatch.setattr(wheels, "PACKAGES", {})
    failed = {finding.subject: finding for finding in examine(folder, "127.0.0.1", 1) if finding.status == "FAIL"}
    assert set(failed) == {"data folder", "PostgreSQL"}
    assert "EARSHOT_DATA" in failed["data folder"].mend
    assert not [finding for finding in failed.values() if "could not be examined" in finding.found]
    code, output = manage(folder, "up")
    assert (code, "Traceback" in output) == (1, False)
    assert "Set EARSHOT_DATA to a folder you own" in output


@pytest.fixture
def role(postgres_server: Cluster) -> Iterator[str]:
    """A database and a role that may connect to it and nothing more; the parameters of both, for an address."""
    folder = postgres_server.socket_folder
    with psycopg.connect(host=str(folder), user="postgres", dbname="postgres", autocommit=True) as server:
        server.execute("CREATE ROLE guest LOGIN PASSWORD 'secret'")
        server.execute("CREATE DATABASE others")
        try:
            yield f"postgres://guest:secret@/others?host={folder}"
        finally:
            server.execute("DROP DATABASE others WITH (FORCE)")
            server.execute("DROP ROLE guest")


def test_a_role_without_rights_is_told_what_it_lacks_and_documented_sql_gives_it(tmp_path: Any, role: str) -> None:
    folder = DataFolder(tmp_path / "data")
    code, output = manage(folder, "prepare", "--without-static", DATABASE_URL=role)
    assert code == 1
    assert "guest lacks rights in the database: permission denied" in output
    assert "Another PostgreSQL" in output
    assert "Traceback" not in output
    allow(role, *documented_rights())
    code, output = manage(folder, "prepare", "--without-static", DATABASE_URL=role)
    assert code == 0, output


def documented_rights() -> list[str]:
    """Statements of docs/operations.md that give rights in a database that exists."""
    text = (ROOT / "docs/operations.md").read_text("utf-8")
    lines = [line.strip() for line in text.splitlines() if line.startswith("    GRANT ")]
    assert lines
    return [line.replace("earshot", "guest").replace("DATABASE guest", "DATABASE others") for line in lines]


def allow(role: str, *statements: str) -> None:
    folder = role.rpartition("=")[2]
    with psycopg.connect(host=folder, user="postgres", dbname="others", autocommit=True) as server:
        for statement in statements:
            server.execute(statement.encode())


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        ('FATAL:  password authentication failed for user "earshot"', "Correct user and password in DATABASE_URL"),
        ("fe_sendauth: no password supplied", "Add the password to DATABASE_URL"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.7"', "pg_hba.conf"),
        ('FATAL:  database "earshot" does not exist', "make what is missing"),
        ("failed to resolve host 'db.exampel': Name or service not known", "Correct the host"),
        ("FATAL:  sorry, too many clients already", "max_connections"),
        ("connection failed: Connection refused", "Check that this PostgreSQL runs"),
    ],
)
def test_what_another_server_answers_has_a_remedy_of_its_own(settings: Any, message: str, advice: str) -> None:
    settings.EMBEDDED_POSTGRES = False
    found, mend = explained(psycopg.OperationalError(message))
    assert message in found
    assert advice in mend
    assert "manage.py up" not in mend


def test_another_server_out_of_reach_is_not_answered_with_advice_to_start_one(tmp_path: Any) -> None:
    more = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/nowhere"}
    _, output = manage(DataFolder(tmp_path / "data"), "reap", **more)
    assert "Check that this PostgreSQL runs and is reached from here" in output
    assert "manage.py up" not in output
