"""`add_dataset` and `export_trial` as a person at a terminal meets them."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from django.core.management import CommandError, call_command

from nas_engine.audio.frontend import FrontendConfig
from tests.webapp import rows
from webapp.management.named_trials import trial_named
from webapp.models import Dataset

pytestmark = pytest.mark.django_db


def write_clips(folder: Path, labels: tuple[str, ...] = ("dog", "negative")) -> Path:
    rng = np.random.default_rng(0)
    for split in ("train", "eval", "test"):
        for label in labels:
            (folder / split / label).mkdir(parents=True)
            for number in range(2):
                samples = rng.normal(0, 0.1, 16_000).astype(np.float32)
                soundfile.write(folder / split / label / f"{number}.wav", samples, 16_000)
    return folder


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def test_add_dataset_reports_by_class_and_split_and_lists_bad_clips(tmp_path):
    folder = write_clips(tmp_path / "clips")
    for number in range(7):
        (folder / "train" / "dog" / f"broken-{number}.wav").write_bytes(b"no sound")
    lines = run("add_dataset", str(folder), "--name", "mine").splitlines()
    assert lines[0].split() == ["class", "train", "eval", "test"]
    assert lines[1].split() == ["dog", "2", "2", "2"]
    assert sum(line.startswith("error: train/dog/broken-") for line in lines) == 5
    assert any("2 more of kind unreadable" in line for line in lines)
    assert "mine is ready: 12 clips." in lines[-1]


def test_add_dataset_takes_the_input_size_within_its_bounds(tmp_path):
    folder = write_clips(tmp_path / "clips")
    run("add_dataset", str(folder), "--name", "mine", "--frames", "98", "--mel-bins", "20", "--licence", "CC BY 4.0")
    assert Dataset.objects.get().licence == "CC BY 4.0"
    assert (Dataset.objects.get().frontend["frames"], Dataset.objects.get().frontend["mel_bins"]) == (98, 20)
    with pytest.raises(CommandError, match="frames: Must be at least 20"):
        run("add_dataset", str(folder), "--name", "other", "--frames", "3")


def test_add_dataset_takes_a_front_end_and_keeps_what_noise_suppression_leaves(tmp_path):
    folder = write_clips(tmp_path / "clips")
    run("add_dataset", str(folder), "--name", "mine", "--front-end", "micro", "--frames", "98")
    dataset = Dataset.objects.get()
    assert dataset.frontend == FrontendConfig.of_kind("micro", frames=98).to_json()
    assert [(row["label"], row["clips"]) for row in dataset.suppression] == [("dog", 2), ("negative", 2)]
    with pytest.raises(CommandError, match="always has 40 mel bins"):
        run("add_dataset", str(folder), "--name", "other", "--front-end", "micro", "--mel-bins", "20")
    run("add_dataset", str(folder), "--name", "own")
    assert Dataset.objects.get(name="own").suppression == []


def test_a_dataset_that_cannot_be_used_is_refused_and_its_name_stays_free(tmp_path):
    folder = write_clips(tmp_path / "clips", labels=("dog",))
    with pytest.raises(CommandError, match="mine was not added"):
        run("add_dataset", str(folder), "--name", "mine")
    assert not Dataset.objects.exists()


def test_a_path_that_is_not_there_is_said_before_anything_is_done(tmp_path):
    with pytest.raises(CommandError, match="There is no file or folder"):
        run("add_dataset", str(tmp_path / "nowhere"), "--name", "mine")
    assert not Dataset.objects.exists()


def test_a_name_that_is_taken_is_refused_in_words(tmp_path):
    rows.ready_dataset(name="mine")
    with pytest.raises(CommandError, match="choose another name"):
        run("add_dataset", str(write_clips(tmp_path / "clips")), "--name", "mine")


@pytest.mark.parametrize(
    ("trial", "message"),
    [
        ("7/x", "'7/x' is no STUDY/NUMBER"),
        ("99", "'99' is no STUDY/NUMBER: give the study and the number of the trial"),
        ("none/1", "There is no study none"),
        ("9999999999/1", "There is no study 9999999999"),
        ("quick/99999999999999", "There is no trial 99999999999999 in 'quick'"),
        ("quick/9", "There is no trial 9 in 'quick'"),
        ("quick/1", "is waiting: it has no network"),
        ("quick/2", "has no real network"),
    ],
)
def test_a_trial_that_cannot_be_exported_is_refused_in_words(trial, message, tmp_path):
    study = rows.running_study(name="quick", dataset=rows.ready_dataset(frontend={}))
    rows.requested_trials(study)
    done = rows.completed_trial(study, seed=1)
    Dataset.objects.filter(pk=study.dataset_id).update(
        frontend=rows.FRONTEND, normalisation={"mean": [0.0] * 40, "std": [1.0] * 40}
    )
    rows.store_simulated_network(done)
    with pytest.raises(CommandError, match=message):
        run("export_trial", trial, "--out", str(tmp_path / "export"))


@pytest.mark.parametrize(
    "way",
    ["{study.pk}/1", "quick/1", "/studies/{study.pk}/trials/1/", "http://earshot:8000/studies/{study.pk}/trials/1"],
)
def test_a_trial_is_found_by_study_and_number_as_its_address_shows_them(way, tmp_path):
    rows.completed_trial(rows.running_study(name="other", dataset=rows.ready_dataset()))
    study = rows.running_study(name="quick", dataset=rows.ready_dataset())
    trial = rows.completed_trial(study)
    assert trial.pk != trial.number
    assert trial_named(way.format(study=study)) == trial


def test_a_number_that_is_also_a_name_names_no_study():
    study = rows.running_study(name="quick", dataset=rows.ready_dataset())
    rows.running_study(name=str(study.pk), dataset=rows.ready_dataset())
    with pytest.raises(CommandError, match="the number of one study and the name of another"):
        trial_named(f"{study.pk}/1")
