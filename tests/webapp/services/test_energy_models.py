"""Versions of energy models: ordered from the runs at hand, trained by exactly one worker, recovered when it dies."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from tests.webapp import rows
from tests.webapp.energy_models import device, measured_device, ready_model
from webapp.models import Campaign, EnergyModel, Run
from webapp.services import energy_estimates, energy_models
from webapp.services.energy_models import TrainingOutcome, table_of
from webapp.services.errors import Conflict
from webapp.services.recovery import reap

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


def test_versions_count_within_the_device_and_keep_the_table_they_are_learnt_from() -> None:
    phone = measured_device(6)
    first = energy_models.request_model(device_id=phone.pk)
    Run.objects.all().delete()
    assert (first.version, first.state) == (1, "TRAINING")
    assert len(table_of(first)) == 6
    assert len(first.runs["digest"]) == 64
    other = measured_device(5)
    assert energy_models.request_model(device_id=other.pk).version == 1


@pytest.mark.parametrize("round_", range(3))
def test_two_orders_at_once_make_two_versions(round_: int) -> None:
    phone = measured_device(5)
    made = rows.at_once(*[partial(energy_models.request_model, device_id=phone.pk)] * 2)
    assert sorted(model.version for model in made) == [1, 2]


def test_too_few_runs_are_told_with_what_is_missing() -> None:
    phone = measured_device(3)
    campaign = Campaign.objects.get(device=phone)
    now = timezone.now()
    Run.objects.create(campaign=campaign, state="READY", computed_at=now, energy_mj=1.0)
    Run.objects.create(campaign=campaign, state="READY", computed_at=now, latency_ms=1.0)
    Run.objects.create(campaign=campaign)
    with pytest.raises(Conflict) as refused:
        energy_models.request_model(device_id=phone.pk)
    message = str(refused.value)
    assert "3 networks are measured" in message
    assert "at least 5" in message
    assert "1 without a network" in message
    assert "1 without an energy" in message
    assert "1 not computed" in message
    assert not EnergyModel.objects.exists()


def test_a_model_begins_from_another_devices_ready_model_only() -> None:
    phone, other = measured_device(5), device()
    known = ready_model(other)
    assert energy_models.request_model(device_id=phone.pk, known_id=known.pk).settings == {"known": known.pk}
    own = ready_model(phone)
    with pytest.raises(Conflict, match="another device"):
        energy_models.request_model(device_id=phone.pk, known_id=own.pk)


def test_exactly_one_worker_trains_and_only_it_may_write_back() -> None:
    ordered = energy_models.request_model(device_id=measured_device(5).pk)
    assert energy_models.claim(model_id=ordered.pk, worker="a")
    assert energy_models.claim(model_id=ordered.pk, worker="b") is None
    outcome = TrainingOutcome("energy-models/" + "0" * 64 + ".npz", {"r2": 0.9})
    assert not energy_models.complete(model_id=ordered.pk, worker="b", outcome=outcome)
    assert energy_models.complete(model_id=ordered.pk, worker="a", outcome=outcome)
    ordered.refresh_from_db()
    assert (ordered.state, ordered.report, ordered.worker) == ("READY", {"r2": 0.9}, "")


def test_a_training_whose_worker_died_is_offered_again_and_given_up_in_the_end() -> None:
    ordered = energy_models.request_model(device_id=measured_device(5).pk)
    for attempt in range(1, 4):
        assert energy_models.claim(model_id=ordered.pk, worker=f"worker-{attempt}")
        long_ago = timezone.now() - timedelta(hours=1)
        EnergyModel.objects.filter(pk=ordered.pk).update(heartbeat_at=long_ago)
        reap()
    ordered.refresh_from_db()
    assert ordered.state == "FAILED"
    assert "died repeatedly" in ordered.reason
    energy_models.train_again(model_id=ordered.pk)
    ordered.refresh_from_db()
    assert (ordered.state, ordered.attempts, ordered.reason) == ("TRAINING", 0, "")


def test_a_model_that_a_study_goes_by_is_not_deleted() -> None:
    model = ready_model(device(name="Watch"))
    study = rows.running_study(name="evening", energy_model=model)
    rows.completed_trial(study)
    with pytest.raises(Conflict, match="Watch, model 1 is used by evening"):
        energy_models.delete_model(model_id=model.pk)
    energy_estimates.reestimate(study_id=study.pk, energy_model_id=None)
    assert energy_models.delete_model(model_id=model.pk) == "Watch, model 1"
    assert study.trials.get().energy_estimates.get().energy_model is None
