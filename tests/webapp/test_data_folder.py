"""Modes of the folders that hold secrets."""

import os
import stat
from pathlib import Path

import pytest

from webapp.data_folder import DataFolder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_umask() -> object:
    before = os.umask(0o002)
    yield
    os.umask(before)


def test_folders_are_for_their_owner_alone(tmp_path: Path, open_umask: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    folder = DataFolder(tmp_path / "deep" / "data")
    folder.secret_key()
    folder.ensure()
    assert [mode(path) for path in (folder.root, folder.cache, folder.run, folder.logs)] == [0o700] * 4
    assert mode(folder.root / "secret-key") == 0o600


def test_what_an_earlier_version_made_is_closed_but_the_data_folder_keeps_its_mode(
    tmp_path: Path, open_umask: object
) -> None:
    folder = DataFolder(tmp_path / "data")
    for path in (folder.root, folder.logs):
        path.mkdir()
    folder.ensure()
    assert (mode(folder.root), mode(folder.logs)) == (0o775, 0o700)


def test_the_account_of_roots_database_passes_to_its_socket(
    tmp_path: Path, open_umask: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    folder = DataFolder(tmp_path / "data")
    folder.ensure()
    assert [mode(path) for path in (folder.root, folder.run, folder.logs, folder.cache)] == [0o755, 0o755, 0o700, 0o700]
