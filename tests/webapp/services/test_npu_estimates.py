"""Energy by an NPU: Vela's time by a stated power, known of compiled networks alone, marked as an estimate."""

import pytest
from django.db import IntegrityError, transaction

from nas_engine.constraints import find_violation
from nas_engine.cost import cost
from nas_engine.deployment.npu.limits import NpuLimits
from nas_engine.reward import reward
from tests.webapp import energy_models, rows
from tests.webapp.factories import make_baselines
from tests.webapp.npus import CHIP, compiled, estimate_of, npu_model
from webapp import translation
from webapp.energy_predictors import energy_estimate
from webapp.models import EnergyModel, StoredNpuEstimate, Study, Trial
from webapp.queries.energy_estimates import energy_tag, source_of, trials_with_estimates
from webapp.queries.energy_estimates import estimate_of as current_of
from webapp.queries.energy_models import ready_models, title_of, trained_models
from webapp.queries.pages.baselines import baselines_of
from webapp.queries.pages.constraints import limits_in_words
from webapp.services import energy_estimates, trials
from webapp.services.energy_models import create_npu_model, request_model
from webapp.services.errors import Conflict
from webapp.services.npu_estimates import store, stored
from webapp.worker.history import Memory, history_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


def completed_by(model: EnergyModel, **values: object) -> Trial:
    """A trial that was compiled before it was trained."""
    trial = rows.running_trial(rows.running_study(energy_model=model, **values))
    compiled(trial, model.accelerator)
    assert trials.complete(trial_id=trial.pk, worker="worker-a", evaluation=rows.evaluation(), tflite_name=rows.TFLITE)
    trial.refresh_from_db()
    return trial


