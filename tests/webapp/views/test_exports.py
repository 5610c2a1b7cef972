"""Files to keep, and the charts' data."""

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import plotly.graph_objects
import pytest
from django.test import Client
from django.urls import reverse

from nas_engine.architecture import Architecture
from nas_engine.audio.frontend import FrontendConfig, Normalisation, evaluation_crop, log_mel
from nas_engine.baselines import tc_resnet8
from nas_engine.search_space.spec import SpaceSpec
from tests.webapp.factories import edited_spec, make_dataset, make_study, with_tflite
from webapp.forms.study_file import form_from_file, read_study_file
from webapp.models import Dataset, Trial
from webapp.queries.pages.export import COLUMNS
from webapp.services.exports import export_trial

pytestmark = pytest.mark.django_db


def test_no_text_of_a_csv_is_a_formula_and_numbers_stay_numbers(person: Client) -> None:
    study = make_study(completed=1)
    study.trials.update(reason='=HYPERLINK("http://elsewhere.example")', worker="@worker", label="-1+1", reward=-0.5)
    response = person.get(reverse("trials_csv", args=[study.pk]))
    [row] = csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode()))
    assert row["reason"] == '\'=HYPERLINK("http://elsewhere.example")'
    assert (row["worker"], row["label"]) == ("'@worker", "'-1+1")
    assert float(row["int8_accuracy"]) > 0


def test_csv_holds_every_trial(person: Client) -> None:
    study = make_study(completed=3, failed=1, name="Doorbell / “watch”")
    response = person.get(reverse("trials_csv", args=[study.pk]))
    assert response.headers["Content-Disposition"] == 'attachment; filename="doorbell-watch-trials.csv"'
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert tuple(rows[0]) == COLUMNS
    assert [row["state"] for row in rows] == ["COMPLETED"] * 3 + ["FAILED"]
    assert float(rows[0]["reward"]) == Trial.objects.get(study=study, number=1).reward


def test_json_holds_the_summary_with_addresses_of_the_networks(person: Client) -> None:
    spec = edited_spec(blocks=4)
    study = make_study(completed=2, failed=1, space="edited", space_spec=spec.search_space().to_json())
    summary = json.loads(person.get(reverse("study_json", args=[study.pk])).content)
    assert summary["study"]["name"] == study.name
    assert SpaceSpec.from_json(summary["study"]["search_space"]) == spec
    assert [trial["number"] for trial in summary["trials"]] == [1, 2, 3]
    assert summary["trials"][0]["tflite"].endswith(f"/studies/{study.pk}/trials/1/network.tflite")
    assert summary["trials"][2]["tflite"] is None


