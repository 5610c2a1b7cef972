"""`manage.py record_curves` as a person runs it: a process of its own, real training, no database."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from nas_engine.simulation.recording import read_recording
from nas_engine.testing.audio import tiny_folder


def record_curves(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}
    command = [sys.executable, "manage.py", "record_curves", *map(str, arguments)]
    return subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True)


@pytest.mark.slow
def test_a_recording_holds_real_trainings_and_refuses_other_settings(tmp_path: Path) -> None:
    sounds, table = tiny_folder(tmp_path / "tones"), tmp_path / "table.jsonl"
    run = record_curves(sounds, "--out", table, "--trainings", 1, "--full-epochs", 2, "--files", tmp_path)
    assert run.returncode == 0, run.stderr
    (training,) = read_recording(table).trainings
    assert [point.epoch for point in training.curve if point.phase == "float"] == [1, 2]
    assert training.flash_bytes == (tmp_path / "1.tflite").stat().st_size
    assert "tones: 12 clips for training" in table.read_text()

    other = record_curves(sounds, "--out", table, "--trainings", 2, "--full-epochs", 3)
    assert other.returncode == 1
    assert "another training: choose another file" in other.stderr


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    run = record_curves(tmp_path / "nowhere", "--out", tmp_path / "table.jsonl")
    assert run.returncode == 1
    assert run.stderr.strip() == f"CommandError: There is no file or folder {tmp_path / 'nowhere'}."
