"""Repetitions of completed trials, in a study of their own."""

import pytest
from django.core.files.storage import default_storage

from tests.webapp import rows
from tests.webapp.factories import make_study, make_user
from webapp.models import ArtifactChunk, Dataset, Event, Study, Trial
from webapp.queries.budget import budget_of
from webapp.services import artifacts, datasets, studies, trials
from webapp.services.baselines import train_baselines
from webapp.services.errors import Conflict
from webapp.services.reproduction import reproduce
from webapp.storage import save_by_hash

pytestmark = pytest.mark.django_db
FEATURES = "0" * 64  # of the pack of `rows.ready_dataset`


def completed(study: Study, **values) -> Trial:
    trial = rows.completed_trial(study, **values)
    Trial.objects.filter(pk=trial.pk).update(environment=trial.environment | {"features": FEATURES})
    trial.refresh_from_db()
    return trial


@pytest.fixture
def study() -> Study:
    return rows.running_study(
        name="kitchen search",
        full_epochs=12,
        batch_size=32,
        seed=5,
        early_stopping="tsgp",
        trial_budget=3,
        enforce_constraints=True,
        flash_limit_kb=900,
    )


def fail(trial: Trial, *, retry: bool = False) -> None:
    assert trials.claim(trial_id=trial.pk, worker="worker-a")
    assert trials.fail(trial_id=trial.pk, worker="worker-a", reason="killed", retry=retry)


def test_a_repetition_has_the_seed_network_and_settings_of_its_original(study):
    original = completed(study)
    Study.objects.filter(pk=study.pk).update(trial_share=0.5)
    repetition = reproduce(trial_id=original.pk)
    container = repetition.study
    assert (repetition.reproduces, repetition.seed, repetition.label) == (original, original.seed, "trial 1 again")
    assert (repetition.architecture_id, repetition.state) == (original.architecture_id, "REQUESTED")
    assert (container.kind, container.parent, container.name) == (
        "repetitions",
        study,
        "Repetitions of kitchen search",
    )
    assert (container.designer, container.early_stopping, container.state) == ("listed", "none", "RUNNING")
    copied = (
        "dataset_id",
        "full_epochs",
        "qat_epochs",
        "batch_size",
        "seed",
        "runtime",
        "flash_limit_kb",
        "space_spec",
    )
    assert [getattr(container, name) for name in copied] == [getattr(study, name) for name in copied]
    assert (container.trial_share, container.space_spec) == (0.5, study.space_spec)
    claim = trials.claim(trial_id=repetition.pk, worker="worker-b")
    assert claim is not None
    assert (claim.settings.seed, claim.settings.trial_share, claim.settings.full_epochs) == (original.seed, 0.5, 12)


def test_the_budget_and_the_trials_of_the_search_are_left_alone(study):
    original = completed(study)
    before = budget_of(study)
    repetition = reproduce(trial_id=original.pk)
    rows.complete(repetition)
    study.refresh_from_db()
    assert (budget_of(study), study.trials.count(), study.state) == (before, 1, "RUNNING")
    container = Study.objects.get(kind="repetitions")
    assert (container.state, budget_of(container).is_met) == ("COMPLETED", True)


def test_repetitions_of_one_study_share_a_study_which_runs_again(study):
    first, second = completed(study, seed=1), completed(study, seed=2)
    rows.complete(reproduce(trial_id=first.pk))
    again = reproduce(trial_id=second.pk)
    third = reproduce(trial_id=first.pk)
    container = Study.objects.get(kind="repetitions")
    assert list(container.trials.order_by("number").values_list("label", flat=True)) == [
        "trial 1 again",
        "trial 2 again",
        "trial 1 again (2)",
    ]
    assert (again.number, third.number) == (2, 3)
    assert (container.state, container.trial_budget) == ("RUNNING", 3)


def test_who_requested_it_stands_in_the_events_of_both(study):
    ada, original = make_user(), completed(study)
    repetition = reproduce(trial_id=original.pk, actor=ada)
    note = Event.objects.filter(trial=original).latest("pk")
    assert (note.actor, note.message) == (ada, "To be reproduced, as trial 1 of Repetitions of kitchen search.")
    assert (note.old_state, note.new_state) == ("COMPLETED", "COMPLETED")
    assert Event.objects.get(trial=repetition).actor == ada


def test_while_a_repetition_is_open_there_is_no_second_one(study):
    original = completed(study)
    repetition = reproduce(trial_id=original.pk)
    with pytest.raises(Conflict, match="being reproduced already, as trial 1 of Repetitions of kitchen search"):
        reproduce(trial_id=original.pk)
    assert trials.claim(trial_id=repetition.pk, worker="worker-a")
    with pytest.raises(Conflict, match=r"\(running\): wait until it has ended"):
        reproduce(trial_id=original.pk)
    assert Trial.objects.filter(reproduces=original).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_browsers_at_once_make_one_repetition(broker, study):
    original = completed(study)
    results = rows.at_once(*[lambda: reproduce(trial_id=original.pk)] * 3)
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Conflict", "Trial"]
    assert Trial.objects.filter(reproduces=original).count() == 1


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("STOPPED", "is stopped early and cannot be reproduced: its training ended early"),
        ("FAILED", "is failed and cannot be reproduced: it has no result to compare with"),
        ("INFEASIBLE", "is infeasible and cannot be reproduced: it was not trained"),
        ("CANCELLED", "is cancelled and cannot be reproduced: it was not trained. Resume its study"),
        ("RUNNING", "is running and cannot be reproduced: wait until it is completed"),
    ],
)
def test_a_trial_without_a_result_cannot_be_reproduced(study, state, message):
    original = completed(study)
    Trial.objects.filter(pk=original.pk).update(state=state, reason="because")
    with pytest.raises(Conflict, match=message):
        reproduce(trial_id=original.pk)
    assert not Study.objects.filter(kind="repetitions").exists()