def test_the_settings_file_creates_the_same_study_again(person: Client) -> None:
    study = make_study(state="DRAFT", trial_budget=9, energy_step_mj=1.75)
    text = person.get(reverse("study_toml", args=[study.pk])).content.decode()
    form = form_from_file(read_study_file(text) | {"name": "again"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["trial_budget"] == 9


def test_the_network_is_downloaded_byte_for_byte_under_a_safe_name(person: Client) -> None:
    study = make_study(completed=1, name='../../etc/"passwd"\n')
    with_tflite(Trial.objects.get(study=study), b"network bytes" * 100_000)
    response = person.get(reverse("trial_tflite", args=[study.pk, 1]))
    assert b"".join(response.streaming_content) == b"network bytes" * 100_000
    assert response.headers["Content-Disposition"] == 'attachment; filename="etcpasswd-trial-1.tflite"'


def test_a_trial_without_a_network_offers_none(person: Client) -> None:
    study = make_study(failed=1)
    assert person.get(reverse("trial_tflite", args=[study.pk, 1])).status_code == 404


def test_the_architecture_reads_back(person: Client) -> None:
    study = make_study(completed=1)
    spec = person.get(reverse("trial_architecture", args=[study.pk, 1])).json()
    trial = Trial.objects.select_related("architecture").get(study=study)
    assert Architecture.from_json(spec).hash == trial.architecture.hash


@pytest.mark.parametrize("resource", ["energy", "flash"])
def test_front_charts_are_plotly_figures_that_link_to_trials(person: Client, resource: str) -> None:
    study = make_study(completed=30)
    figure = person.get(reverse("front_chart", args=[study.pk, resource])).json()
    plotly.graph_objects.Figure(figure)
    links = [link for trace in figure["data"] for link in trace["customdata"]]
    assert reverse("trial", args=[study.pk, 1]) in links
    texts = [text for trace in figure["data"] for text in trace["text"]]
    assert any("K-" in text and "reward" in text for text in texts)


def test_there_is_no_front_over_anything_else(person: Client) -> None:
    study = make_study(completed=1)
    assert person.get(reverse("front_chart", args=[study.pk, "beauty"])).status_code == 404


def test_reward_and_curve_charts_are_plotly_figures(person: Client) -> None:
    study = make_study(completed=3, curves=1)
    for address in (reverse("rewards_chart", args=[study.pk]), reverse("curve_chart", args=[study.pk, 1])):
        figure = person.get(address).json()
        plotly.graph_objects.Figure(figure)
        assert figure["data"][0]["x"]


def test_charts_of_a_study_without_trials_are_empty_figures(person: Client) -> None:
    study = make_study(state="DRAFT", dataset=make_dataset())
    figure = person.get(reverse("front_chart", args=[study.pk, "energy"])).json()
    assert [trace["x"] for trace in figure["data"]] == [[], []]


def test_everything_about_a_trial_is_one_zip_file(person: Client, tmp_path: Path) -> None:
    from nas_engine.network.untrained import untrained_files  # TensorFlow, for this test alone

    dataset = make_dataset(normalisation={"mean": [0.0] * 40, "std": [1.0] * 40})
    study = make_study(completed=1, name="Doorbell watch", dataset=dataset)
    trial = with_tflite(Trial.objects.get(study=study), untrained_files(tc_resnet8())[0])
    assert reverse("trial_zip", args=[study.pk, 1]) in person.get(reverse("trial", args=[study.pk, 1])).content.decode()
    response = person.get(reverse("trial_zip", args=[study.pk, 1]))
    assert response.headers["Content-Disposition"] == 'attachment; filename="doorbell-watch-trial-1.zip"'
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    written = export_trial(trial_id=trial.pk, folder=tmp_path)
    assert packed == {f"doorbell-watch-trial-1/{path.name}": path.read_bytes() for path in written}
    check_readme(tmp_path, dataset)


def check_readme(folder: Path, dataset: Dataset) -> None:
    """Its lines of Python give a clip the input that Earshot's own front end and the network's scale give it."""
    lines = re.findall(r"^    (\S.*)$", (folder / "README.txt").read_text(), re.MULTILINE)
    page = json.loads((folder / "frontend.json").read_text())
    assert {"conventions", "calls", "clips_and_streams", "input", "output", "labels"} <= page.keys()
    np.save(folder / "clip.npy", np.random.default_rng(0).integers(-9000, 9000, 80_000).astype(np.int16))
    program = ["import numpy", 'samples = numpy.load("clip.npy")', *lines, 'numpy.save("x.npy", x)']
    ran = subprocess.run([sys.executable, "-c", "\n".join(program)], cwd=folder, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    config = FrontendConfig.from_json(dataset.frontend)
    samples = (np.load(folder / "clip.npy") / 32768.0).astype(np.float32)
    features = Normalisation.from_json(dataset.normalisation).apply(evaluation_crop(log_mel(samples, config), config))
    steps = np.clip(np.round(features / page["input"]["scale"]) + page["input"]["zero_point"], -128, 127)
    np.testing.assert_array_equal(np.load(folder / "x.npy"), steps.astype(np.int8))


def test_an_export_from_a_front_end_from_elsewhere_names_its_package_and_call(tmp_path: Path) -> None:
    from nas_engine.network.untrained import untrained_files  # TensorFlow, for this test alone

    config = FrontendConfig.of_kind("micro").to_json()
    dataset = make_dataset(normalisation={"mean": [3.0] * 40, "std": [2.0] * 40}, frontend=config)
    study = make_study(completed=1, dataset=dataset)
    trial = with_tflite(Trial.objects.get(study=study), untrained_files(tc_resnet8())[0])
    export_trial(trial_id=trial.pk, folder=tmp_path)
    page = json.loads((tmp_path / "frontend.json").read_text())
    assert (page["kind"], page["package"], page["package_version"]) == ("micro", "pymicro-features", "2.0.2")
    assert "MicroFrontend().process_samples" in page["call"]
    assert page["input"]["formula"].startswith("int8 = clip(")
    assert '"steps" of frontend.json by pymicro-features 2.0.2' in (tmp_path / "README.txt").read_text()


def test_a_simulated_network_has_nothing_to_download_and_says_why(person: Client) -> None:
    dataset = make_dataset(normalisation={"mean": [0.0] * 40, "std": [1.0] * 40})
    study = make_study(completed=1, dataset=dataset)
    with_tflite(Trial.objects.get(study=study), b"no network")
    response = person.get(reverse("trial_zip", args=[study.pk, 1]), follow=True)
    assert "has no real network" in response.content.decode()


def test_the_charts_mark_what_is_at_chance_over_a_limit_or_untrained(person: Client) -> None:
    study = make_study(completed=3, refused=2, enforce_constraints=True, flash_limit_kb=50.0)
    chance = 1 / len(study.dataset.classes)
    for number, flash_bytes, accuracy in [(1, 40_000, 0.9), (2, 40_000, chance), (3, 50_100, 0.9)]:
        Trial.objects.filter(study=study, number=number).update(flash_bytes=flash_bytes, int8_accuracy=accuracy)
    front = person.get(reverse("front_chart", args=[study.pk, "flash"])).json()
    traces = {trace["name"]: trace["x"] for trace in front["data"]}
    assert (traces["At chance"], traces["Exceeds a hard limit"]) == ([40.0], [50.1])
    rewards = person.get(reverse("rewards_chart", args=[study.pk])).json()
    traces = {trace["name"]: trace["x"] for trace in rewards["data"]}
    assert (traces["Trial"], traces["At chance"], traces["Exceeds a hard limit"]) == ([1], [2], [3])
    assert traces["Constraint violated"] == [4, 5]
