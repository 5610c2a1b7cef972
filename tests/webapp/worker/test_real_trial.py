"""One real network, trained by a worker on real features, and what a stranger makes of its export."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command

from nas_engine.testing.spaces import tiny_2d
from tests.webapp import rows, stranger
from webapp.models import Dataset, Study, Trial, Worker
from webapp.services import datasets, preparation
from webapp.worker import evaluating
from webapp.worker.lifecycle import ThisWorker

SMALL = {"train_clips_per_class": 8, "eval_clips_per_class": 4, "test_clips_per_class": 1}


def synthetic_dataset() -> Dataset:
    dataset = datasets.create_synthetic(name="small", seed=1, recipe=SMALL)
    assert preparation.prepare(dataset_id=dataset.pk, worker="me")
    return Dataset.objects.get(pk=dataset.pk)


def eval_clips(dataset: Dataset, folder: Path) -> Path:
    """The clips of the eval split as files CLASS/POSITION.flac."""
    for clip in dataset.clips.filter(split="eval"):
        path = folder / clip.label / f"{clip.position}.flac"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(default_storage.open(clip.audio.name).read())
    return folder


def trained(dataset: Dataset) -> Trial:
    """A completed trial of a small study, trained for real by a worker with its child."""
    study = rows.running_study(dataset=dataset, full_epochs=4, batch_size=32, trial_budget=1)
    Study.objects.filter(pk=study.pk).update(space_spec=tiny_2d(classes=9).to_json())
    trial = rows.requested_trials(Study.objects.get(pk=study.pk))[0]
    worker = ThisWorker.begin("real@here", Worker.Role.TRAINING)
    try:
        evaluating.evaluate(trial.pk, worker)
    finally:
        worker.end()
    trial.refresh_from_db()
    assert trial.state == Trial.State.COMPLETED, trial.reason
    return trial


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_trial_trained_again_in_another_process_is_the_same_file(broker):
    trial = trained(synthetic_dataset())
    output = io.StringIO()
    call_command("reproduce", f"{trial.study_id}/{trial.number}", "--here", stdout=output)
    repetition = Trial.objects.get(reproduces=trial)
    assert (repetition.state, repetition.tflite.name) == (Trial.State.COMPLETED, trial.tflite.name), output.getvalue()
    assert "The same, bit for bit: 7 epochs of training" in output.getvalue()
    assert repetition.worker != trial.worker


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_network_trained_here_answers_a_stranger_as_its_page_says(broker, tmp_path):
    dataset = synthetic_dataset()
    trial = trained(dataset)
    assert {"tensorflow", "python", "threads", "seed", "features", "engine", "processor"} <= set(trial.environment)
    wrong = sum(map(sum, trial.confusion)) - sum(row[true] for true, row in enumerate(trial.confusion))
    assert len(trial.clip_mistakes.clips) == wrong
    labels = dict(dataset.clips.filter(split="eval").values_list("position", "label"))
    assert all(labels[place] == dataset.classes[truth] for place, truth, _, _ in trial.clip_mistakes.clips)
    assert trial.flash_bytes == default_storage.size(trial.tflite.name)
    assert trial.energy_source.startswith("estimate from published figures")

    call_command("export_trial", f"{trial.study_id}/{trial.number}", "--out", str(tmp_path / "export"))
    metrics = json.loads((tmp_path / "export" / "metrics.json").read_text())
    assert (metrics["int8_accuracy"], metrics["synthetic"]) == (trial.int8_accuracy, True)
    clips = eval_clips(dataset, tmp_path / "clips")
    answer = subprocess.run(
        [sys.executable, stranger.__file__, str(tmp_path / "export"), str(clips)],
        capture_output=True,
        text=True,
        check=True,
    )
    correct, total = map(int, answer.stdout.split())
    assert total == dataset.clips.filter(split="eval").count() == 64
    assert abs(correct - trial.int8_accuracy * total) <= 1