def test_a_trial_that_violates_constraints_cannot_be_reproduced():
    study = make_study(completed=1, refused=1, enforce_constraints=True, flash_limit_kb=60)
    with pytest.raises(Conflict, match="is constraint violated and cannot be reproduced"):
        reproduce(trial_id=study.trials.get(number=2).pk)


def test_a_repetition_is_not_itself_reproduced(study):
    repetition = reproduce(trial_id=completed(study).pk)
    rows.complete(repetition)
    with pytest.raises(Conflict, match="is itself a repetition: reproduce the trial that it repeats"):
        reproduce(trial_id=repetition.pk)


def test_a_trial_of_other_features_cannot_be_reproduced(study):
    original = completed(study)
    Dataset.objects.filter(pk=study.dataset_id).update(pack="packs/" + "f" * 64 + ".pack")
    with pytest.raises(Conflict, match=r"other features than .* has now \(000000000000, now ffffffffffff\)"):
        reproduce(trial_id=original.pk)


def test_a_dataset_that_is_prepared_again_has_to_be_ready_first(study):
    original = completed(study)
    Dataset.objects.filter(pk=study.dataset_id).update(state="PREPARING")
    with pytest.raises(Conflict, match="wait until it is ready"):
        reproduce(trial_id=original.pk)


def test_a_trial_that_was_deleted_is_named_so():
    with pytest.raises(Conflict, match="it was deleted"):
        reproduce(trial_id=999)


def test_a_paused_study_of_repetitions_is_resumed_first(study):
    first, second = completed(study, seed=1), completed(study, seed=2)
    container = reproduce(trial_id=first.pk).study
    studies.pause(study_id=container.pk)
    with pytest.raises(Conflict, match="is paused: resume it before you request more"):
        reproduce(trial_id=second.pk)


def test_a_retry_repeats_the_same_original(study):
    original = completed(study)
    repetition = reproduce(trial_id=original.pk)
    fail(repetition, retry=True)
    repetition.refresh_from_db()
    assert (repetition.retry.reproduces, repetition.retry.seed) == (original, original.seed)
    fail(repetition.retry)
    third = reproduce(trial_id=original.pk)
    assert (third.retried_from, third.reproduces, third.label) == (repetition.retry, original, "trial 1 again")


def test_a_repetition_that_was_cancelled_is_requested_again_when_its_study_is_resumed(study):
    original = completed(study)
    container = reproduce(trial_id=original.pk).study
    studies.stop(study_id=container.pk)
    studies.resume(study_id=container.pk)
    again = container.trials.get(state="REQUESTED")
    assert (again.reproduces, again.seed) == (original, original.seed)


def test_baselines_are_reproduced_too():
    baselines = train_baselines(dataset_id=rows.ready_dataset().pk, names=["TC-ResNet8"]).study
    original = baselines.trials.get()
    rows.complete(original)
    repetition = reproduce(trial_id=original.pk)
    assert (repetition.label, repetition.study.parent, repetition.seed) == ("trial 1 again", baselines, original.seed)


def test_a_study_is_deleted_with_its_repetitions_and_their_files(study, monkeypatch):
    monkeypatch.setattr(studies, "GRACE_AFTER_DELETE", -artifacts.GRACE)
    original = completed(study)
    repetition = reproduce(trial_id=original.pk)
    assert trials.claim(trial_id=repetition.pk, worker="worker-a")
    name = save_by_hash(default_storage, "tflite", b"another network", ".tflite")
    studies.stop(study_id=study.pk)
    with pytest.raises(Conflict, match="Repetitions of kitchen search has running trials: stop it"):
        studies.delete(study_id=study.pk)
    assert trials.complete(trial_id=repetition.pk, worker="worker-a", evaluation=rows.evaluation(), tflite_name=name)
    studies.delete(study_id=study.pk)
    assert not Study.objects.exists()
    assert not Trial.objects.exists()
    assert not ArtifactChunk.objects.filter(name=name).exists()


def test_a_waiting_repetition_goes_with_its_study(study):
    reproduce(trial_id=completed(study).pk)
    studies.stop(study_id=study.pk)
    studies.delete(study_id=study.pk)
    assert not Trial.objects.exists()


def test_a_study_of_repetitions_can_be_deleted_alone_and_is_neither_cloned_nor_extended(study):
    original = completed(study)
    repetition = reproduce(trial_id=original.pk)
    container = repetition.study
    with pytest.raises(Conflict, match="request more of them on the trials' pages"):
        studies.clone(study_id=container.pk, owner=None)
    with pytest.raises(Conflict, match="request more of them on the trials' pages"):
        studies.extend_budget(study_id=container.pk, additional_trials=1)
    rows.complete(repetition)
    studies.delete(study_id=container.pk)
    assert list(Trial.objects.all()) == [original]


def test_a_dataset_names_the_searches_that_keep_it_and_no_repetitions(study):
    reproduce(trial_id=completed(study).pk)
    with pytest.raises(Conflict, match="is used by kitchen search: delete"):
        datasets.delete(dataset_id=study.dataset_id)
