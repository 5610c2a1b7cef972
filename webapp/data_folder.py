"""Data folder of one machine, and its connection to the embedded PostgreSQL.

Only `EARSHOT_DATA` decides: every command of one machine finds the same database, cache and locks from it.
"""

import contextlib
import hashlib
import os
import re
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

# A Unix socket's path is limited to 107 bytes; PostgreSQL appends "/.s.PGSQL.5432" to the folder.
_LONGEST_SOCKET_FOLDER = 90


def _passed_mode() -> int:
    """Mode of a folder that the embedded server's account passes through."""
    return 0o755 if os.geteuid() == 0 else 0o700


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The folders below the setting `DATA_FOLDER`. Nothing is created until `ensure` is called."""

    root: Path

    @property
    def postgres(self) -> Path:
        return self.root / "pg"

    @property
    def cache(self) -> Path:
        """Local copies of feature packs, by content hash; safe to delete at any time."""
        return self.root / "cache"

    @property
    def run(self) -> Path:
        """Locks and process records of this machine."""
        return self.root / "run"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def socket_folder(self) -> Path:
        """Folder of the embedded PostgreSQL's Unix socket.

        A short and plain one elsewhere if the path is too long for a socket, or holds a character that some way to
        write a database's address (URL, libpq, PostgreSQL's own settings, pgmq) would read as its own.
        """
        inside = self.run / "pg"
        if len(os.fsencode(inside)) <= _LONGEST_SOCKET_FOLDER and re.fullmatch(r"[\w./-]+", str(inside), re.ASCII):
            return inside
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return Path("/tmp") / f"earshot-{digest}"  # not $TMPDIR: every shell of this machine has to find it

    @property
    def embedded_database_url(self) -> str:
        """URL of the embedded server; the socket folder is given as the `host` option."""
        return f"postgres://postgres@/earshot?host={self.socket_folder}"

    def ensure(self) -> None:
        """Create the folders, readable by their owner alone; a data folder that exists keeps its mode.

        Where that is root, the embedded server runs under another account, which passes through `root` and `run`.
        """
        self._make_root()
        for folder in (self.cache, self.run, self.logs):
            folder.mkdir(exist_ok=True)
            with contextlib.suppress(PermissionError):  # somebody else's, who has chosen its mode
                folder.chmod(_passed_mode() if folder == self.run else 0o700)

    def _make_root(self) -> None:
        if not self.root.is_dir():
            self.root.mkdir(parents=True, exist_ok=True)
            self.root.chmod(_passed_mode())

    def secret_key(self) -> str:
        """Django's secret key: made once, kept in the data folder with mode 0600.

        Where the folder cannot be made or written, one for this process alone: commands that need the folder refuse to
        run (`ensure`), and `manage.py doctor` reports it.
        """
        try:
            return self._kept_secret_key()
        except OSError:
            return secrets.token_urlsafe(50)

    def _kept_secret_key(self) -> str:
        path = self.root / "secret-key"
        try:
            return path.read_text().strip()
        except FileNotFoundError:
            self._make_root()
        descriptor, temporary = tempfile.mkstemp(dir=self.root)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(temporary, path)  # atomic, and fails if another process was first
        except FileExistsError:
            pass
        finally:
            Path(temporary).unlink()
        return path.read_text().strip()
