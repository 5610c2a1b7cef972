"""`manage.py demo`: interrupted, taken up again, finished. Evaluations are simulated; everything else is real."""

import json
import signal
import subprocess
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from nas_engine.audio.synthesis.generator import Recipe, synthesise
from tests.supervisor.processes import free_port, manage_running, wait_for_line
from webapp.data_folder import DataFolder
from webapp.supervisor.postgres import Cluster
from webapp.supervisor.strays import find_strays

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

FEW = Recipe(train_clips_per_class=2, eval_clips_per_class=1, test_clips_per_class=1)
TO_THE_END = ("--exit-when-done", "--set", "trials=6", "--set", "epochs=8", "--trainers", "2")


def demo(folder: DataFolder, *arguments: str) -> AbstractContextManager[subprocess.Popen[str]]:
    simulated = {"EARSHOT_EVALUATOR": "simulated", "EARSHOT_SIMULATED_EPOCH_SECONDS": "0.1"}
    return manage_running(folder, "demo", "--port", free_port(), *arguments, **simulated)


def run_to_end(folder: DataFolder, *arguments: str) -> tuple[int, str]:
    with demo(folder, *arguments) as process:
        output, _ = process.communicate(timeout=200)
        return process.returncode, output


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "var")


def test_an_interrupted_demo_is_taken_up_by_the_next_one(folder, tmp_path):
    clips, out = tmp_path / "my clips", tmp_path / "out.json"
    synthesise(clips, 1, lambda done, total, phase: None, recipe=FEW)
    arguments = ("--data", str(clips), "--json", str(out), *TO_THE_END)

    with demo(folder, *arguments) as first:
        wait_for_line(first, "/sign-in/link/?sesame=")
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=60)
        assert first.returncode == 130
    assert find_strays(folder) == []
    assert Cluster.of(folder).leftovers() == []
    assert not out.exists()

    code, output = run_to_end(folder, *arguments)
    assert code == 0, output
    assert output.count("/sign-in/link/?sesame=") == 1
    summary = json.loads(out.read_text())
    assert summary["study"]["id"] == 1
    assert summary["study"]["name"] == "Demo: my clips"
    assert summary["study"]["dataset"]["name"] == "my clips"
    completed = [trial for trial in summary["trials"] if trial["state"] == "COMPLETED"]
    assert len(completed) == 6
    assert all(Path(trial["tflite"]).is_file() for trial in completed)
    assert find_strays(folder) == []

    out.unlink()
    code, output = run_to_end(folder, *arguments)  # nothing is left to do but to write the results
    assert code == 0, output
    assert json.loads(out.read_text())["trials"] == summary["trials"]


def test_clips_that_cannot_be_used_end_the_demo_with_the_reason(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    code, output = run_to_end(folder, "--data", str(tmp_path / "empty"), *TO_THE_END)
    assert code == 1
    assert "The dataset empty could not be prepared" in output
    assert find_strays(folder) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--data", "no/such/folder"), "There is no file or folder"),
        (("--json", "out.json"), "needs --exit-when-done"),
        (("--exit-when-done", "--json", "no/such/folder/out.json"), "name a file in a folder that exists"),
        (("--port", "web"), "--port takes a number"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_starts(folder, arguments, message):
    code, output = run_to_end(folder, *arguments)
    assert code == 1
    assert message in output
    assert not folder.postgres.exists()