def test_the_model_of_an_npu_is_ready_at_once_and_needs_a_power_with_its_source() -> None:
    model = npu_model(12.5, name="Doorbell")
    assert (model.state, model.accelerator, model.power_mw) == (EnergyModel.State.READY, CHIP, 12.5)
    assert title_of(model) == "Doorbell, model 1 (estimated: ethos-u55-128 by Vela at 12.5 mW)"
    assert model in ready_models()
    assert model not in trained_models()
    for power_mw, source in ((0.0, "bench"), (5.0, " ")):
        with pytest.raises(Conflict, match="State a power above 0 mW and where it is from"):
            create_npu_model(device_id=model.device_id, accelerator=CHIP, power_mw=power_mw, power_source=source)
    with pytest.raises(Conflict, match="Vela has no accelerator ethos-u99"):
        create_npu_model(device_id=model.device_id, accelerator="ethos-u99", power_mw=1.0, power_source="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        EnergyModel.objects.create(device=model.device, version=2, state="READY", accelerator=CHIP)


def test_equation_1_takes_time_by_power_and_marks_it_as_an_estimate() -> None:
    trial = completed_by(npu_model(40_000.0, name="Doorbell"))
    network = translation.architecture(trial.architecture)
    assert trial.energy_mj == pytest.approx(estimate_of(network).seconds * 40_000.0)
    assert trial.energy_mj > trial.study.energy_threshold_mj
    assert trial.reward == reward(
        trial.int8_accuracy, trial.energy_mj, trial.flash_bytes, translation.reward_parameters(trial.study)
    )
    assert trial.energy_source == source_of(trial.study) == "estimate by Vela, Doorbell, model 1"
    assert energy_tag(trial.energy_source) == "estimate"


def test_before_it_is_compiled_a_network_has_no_energy_and_afterwards_it_has() -> None:
    study = rows.running_study(energy_model=npu_model(40_000.0), enforce_constraints=True, energy_limit_mj=0.001)
    (trial,) = rows.requested_trials(study)
    network = translation.architecture(trial.architecture)
    assert find_violation(cost(network), translation.constraints(study), energy_estimate(study)) is None
    before = translation.penalty(study)(network)
    assert translation.described(network, study).penalty == before
    compiled(trial)
    assert translation.penalty(study)(network) == before  # a suggestion is judged alike, whatever was compiled
    assert translation.described(network, study).penalty > before
    assert limits_in_words(study) == "energy 0.001 mJ"


def test_the_forecast_of_a_stopped_trial_keeps_the_penalty_of_its_energy_on_the_npu() -> None:
    study = rows.running_study(energy_model=npu_model(40_000.0))
    trial = rows.running_trial(study)
    compiled(trial)
    penalty = translation.described(translation.architecture(trial.architecture), study).penalty
    decision = {"epoch": 3, "forecast": 0.4, "stop": True, "low": 0.3, "high": 0.5}
    stopping = {"penalty": penalty, "decisions": [decision]}
    assert trials.stop_early(trial_id=trial.pk, worker="worker-a", stopping=stopping, reason="Stopped.")
    assert history_of(study, Memory()).finished[trial.architecture_id].reward == pytest.approx(0.4)


def test_limits_and_energy_of_one_accelerator_are_checked_on_one_compilation() -> None:
    limits = {"enforce_constraints": True, "npu_time_limit_ms": 0.5, "npu_sram_limit_kb": 64.0, "accelerator": CHIP}
    study = Study(**limits, energy_limit_mj=0.02)
    assert translation.npu_limits(study) == {CHIP: NpuLimits(seconds=5e-4, sram_bytes=64_000.0)}
    study.energy_model = npu_model(15.0)
    whole = NpuLimits(seconds=5e-4, sram_bytes=64_000.0, energy_mj=0.02, power_mw=15.0)
    assert translation.npu_limits(study) == {CHIP: whole}
    study.kind = Study.Kind.FINALS
    assert translation.npu_limits(study) == {CHIP: NpuLimits(power_mw=15.0)}
    assert translation.npu_limits(Study(**limits | {"enforce_constraints": False})) == {}
    assert limits_in_words(Study(**limits)) == "ethos-u55-128 time 0.5 ms, ethos-u55-128 SRAM 64 kB"


def test_a_study_changes_to_an_npu_once_its_networks_are_compiled_and_back() -> None:
    study, model = rows.running_study(trial_budget=6), npu_model(name="Doorbell")
    first, second = rows.completed_trial(study, seed=1), rows.completed_trial(study, seed=2)
    compiled(first)
    with pytest.raises(Conflict) as refused:
        energy_estimates.reestimate(study_id=study.pk, energy_model_id=model.pk)
    assert str(refused.value) == (
        "1 of 2 networks have no energy by Doorbell, model 1. To compile the others: manage.py estimate_npu "
        f"{study.pk} --all --accelerator ethos-u55-128"
    )
    study.refresh_from_db()
    assert study.energy_model is None
    compiled(second)
    done = energy_estimates.reestimate(study_id=study.pk, energy_model_id=model.pk)
    assert done.source == "estimate by Vela, Doorbell, model 1"
    study.refresh_from_db()
    shown = [current_of(trial) for trial in trials_with_estimates(study)]
    assert all(estimate.energy_mj < 0.01 and estimate.tag == "estimate" for estimate in shown)
    energy_estimates.reestimate(study_id=study.pk, energy_model_id=None)
    study.refresh_from_db()
    assert {current_of(trial).energy_mj for trial in trials_with_estimates(study)} == {first.energy_mj}


def test_a_network_with_a_fallback_keeps_its_study_from_changing_to_the_npu() -> None:
    study, model = rows.running_study(), npu_model()
    compiled(rows.completed_trial(study), fallbacks=1)
    with pytest.raises(Conflict, match="In 1 of them operators fall back to the CPU") as refused:
        energy_estimates.reestimate(study_id=study.pk, energy_model_id=model.pk)
    assert "manage.py" not in str(refused.value)


def test_a_trial_that_was_not_compiled_cannot_complete_under_an_npu() -> None:
    trial = rows.running_trial(rows.running_study(energy_model=npu_model()))
    with pytest.raises(energy_estimates.NotCompiled):
        trials.complete(trial_id=trial.pk, worker="worker-a", evaluation=rows.evaluation(), tflite_name=rows.TFLITE)


def test_baselines_that_were_not_compiled_are_not_shown_with_a_study_of_an_npu() -> None:
    model = npu_model()
    trial = completed_by(model)
    baselines = make_baselines(trial.study.dataset)
    known = baselines.trials.order_by("number").first()
    compiled(known)
    energy_estimates.estimate_baselines(dataset_id=trial.study.dataset_id, energy_model=model)
    assert [row.trial_id for row in baselines_of(trial.study.dataset_id, model.pk).completed] == [known.pk]
    assert len(baselines_of(trial.study.dataset_id).completed) == 4


def test_an_estimate_is_stored_once_and_a_reason_stands_for_one() -> None:
    first = rows.requested_trials(rows.running_study())[0]
    assert stored(architecture_hash=first.architecture_id, accelerator=CHIP) is None
    row = compiled(first)
    assert compiled(first, fallbacks=2).pk == row.pk
    assert stored(architecture_hash=first.architecture_id, accelerator=CHIP).fallbacks == 0
    refused = store(architecture_hash=first.architecture_id, accelerator="ethos-u85-256", found="Vela cannot.")
    assert (refused.seconds, refused.reason) == (None, "Vela cannot.")
    with pytest.raises(IntegrityError), transaction.atomic():
        StoredNpuEstimate.objects.create(architecture_id=first.architecture_id, accelerator="ethos-u65-256")


def test_no_model_begins_from_that_of_an_npu() -> None:
    measured, model = energy_models.measured_device(6), npu_model()
    with pytest.raises(Conflict, match="Choose a ready energy model of another device"):
        request_model(device_id=measured.pk, known_id=model.pk)
