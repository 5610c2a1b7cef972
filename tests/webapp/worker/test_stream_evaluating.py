"""Evaluation on streams through a real process with TensorFlow: by the worker, by the command, and in the bundle."""

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile
from django.core.management import call_command
from django.core.management.base import CommandError

from nas_engine.streaming.procedure.plan import EvaluationPlan
from tests.webapp.bundles import trial_with_network
from tests.webapp.factories import with_tflite
from tests.webapp.recordings import kitchen, stored
from tests.webapp.streams import PLAN
from webapp.models import Clip, StreamEvaluation
from webapp.services import recordings, stream_evaluations
from webapp.worker.bundling import contents_of
from webapp.worker.stream_evaluating import evaluate_streams

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
SHORT = ["--hours", "0.05", "--levels", "20,0", "--events-per-hour", "200", "--alarms", "300", "--gap", "1"]


def test_the_worker_evaluates_what_the_command_evaluates_and_the_bundle_takes_the_thresholds(tmp_path: Path) -> None:
    trial = trial_with_network()
    out = tmp_path / "streams.json"
    words = io.StringIO()
    call_command("evaluate_streams", f"{trial.study_id}/1", *SHORT, "--json", str(out), stdout=words)
    written = json.loads(out.read_text())
    row = stream_evaluations.request_evaluation(trial_id=trial.pk, plan=PLAN)
    evaluate_streams(row.pk, "data-1")
    row.refresh_from_db()
    assert row.state == StreamEvaluation.State.READY, row.reason
    assert written["plan"]["hours"] == PLAN.hours
    assert row.result["together"]["hours"] == pytest.approx(0.1)
    assert len(row.clips) == 9
    assert set(row.result["loop"]["thresholds"]) == {"alarm", "dog"}
    assert "alarm" in words.getvalue()
    contents = contents_of(trial.pk)
    assert contents.loop is not None
    assert contents.loop.to_json() == row.result["loop"]


def test_recordings_of_a_folder_are_measured_with_their_labels(tmp_path: Path) -> None:
    trial = trial_with_network()
    rng = np.random.default_rng(0)
    folder = tmp_path / "recordings"
    folder.mkdir()
    soundfile.write(folder / "kitchen.wav", rng.normal(0, 0.05, 30 * 16_000), 16_000)
    command = ("evaluate_streams", f"{trial.study_id}/1", *SHORT, "--recordings", str(folder))
    out = tmp_path / "streams.json"
    call_command(*command, "--json", str(out), stdout=io.StringIO())
    assert json.loads(out.read_text())["outcome"]["together"]["events"] == 0, "a folder without lists is background"
    (folder / "kitchen.txt").write_text("10.0\t12.0\talarm\n20\t21\tcow\n")
    call_command(*command, "--json", str(out), stdout=io.StringIO())
    outcome = json.loads(out.read_text())["outcome"]
    assert outcome["together"]["events"] == 1
    assert outcome["together"]["hours"] == pytest.approx(30 / 3600)
    notes = " ".join(outcome["notes"])
    assert "left out: 'cow' (1)." in notes
    assert outcome["chosen_hours"] == pytest.approx(0.1)
    soundfile.write(folder / "hall.wav", np.zeros(16_000), 16_000)
    (folder / "kitchen.txt").write_text("10.0\t12.0\talarm\n20\t19\tdog\n")
    (folder / "kitchen_2.txt").write_text("20\t21\tdog\n")
    call_command(*command, "--json", str(out), stdout=io.StringIO())
    outcome = json.loads(out.read_text())["outcome"]
    assert outcome["together"]["events"] == 2
    notes = " ".join(outcome["notes"])
    assert "kitchen.txt, line 2: No event lasts from 20 to 19 s" in notes
    assert "1 recordings: They have no label track" in notes
    (folder / "kitchen_2.txt").unlink()
    (folder / "kitchen.txt").write_text("no times here\n")
    with pytest.raises(CommandError, match="No list in 'recordings' states where sounds lie"):
        call_command(*command, stdout=io.StringIO())


def test_uploaded_recordings_are_measured_as_the_command_measures_their_folder(tmp_path: Path) -> None:
    trial = trial_with_network()
    folder = tmp_path / "recordings"
    folder.mkdir()
    for name, content in kitchen().items():
        (folder / name).write_bytes(content)
    out = tmp_path / "streams.json"
    command = ("evaluate_streams", f"{trial.study_id}/1", *SHORT, "--recordings", str(folder))
    call_command(*command, "--json", str(out), stdout=io.StringIO())
    written = json.loads(out.read_text())
    measured, plan = stored(trial.study.dataset), EvaluationPlan.from_json(written["plan"])
    row = stream_evaluations.request_evaluation(trial_id=trial.pk, plan=plan, recordings_id=measured.pk)
    evaluate_streams(row.pk, "data-1")
    row.refresh_from_db()
    assert row.state == StreamEvaluation.State.READY, row.reason
    assert written["outcome"] == row.result
    assert row.clips == list(measured.recordings.order_by("position").values_list("pk", flat=True))
    assert row.result["together"]["events"] == 2
    assert "left out: 'cow' (1)." in " ".join(row.result["notes"])


def test_an_evaluation_whose_recordings_are_deleted_meanwhile_fails_with_the_reason() -> None:
    trial = trial_with_network()
    measured = stored(trial.study.dataset)
    row = stream_evaluations.request_evaluation(trial_id=trial.pk, plan=PLAN, recordings_id=measured.pk)
    recordings.delete(set_id=measured.pk)
    evaluate_streams(row.pk, "data-1")
    row.refresh_from_db()
    assert (row.state, row.reason) == ("FAILED", "The recordings kitchen were deleted: choose others.")


def test_a_network_or_a_clip_that_is_gone_meanwhile_fails_with_the_reason() -> None:
    trial = trial_with_network()
    row = trial.stream_evaluations.create(plan=PLAN.to_json())
    with_tflite(trial, b"no network")
    evaluate_streams(row.pk, "data-1")
    row.refresh_from_db()
    assert row.state == StreamEvaluation.State.FAILED
    assert row.reason
    Clip.objects.all().delete()
    row = trial.stream_evaluations.create(plan=PLAN.to_json())
    evaluate_streams(row.pk, "data-1")
    row.refresh_from_db()
    assert "too few recordings" in row.reason


def children_at_work() -> list[int]:
    """Processes that evaluate streams for this one."""
    return [one.pid for one in psutil.Process().children() if "webapp.worker.child" in one.cmdline()]


@pytest.mark.parametrize("how", ["other settings", "deleted", "stopping"])
def test_work_that_nobody_waits_for_is_ended_at_once(how: str) -> None:
    trial = trial_with_network()
    row = stream_evaluations.request_evaluation(trial_id=trial.pk, plan=replace(PLAN, hours=12.0))
    asked = 0

    def stopping() -> bool:
        nonlocal asked
        asked += 1
        if asked == 4:
            assert children_at_work(), "it is at work"
            if how == "other settings":
                stream_evaluations.request_evaluation(trial_id=trial.pk, plan=PLAN)
            elif how == "deleted":
                row.delete()
        return how == "stopping" and asked >= 4

    evaluate_streams(row.pk, "data-1", stopping)
    assert 4 <= asked < 20
    assert not children_at_work()
    if how != "deleted":
        row = StreamEvaluation.objects.get()
        assert (row.state, row.worker) == (StreamEvaluation.State.COMPUTING, "")
        assert row.attempts == 0
