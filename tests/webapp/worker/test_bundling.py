"""Packing a deploy bundle, through a real process with TensorFlow: what is in it and that its smoke test passes."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command

from nas_engine.audio.batches import evaluation_arrays
from nas_engine.audio.cache import open_pack
from nas_engine.deployment.bundle import bundle_files
from nas_engine.deployment.model_card import model_card
from nas_engine.files.time_axis import time_along_width
from nas_engine.network.runtimes import predict_quantised
from tests.webapp import rows
from tests.webapp.bundles import trial_with_network
from tests.webapp.factories import with_tflite
from webapp import translation
from webapp.models import Dataset, DeployBundle
from webapp.queries.energy_estimates import CurrentEstimate
from webapp.services import bundles
from webapp.worker.bundling import (
    ACCELERATORS,
    arena_of,
    contents_of,
    energy_limits,
    energy_text,
    estimates_of,
    pack_bundle,
)
from webapp.worker.packs import local_pack

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def unpacked(content: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    (inside,) = folder.iterdir()
    return inside


@pytest.mark.usefixtures("project_tools")
def test_the_worker_packs_what_the_command_packs_and_its_smoke_test_passes(tmp_path: Path) -> None:
    trial = trial_with_network()
    bundle = bundles.request_bundle(trial_id=trial.pk)
    pack_bundle(bundle.pk, "data-1")
    bundle.refresh_from_db()
    assert bundle.state == DeployBundle.State.READY, bundle.reason
    with bundle.file.open("rb") as file:
        content = file.read()
    call_command(
        "export_trial", f"{trial.study_id}/1", "--out", str(tmp_path / "here" / "it.zip"), stdout=io.StringIO()
    )
    assert (tmp_path / "here" / "it.zip").read_bytes() == content
    folder = unpacked(content, tmp_path / "unpacked")
    assert folder.name == "doorbell-watch-trial-1"
    stated = json.loads((folder / "arena.json").read_text())
    assert stated["measured"] == bundle.arena
    assert stated["estimated_activation_bytes"] == trial.architecture.peak_activation_bytes
    check_vectors(folder, open_pack(local_pack(trial.study.dataset.pack.name)))
    check_estimates(bundle, json.loads((folder / "npu.json").read_text()))
    for runtime in ("tensorflow", "tflite_micro"):
        command = [sys.executable, "smoke_test.py", "--runtime", runtime]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "3 sounds, features within 0.0e+00 of a standard deviation" in ran.stdout
        assert "21 test vectors, 0 of 63 scores differ" in ran.stdout
    check_project(folder, tmp_path / "build")


def check_estimates(bundle: DeployBundle, written: list[dict]) -> None:
    """The row has what the bundle has, for three accelerators; nothing of this network falls back."""
    assert bundle.npu == written
    assert [row["accelerator"] for row in written] == list(ACCELERATORS)
    for row in written:
        assert row["cycles"] > 0
        assert not [operator for operator in row["operators"] if operator["on_cpu"]]


def check_project(folder: Path, build: Path) -> None:
    """The CMake project builds in a fresh folder, and its tests pass: the network's bytes, the front end in C."""
    for command in (["cmake", "-S", "pc", "-B", build], ["cmake", "--build", build], ["ctest", "--test-dir", build]):
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "100% tests passed, 0 tests failed out of 3" in ran.stdout


def check_vectors(folder: Path, pack: object) -> None:
    """Test vectors are the clips of the evaluation split, quantised as frontend.json says."""
    x, _ = evaluation_arrays(pack, "eval")
    source = json.loads((folder / "frontend.json").read_text())["input"]
    expected = np.clip(np.rint(x / source["scale"]) + source["zero_point"], -128, 127).astype(np.int8)
    np.testing.assert_array_equal(np.load(folder / "test_vectors" / "features.npy")[: len(x)], expected)
    sounds = json.loads((folder / "test_vectors" / "test_vectors.json").read_text())
    assert [sound["input"] for sound in sounds] == [len(x), len(x) + 1, len(x) + 2]
    assert len({sound["name"] for sound in sounds}) == 3
    assert sum(path.stat().st_size for path in (folder / "test_vectors").glob("test_*")) < 1_000_000


def test_a_1_d_network_has_time_along_the_width_and_the_front_end_states_so() -> None:
    trial = trial_with_network(space="paper_1d")
    with trial.tflite.open("rb") as file:
        stored = file.read()
    contents = contents_of(trial.pk)
    assert contents.network == time_along_width(stored) != stored
    frames, mel_bins = translation.architecture(trial.architecture).stem.input_shape[::2]
    assert contents.frontend["input"]["shape"] == [1, 1, frames, mel_bins]
    before = predict_quantised("xnnpack", stored, contents.vectors.features[:5])
    np.testing.assert_array_equal(contents.vectors.scores["xnnpack"][:5], before)
    assert "Time runs along the width" in bundle_files(contents)["README.md"].decode()
    assert json.loads(bundle_files(contents)["npu.json"]) == estimates_of(time_along_width(stored))


def test_the_licence_of_the_sounds_stands_in_the_model_card() -> None:
    trial = trial_with_network()
    assert "Licence of the sounds: not stated" in model_card(contents_of(trial.pk).card)
    Dataset.objects.update(licence="CC BY 4.0")
    assert "Licence of the sounds: CC BY 4.0" in model_card(contents_of(trial.pk).card)


def test_a_network_that_vela_refuses_is_packed_with_the_reason() -> None:
    [first, *_] = estimates_of(b"no network")
    assert first["accelerator"] == "ethos-u55-128"
    assert "Vela cannot compile this network" in first["reason"]


def test_an_arena_that_cannot_be_measured_is_a_note() -> None:
    pytest.importorskip("tflite_micro")
    measured, note = arena_of(b"no network")
    assert measured is None
    assert "The tensor arena was not measured: These bytes are not a .tflite file." in note


def test_energies_name_their_origin_and_what_was_extrapolated() -> None:
    published = CurrentEstimate(0.84, None, "estimate from published figures")
    assert energy_text(published) == "0.84 mJ, estimate from published figures"
    assert energy_limits(published) == ()
    predicted = CurrentEstimate(0.84, None, "Pixel 4 XL, model 3", 0.7, 1.0, outside=("filters",))
    assert energy_text(predicted) == "0.84 mJ, predicted by Pixel 4 XL, model 3, 90 % between 0.70 and 1.00 mJ"
    assert "outside of the measured ones: filters." in energy_limits(predicted)[0]


def test_a_network_that_is_gone_meanwhile_fails_with_the_reason() -> None:
    bundle = with_tflite(rows.completed_trial(rows.running_study()), b"no network").bundles.create()
    pack_bundle(bundle.pk, "data-1")
    bundle.refresh_from_db()
    assert bundle.state == DeployBundle.State.FAILED
    assert bundle.reason
