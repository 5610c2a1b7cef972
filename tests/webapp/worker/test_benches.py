"""Bench kits and runs on this computer, through a real process with TensorFlow."""

import csv
import io
import json
import subprocess
import zipfile

import pytest

from tests.webapp import benches, rows
from tests.webapp.factories import with_tflite
from webapp.models import BenchKit, Run, Trial
from webapp.services import benches as services
from webapp.services.errors import Conflict
from webapp.services.requests import save_architectures
from webapp.translation import architecture_row
from webapp.worker.computing import compute_run
from webapp.worker.packing import pack_kit

pytestmark = pytest.mark.django_db


def trained() -> Trial:
    return with_tflite(rows.completed_trial(rows.running_study(name="Doorbell watch")), b"TFL3 in name only")


def packed(*hashes: str) -> BenchKit:
    kit = services.request_kit(campaign_id=benches.campaign(name="Pixel 4 XL").pk, hashes=hashes)
    pack_kit(kit.pk, "worker")
    kit.refresh_from_db()
    return kit


def test_a_kit_holds_networks_by_hash_a_manifest_a_script_and_a_template() -> None:
    trial = trained()
    kit = packed(trial.architecture_id, trial.architecture_id)
    assert kit.state == "READY", kit.reason
    with kit.file.open("rb") as file, zipfile.ZipFile(file) as archive:
        network = f"networks/{trial.architecture_id}.tflite"
        assert archive.read(network) == b"TFL3 in name only"
        manifest = json.loads(archive.read("manifest.json"))
        assert manifest["networks"][0]["architecture_hash"] == trial.architecture_id
        assert manifest["networks"][0]["trained"] is True
        assert manifest["networks"][0]["label"] == "Doorbell watch, trial 1"
        assert "Pixel 4 XL" in archive.read("README.txt").decode()
        template = list(csv.DictReader(io.StringIO(archive.read("results.csv").decode())))
        assert [row["architecture"] for row in template] == [trial.architecture_id]
        script = archive.read("measure.sh").decode()
        assert archive.getinfo("measure.sh").external_attr >> 16 & 0o111
    for setting in ("--num_threads=1", "taskset", "SECONDS_EACH:-30"):
        assert setting in script
    assert subprocess.run(["sh", "-n"], input=script.encode(), check=False).returncode == 0


@pytest.mark.slow
def test_a_network_that_was_never_trained_is_made_for_the_kit_and_measured_here() -> None:
    network = rows.networks(rows.draft_study(), 1, seed=3)[0]
    save_architectures([architecture_row(network)])
    kit = packed(network.hash)
    assert kit.state == "READY", kit.reason
    with kit.file.open("rb") as file, zipfile.ZipFile(file) as archive:
        content = archive.read(f"networks/{network.hash}.tflite")
        assert content[4:8] == b"TFL3"
        assert json.loads(archive.read("manifest.json"))["networks"][0]["trained"] is False
        assert "weights at random" in archive.read("README.txt").decode()
    campaign = benches.campaign()
    (run,) = services.measure_here(campaign_id=campaign.pk, hashes=[network.hash], seconds=0.2)
    compute_run(run.pk, "worker")
    run.refresh_from_db()
    assert run.state == Run.State.READY, run.error
    assert 0.001 < run.latency_ms < 1_000
    assert run.architecture_id == network.hash
    assert run.result["runs"] >= 10
    assert (run.energy_mj is None) == (run.result["mean_power_mw"] is None)
    assert "RAPL" in run.result["energy_note"]


@pytest.mark.slow
def test_a_file_that_is_no_network_fails_with_the_reason_and_ends_no_worker() -> None:
    trial = trained()
    (run,) = services.measure_here(campaign_id=benches.campaign().pk, hashes=[trial.architecture_id], seconds=0.1)
    compute_run(run.pk, "worker")
    run.refresh_from_db()
    assert run.state == Run.State.REFUSED
    assert "TensorFlow Lite cannot run this network" in run.error


def test_nothing_and_too_much_and_what_is_gone_cannot_be_chosen() -> None:
    campaign = benches.campaign()
    for hashes in ([], ["f" * 64]):
        with pytest.raises(Conflict, match="Choose at least one network"):
            services.request_kit(campaign_id=campaign.pk, hashes=hashes)
