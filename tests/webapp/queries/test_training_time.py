"""How long networks of very different size take."""

from datetime import timedelta

import pytest
from django.utils import timezone

from nas_engine.baselines import by_name
from nas_engine.cost import cost
from nas_engine.trial_plan import rule_seconds
from tests.webapp.factories import make_baselines, make_dataset, make_study
from webapp.models import Study, Trial
from webapp.queries.pages.baselines import training_estimate
from webapp.queries.pages.estimates import estimate
from webapp.queries.pages.progress import progress

CLIPS = 180  # of the train split of factories.make_dataset


def rule(name: str, full_epochs: int = 60) -> float:
    return rule_seconds(flops=cost(by_name(name)).flops, full_epochs=full_epochs, clips=CLIPS)


@pytest.mark.django_db
def test_earlier_trials_of_any_size_tell_how_long_the_four_take() -> None:
    dataset = make_dataset()
    assert training_estimate(dataset, 60).seconds["MobileNetV2"] == pytest.approx(rule("MobileNetV2"))
    study = make_baselines(dataset, names=["TC-ResNet8"])
    slow = study.trials.get()
    Trial.objects.filter(pk=slow.pk).update(started_at=slow.finished_at - timedelta(seconds=3 * rule("TC-ResNet8")))
    found = training_estimate(dataset, 30)
    assert found.trials_seen == 1
    assert found.seconds["MobileNetV2"] == pytest.approx(3 * rule("MobileNetV2", 30), rel=1e-6)


@pytest.mark.django_db
def test_baselines_say_nothing_of_how_long_a_search_takes() -> None:
    dataset = make_dataset()
    make_baselines(dataset)
    assert estimate(dataset.pk, trial_budget=4, full_epochs=8) is None
    make_study(dataset=dataset, completed=2)
    found = estimate(dataset.pk, trial_budget=4, full_epochs=8)
    assert found is not None
    assert found.trials_seen == 2


@pytest.mark.django_db
def test_time_left_of_a_list_follows_from_what_each_network_costs() -> None:
    study = make_baselines(make_dataset(), names=["TC-ResNet8", "MobileNetV2"], completed=1)
    done, waiting = study.trials.order_by("number")
    Trial.objects.filter(pk=done.pk).update(started_at=done.finished_at - timedelta(seconds=2 * rule("TC-ResNet8")))
    now = timezone.now()
    left = progress(study, now).seconds_left
    assert left == pytest.approx(2 * rule("MobileNetV2"), rel=1e-6)
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
    # Half of the float epochs, 85 % of a trial's time, took 850 s: 2000 s in all.
    assert progress(Study.objects.get(), now).seconds_left == pytest.approx(1150, rel=1e-6)


@pytest.mark.django_db
def test_before_anything_tells_the_pace_the_time_left_is_unknown() -> None:
    study = make_baselines(make_dataset(), names=["TC-ResNet8"], completed=0)
    assert progress(study).seconds_left is None
