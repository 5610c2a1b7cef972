"""The published networks as trials of one study for each dataset."""

from functools import partial

import pytest

from nas_engine.architecture import Architecture
from nas_engine.baselines import NAMES, by_name
from tests.webapp import rows
from webapp.models import Dataset, Event, Study, Trial
from webapp.queries.budget import budget_of, trials_wanted
from webapp.services import datasets, recovery, studies, trials
from webapp.services.baselines import DEFAULT_FULL_EPOCHS, train_baselines
from webapp.services.errors import Conflict

pytestmark = pytest.mark.django_db
SMALL = ["TC-ResNet8", "TC-ResNet14-0.5"]


def labels(study: Study, **states: str) -> list[str]:
    return list(study.trials.filter(**states).order_by("number").values_list("label", flat=True))


def end(trial: Trial, *, worker: str = "worker-a", fail: str = "") -> None:
    """Claim the trial and complete it, or fail it for good."""
    if not fail:
        rows.complete(trial, worker)
        return
    assert trials.claim(trial_id=trial.pk, worker=worker)
    assert trials.fail(trial_id=trial.pk, worker=worker, reason=fail, retry=False)


def test_all_four_are_requested_from_the_cheapest_on_in_a_study_of_their_own():
    dataset = rows.ready_dataset(name="kitchen")
    asked = train_baselines(dataset_id=dataset.pk, names=NAMES)
    study = asked.study
    assert (study.name, study.kind, study.designer) == ("Baselines of kitchen", "baselines", "listed")
    assert (study.state, study.trial_budget, study.full_epochs) == ("RUNNING", 4, DEFAULT_FULL_EPOCHS)
    assert labels(study) == ["TC-ResNet8-1.0", "TC-ResNet14-1.5", "MobileNetV1-1.0", "MobileNetV2-1.0"]
    assert (asked.requested, asked.present) == (tuple(labels(study)), ())
    first = study.trials.get(number=1)
    assert Architecture.from_json(first.architecture.spec) == by_name("TC-ResNet8", classes=3)
    assert trials_wanted(study) == 0


def test_a_network_takes_the_input_of_the_datasets_front_end():
    dataset = rows.ready_dataset(frontend=rows.FRONTEND | {"frames": 98, "mel_bins": 32})
    study = train_baselines(dataset_id=dataset.pk, names=SMALL).study
    stem = Architecture.from_json(study.trials.get(number=1).architecture.spec).stem
    assert stem.input_shape == (98, 1, 32)


def test_when_the_last_has_ended_the_study_is_completed():
    study = train_baselines(dataset_id=rows.ready_dataset().pk, names=SMALL).study
    first, second = study.trials.order_by("number")
    end(first)
    study.refresh_from_db()
    assert study.state == Study.State.RUNNING
    end(second, fail="killed")
    study.refresh_from_db()
    assert (study.state, budget_of(study).is_met) == ("COMPLETED", True)


def test_what_is_trained_or_under_way_is_not_trained_again():
    dataset = rows.ready_dataset()
    study = train_baselines(dataset_id=dataset.pk, names=SMALL).study
    end(study.trials.get(number=1))
    again = train_baselines(dataset_id=dataset.pk, names=[*SMALL, "tcresnet8-1.0"])
    assert (again.requested, set(again.present)) == ((), {"TC-ResNet8-1.0", "TC-ResNet14-0.5"})
    assert study.trials.count() == 2


def test_another_network_makes_a_completed_study_run_again():
    dataset = rows.ready_dataset()
    study = train_baselines(dataset_id=dataset.pk, names=["TC-ResNet8"]).study
    end(study.trials.get())
    asked = train_baselines(dataset_id=dataset.pk, names=["TC-ResNet8", "TC-ResNet8-0.5"])
    assert (asked.requested, asked.present) == (("TC-ResNet8-0.5",), ("TC-ResNet8-1.0",))
    study.refresh_from_db()
    assert (study.state, study.trial_budget, study.finished_at) == ("RUNNING", 2, None)
    waiting = study.trials.get(number=2)
    assert waiting.dispatched_at is not None
    end(waiting)
    study.refresh_from_db()
    assert study.state == Study.State.COMPLETED


def test_a_failed_network_is_tried_again_and_counts_once():
    dataset = rows.ready_dataset()
    study = train_baselines(dataset_id=dataset.pk, names=["TC-ResNet8"]).study
    end(study.trials.get(), fail="killed")
    assert train_baselines(dataset_id=dataset.pk, names=["TC-ResNet8"]).requested == ("TC-ResNet8-1.0",)
    study.refresh_from_db()
    repeated = study.trials.get(number=2)
    assert (study.trial_budget, repeated.retried_from.number, repeated.label) == (1, 1, "TC-ResNet8-1.0")


def test_an_automatic_retry_keeps_the_name():
    dataset = rows.ready_dataset()
    study = train_baselines(dataset_id=dataset.pk, names=["TC-ResNet8"]).study
    trial = study.trials.get()
    assert trials.claim(trial_id=trial.pk, worker="worker-a")
    assert trials.fail(trial_id=trial.pk, worker="worker-a", reason="killed")
    assert labels(study, state="REQUESTED") == ["TC-ResNet8-1.0"]
    assert train_baselines(dataset_id=dataset.pk, names=["TC-ResNet8"]).requested == ()


def test_resuming_a_stopped_study_asks_again_for_what_the_stop_cancelled():
    study = train_baselines(dataset_id=rows.ready_dataset().pk, names=SMALL).study
    end(study.trials.get(number=1))
    assert studies.stop(study_id=study.pk).state == Study.State.STOPPED
    resumed = studies.resume(study_id=study.pk)
    assert (resumed.state, resumed.trial_budget) == ("RUNNING", 2)
    assert labels(study, state="REQUESTED") == ["TC-ResNet8-1.0"]
    end(study.trials.get(number=3))
    study.refresh_from_db()
    assert study.state == Study.State.COMPLETED


