"""`estimate_npu` as a person at a terminal meets it."""

import io
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from nas_engine.deployment.vela import network_macs
from tests.webapp import rows
from tests.webapp.bundles import network_of, trial_with_network
from tests.webapp.factories import with_tflite
from tests.webapp.npus import npu_model
from webapp import translation
from webapp.models import StoredNpuEstimate, Trial
from webapp.services.energy_estimates import reestimate

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("estimate_npu", *arguments, stdout=output)
    return output.getvalue()


def test_a_trial_is_estimated_with_multiply_accumulates_of_ours_and_marked_so() -> None:
    trial = trial_with_network()
    text = run(f"{trial.study_id}/1")
    assert "Estimated for ethos-u55-128" in text
    assert "ms estimated" in text
    assert f"MACs      {network_macs(translation.architecture(trial.architecture)):,} (Vela counts " in text
    assert "nothing falls back to the CPU" in text


def test_a_1_d_network_is_estimated_as_its_bundle_has_it_or_as_it_is_stored() -> None:
    trial = trial_with_network(space="paper_1d")
    texts = [run(f"{trial.study_id}/1", *options) for options in ((), ("--as-stored",))]
    bundled, stored = (int(re.search(r"([\d,]+) cycles", text)[1].replace(",", "")) for text in texts)
    assert bundled < 0.95 * stored


def test_all_networks_of_a_study_are_compiled_for_its_energy_by_an_npu() -> None:
    trial, model = trial_with_network(), npu_model(9.0)
    rows.completed_trial(trial.study, seed=5)  # without a file
    assert run(str(trial.study_id), "--all") == "1 networks compiled for ethos-u55-128, 1 have no real network.\n"
    Trial.objects.filter(study=trial.study_id).exclude(pk=trial.pk).delete()
    reestimate(study_id=trial.study_id, energy_model_id=model.pk)
    kept = StoredNpuEstimate.objects.get()
    assert trial.energy_estimates.get(energy_model=model).energy_mj == pytest.approx(9.0 * kept.seconds)
    assert run(trial.study.name, "--all") == "0 networks compiled for ethos-u55-128.\n"


def test_a_file_is_estimated_by_its_path(tmp_path: Path) -> None:
    trial = rows.completed_trial(rows.running_study())
    path = tmp_path / "it.tflite"
    path.write_bytes(network_of(translation.architecture(trial.architecture)))
    text = run(str(path), "--accelerator", "ethos-u85-256")
    assert "Estimated for ethos-u85-256" in text
    assert "by Vela's count" in text


def test_what_is_no_network_is_refused_in_words(tmp_path: Path) -> None:
    simulated = with_tflite(rows.completed_trial(rows.running_study()), b"no network")
    with pytest.raises(CommandError, match="has no real network"):
        run(f"{simulated.study_id}/1")
    (tmp_path / "it.tflite").write_bytes(b"no network")
    with pytest.raises(CommandError, match="Vela cannot compile this network"):
        run(str(tmp_path / "it.tflite"))
