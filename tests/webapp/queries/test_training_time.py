"""How long networks of very different size take."""

from datetime import timedelta

import pytest
from django.utils import timezone

from nas_engine.baselines import by_name
from nas_engine.cost import cost
from nas_engine.trial_plan import TrialTime, rule_time
from tests.webapp.factories import make_baselines, make_dataset, make_study, stopped_early
from webapp.models import Study, Trial
from webapp.queries.pages.baselines import training_estimate
from webapp.queries.pages.estimates import estimate
from webapp.queries.pages.progress import progress

CLIPS = 180  # of the train split of factories.make_dataset


def rule(name: str, full_epochs: int = 60) -> TrialTime:
    return rule_time(flops=cost(by_name(name)).flops, full_epochs=full_epochs, clips=CLIPS)


def ended(trial: Trial, seconds: float, **phases: float) -> None:
    """Have `trial` taken so long, in these phases."""
    start = trial.finished_at - timedelta(seconds=seconds)
    Trial.objects.filter(pk=trial.pk).update(started_at=start, seconds=phases)


@pytest.mark.django_db
def test_earlier_trials_of_any_size_tell_how_long_the_four_take() -> None:
    dataset = make_dataset()
    assert training_estimate(dataset, 60).seconds["MobileNetV2"] == pytest.approx(rule("MobileNetV2").total)
    study = make_baselines(dataset, names=["TC-ResNet8"])
    small = rule("TC-ResNet8")
    ended(study.trials.get(), 3 * small.total)
    found = training_estimate(dataset, 30)
    assert found.trials_seen == 1
    assert found.seconds["MobileNetV2"] == pytest.approx(3 * rule("MobileNetV2", 30).total, rel=1e-6)
    ended(study.trials.get(), small.total + small.training, float=2 * small.float_training, qat=2 * small.qat)
    large = rule("MobileNetV2", 30)
    found = training_estimate(dataset, 30)
    assert found.seconds["MobileNetV2"] == pytest.approx(large.fixed + 2 * large.training, rel=1e-6)


@pytest.mark.django_db
def test_baselines_say_nothing_of_how_long_a_search_takes() -> None:
    dataset = make_dataset()
    make_baselines(dataset)
    assert estimate(dataset.pk, trial_budget=4, full_epochs=8, qat_epochs=4) is None
    make_study(dataset=dataset, completed=2)
    found = estimate(dataset.pk, trial_budget=4, full_epochs=8, qat_epochs=4)
    assert found is not None
    assert found.trials_seen == 2


@pytest.mark.django_db
def test_a_forecast_scales_training_with_epochs_and_nothing_else() -> None:
    study = make_study(completed=1, full_epochs=8, qat_epochs=4)
    phases = {"build": 2.0, "float": 6.0, "float_trace": 12.0, "quantise": 3.0, "qat": 2.0, "qat_trace": 9.0}
    ended(study.trials.get(), 40.0, **phases)
    same = estimate(study.dataset_id, trial_budget=10, full_epochs=8, qat_epochs=4)
    long = estimate(study.dataset_id, trial_budget=10, full_epochs=80, qat_epochs=8)
    assert same is not None
    assert long is not None
    assert same.seconds_per_trial == pytest.approx(40.0)
    assert long.seconds_per_trial == pytest.approx(32.0 + 10 * 6.0 + 2 * 2.0)  # and not 10 x 40
    assert long.seconds == pytest.approx(10 * long.seconds_per_trial)


@pytest.mark.django_db
def test_time_left_counts_what_early_stopping_saves() -> None:
    study = make_study(completed=2, waiting=2, early_stopping="tsgp")
    full, short = study.trials.filter(state="COMPLETED").order_by("number")
    ended(full, 40.0)
    ended(short, 20.0)
    stopped_early(short)
    assert progress(study).seconds_left == pytest.approx(2 * 30.0)


@pytest.mark.django_db
def test_time_left_of_a_list_follows_from_what_each_network_costs() -> None:
    study = make_baselines(make_dataset(), names=["TC-ResNet8", "MobileNetV2"], completed=1)
    done, waiting = study.trials.order_by("number")
    ended(done, 2 * rule("TC-ResNet8").total)
    now = timezone.now()
    left = progress(study, now).seconds_left
    large = rule("MobileNetV2")
    assert left == pytest.approx(2 * large.total, rel=1e-6)
    Study.objects.filter(pk=study.pk).update(state="RUNNING")
    Trial.objects.filter(pk=waiting.pk).update(
        state="RUNNING",
        worker="w",
        heartbeat_at=now,
        started_at=now - timedelta(seconds=850),
        phase="float",
        epoch=20,
        epochs=40,
    )
    share_done = (0.33 * large.fixed + large.float_training / 2) / large.total
    left = progress(Study.objects.get(), now).seconds_left
    assert left == pytest.approx(850 / share_done - 850, rel=1e-6)


@pytest.mark.django_db
def test_a_list_whose_first_network_trains_has_a_time_left_that_counts_the_tracing_once() -> None:
    study = make_baselines(make_dataset(), names=["TC-ResNet8"], completed=0)
    now, small = timezone.now(), rule("TC-ResNet8")
    begun = small.scaled(fixed=0.33, float_training=1 / 45, qat=0.0).total
    running = {"state": "RUNNING", "worker": "w", "heartbeat_at": now, "phase": "float", "epoch": 1, "epochs": 45}
    study.trials.update(**running, started_at=now - timedelta(seconds=begun))
    assert progress(study, now).seconds_left == pytest.approx(small.total - begun, rel=1e-6)


@pytest.mark.django_db
def test_before_anything_tells_the_pace_the_time_left_is_unknown() -> None:
    study = make_baselines(make_dataset(), names=["TC-ResNet8"], completed=0)
    assert progress(study).seconds_left is None