def test_a_paused_study_is_not_extended_behind_a_persons_back():
    dataset = rows.ready_dataset()
    study = train_baselines(dataset_id=dataset.pk, names=["TC-ResNet8"]).study
    studies.pause(study_id=study.pk)
    with pytest.raises(Conflict, match="is paused: resume it"):
        train_baselines(dataset_id=dataset.pk, names=SMALL)
    assert train_baselines(dataset_id=dataset.pk, names=["TC-ResNet8"]).present == ("TC-ResNet8-1.0",)


def test_another_training_length_is_refused_unless_all_are_replaced():
    dataset = rows.ready_dataset()
    old = train_baselines(dataset_id=dataset.pk, names=SMALL, full_epochs=8).study
    with pytest.raises(Conflict, match="full length of 8 epochs, not 60"):
        train_baselines(dataset_id=dataset.pk, names=SMALL)
    with pytest.raises(Conflict, match="stop it before you delete it"):
        train_baselines(dataset_id=dataset.pk, names=SMALL, replace=True)
    assert Study.objects.get() == old
    for trial in old.trials.all():
        end(trial)
    new = train_baselines(dataset_id=dataset.pk, names=["TC-ResNet8"], replace=True).study
    assert Study.objects.get() == new != old
    assert (new.name, new.full_epochs, labels(new)) == (old.name, 60, ["TC-ResNet8-1.0"])


@pytest.mark.parametrize(
    ("wish", "complaint"),
    [
        ({"names": ["ResNet50"]}, "no baseline 'ResNet50'; known are MobileNetV1"),
        ({"names": ["TC-ResNet8-9"]}, "between 0.1 and 2, not 9"),
        ({"names": []}, "at least one"),
        ({"names": SMALL, "full_epochs": 0}, "Full training length: must be 1 to 1,000 epochs"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_and_makes_nothing(wish, complaint):
    with pytest.raises(Conflict, match=complaint):
        train_baselines(dataset_id=rows.ready_dataset().pk, **wish)
    assert not Study.objects.exists()


def test_a_dataset_must_be_ready():
    dataset = Dataset.objects.create(name="slow")
    with pytest.raises(Conflict, match="slow is preparing: wait"):
        train_baselines(dataset_id=dataset.pk, names=SMALL)


def test_a_search_that_took_the_name_is_no_obstacle():
    dataset = rows.ready_dataset(name="kitchen")
    rows.draft_study(name="Baselines of kitchen")
    assert train_baselines(dataset_id=dataset.pk, names=SMALL).study.name == "Baselines of kitchen 2"


def test_baselines_are_neither_cloned_nor_given_a_greater_budget():
    study = train_baselines(dataset_id=rows.ready_dataset().pk, names=SMALL).study
    with pytest.raises(Conflict, match="trains a given list"):
        studies.clone(study_id=study.pk, owner=None)
    with pytest.raises(Conflict, match="trains a given list"):
        studies.extend_budget(study_id=study.pk, additional_trials=1)


def test_a_dataset_keeps_its_baselines_until_they_are_deleted():
    dataset = rows.ready_dataset()
    study = train_baselines(dataset_id=dataset.pk, names=["TC-ResNet8"]).study
    end(study.trials.get())
    with pytest.raises(Conflict, match="is used by Baselines of"):
        datasets.delete(dataset_id=dataset.pk)
    studies.delete(study_id=study.pk)
    datasets.delete(dataset_id=dataset.pk)
    assert not Dataset.objects.exists()


def test_the_reaper_never_asks_for_suggestions():
    study = train_baselines(dataset_id=rows.ready_dataset().pk, names=SMALL).study
    recovered = recovery.reap()
    assert (recovered.requested_suggestions, recovered.ended_studies) == (0, 0)
    study.refresh_from_db()
    assert study.state == Study.State.RUNNING


@pytest.mark.usefixtures("broker")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", range(5))
def test_of_two_who_ask_at_once_one_creates_and_the_other_finds(round_):
    dataset = rows.ready_dataset()
    ask = partial(train_baselines, dataset_id=dataset.pk)
    results = rows.at_once(*(partial(ask, names=names) for names in (SMALL, SMALL, ["TC-ResNet8", "MobileNetV1-0.25"])))
    assert not [result for result in results if isinstance(result, Exception)]
    study = Study.objects.get(kind="baselines")
    assert sorted(labels(study)) == ["MobileNetV1-0.25", "TC-ResNet14-0.5", "TC-ResNet8-1.0"]
    assert study.trial_budget == 3
    assert Event.objects.filter(study=study, message="Created.").count() == 1


@pytest.mark.usefixtures("broker")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", range(5))
def test_a_network_asked_for_while_the_last_one_ends_is_trained(round_):
    dataset = rows.ready_dataset()
    study = train_baselines(dataset_id=dataset.pk, names=["TC-ResNet8"]).study
    trial = study.trials.get()
    assert trials.claim(trial_id=trial.pk, worker="worker-a")
    finish = partial(trials.complete, trial_id=trial.pk, worker="worker-a", tflite_name=rows.TFLITE)
    rows.at_once(
        partial(finish, evaluation=rows.evaluation()), partial(train_baselines, dataset_id=dataset.pk, names=SMALL)
    )
    study.refresh_from_db()
    assert (study.state, study.trial_budget) == ("RUNNING", 2)
    assert labels(study, state="REQUESTED") == ["TC-ResNet14-0.5"]
