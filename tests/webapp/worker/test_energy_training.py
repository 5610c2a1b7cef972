"""A version of an energy model trained in a worker, for real."""

import pytest

from nas_engine.cost import cost
from tests.webapp.energy_models import data_worker, device, measured_device, ready_model, sampled, true_energy_mj
from webapp.energy_predictors import predictor
from webapp.models import EnergyModel, Run, StoredArchitecture
from webapp.services.energy_models import request_model
from webapp.worker import energy_training

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


def test_a_trained_model_predicts_networks_like_those_it_was_learnt_from() -> None:
    ordered = request_model(device_id=measured_device(24, times=2.0, name="Pixel").pk)
    energy_training.run(ordered.pk, data_worker())
    model = EnergyModel.objects.select_related("device").get(pk=ordered.pk)
    assert (model.state, model.reason, model.worker) == ("READY", "", "")
    assert (model.report["runs"], model.report["networks"]) == (24, 24)
    assert model.report["noise_mj"] == pytest.approx(0.02)
    assert len(model.report["held_back"]) == 24
    assert model.trained_at is not None
    (unseen,) = sampled(1, seed=99)
    estimate = predictor(model).estimate(cost(unseen))
    assert estimate.source == "Pixel, model 1"
    assert estimate.energy_mj == pytest.approx(true_energy_mj(unseen, 2.0), rel=0.25)
    assert estimate.low_mj is not None
    assert estimate.low_mj < estimate.energy_mj < estimate.high_mj


def test_runs_of_one_network_tell_how_far_measurements_scatter() -> None:
    phone = measured_device(5)
    for again in list(Run.objects.filter(campaign__device=phone)):
        again.pk, again.energy_mj = None, again.energy_mj + 0.1
        again.save()
    ordered = request_model(device_id=phone.pk)
    energy_training.run(ordered.pk, data_worker())
    assert EnergyModel.objects.get(pk=ordered.pk).report["noise_mj"] == pytest.approx(0.1 / 2**0.5)


def test_a_model_may_begin_from_another_devices() -> None:
    known = ready_model(device())
    ordered = request_model(device_id=measured_device(8).pk, known_id=known.pk)
    energy_training.run(ordered.pk, data_worker())
    assert EnergyModel.objects.get(pk=ordered.pk).state == "READY"


def test_what_cannot_be_learnt_from_fails_with_a_reason() -> None:
    ordered = request_model(device_id=measured_device(6).pk)
    EnergyModel.objects.filter(pk=ordered.pk).update(runs={"table": ordered.runs["table"][:2]})
    energy_training.run(ordered.pk, data_worker())
    failed = EnergyModel.objects.get(pk=ordered.pk)
    assert failed.state == "FAILED"
    assert "at least 5" in failed.reason


def test_a_network_that_no_row_holds_any_more_fails_and_leaves_the_worker_alive() -> None:
    ordered = request_model(device_id=measured_device(6).pk)
    table = [[*row[:1], "f" * 64, *row[2:]] for row in ordered.runs["table"]]
    EnergyModel.objects.filter(pk=ordered.pk).update(runs={"table": table})
    energy_training.run(ordered.pk, data_worker())
    failed = EnergyModel.objects.get(pk=ordered.pk)
    assert failed.state == "FAILED"
    assert "KeyError" in failed.reason
    assert StoredArchitecture.objects.exists()


def test_a_worker_that_is_shut_down_leaves_the_training_to_another() -> None:
    ordered = request_model(device_id=measured_device(6).pk)
    ending = data_worker()
    ending.stopping.set()
    energy_training.run(ordered.pk, ending)
    waiting = EnergyModel.objects.get(pk=ordered.pk)
    assert (waiting.state, waiting.worker, waiting.attempts) == ("TRAINING", "", 0)
