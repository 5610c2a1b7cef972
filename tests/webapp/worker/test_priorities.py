"""A trainer takes the waiting trials of the study of the highest priority first."""

import pytest
from django.db import connection

from tests.webapp import packs, rows
from webapp.models import Dataset, Study, Trial
from webapp.services import trials
from webapp.services.priorities import claim_most_urgent, most_urgent
from webapp.services.steering import change_priority
from webapp.worker import evaluating

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dataset(broker: None) -> Dataset:
    return packs.dataset_with_features()


def study_of(dataset: Dataset, priority: Study.Priority, waiting: int) -> tuple[Study, list[Trial]]:
    study = rows.running_study(dataset=dataset, priority=priority)
    return study, rows.requested_trials(study, waiting)


def messages() -> int:
    """How many messages wait in the trainers' queue."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pgmq.q_training")
        return int(cursor.fetchone()[0])


def test_an_offered_trial_waits_for_more_urgent_ones_and_is_offered_again(worker, dataset):
    _, (usual, _) = study_of(dataset, Study.Priority.NORMAL, 2)
    _, urgent = study_of(dataset, Study.Priority.HIGH, 2)
    _, (later,) = study_of(dataset, Study.Priority.LOW, 1)
    before = messages()
    for trial in urgent:
        evaluating.evaluate(usual.pk, worker)
        trial.refresh_from_db()
        usual.refresh_from_db()
        assert (trial.state, usual.state) == (Trial.State.COMPLETED, Trial.State.REQUESTED)
    assert messages() == before + 2
    evaluating.evaluate(urgent[0].pk, worker)
    evaluating.evaluate(usual.pk, worker)
    usual.refresh_from_db()
    later.refresh_from_db()
    assert (usual.state, later.state) == (Trial.State.COMPLETED, Trial.State.REQUESTED)


def test_equal_priorities_take_what_was_offered(dataset):
    _, first = study_of(dataset, Study.Priority.NORMAL, 1)
    _, second = study_of(dataset, Study.Priority.NORMAL, 1)
    assert most_urgent(second[0].pk) == second[0].pk
    assert most_urgent(first[0].pk) == first[0].pk
    assert most_urgent(-1) == -1


def test_what_another_worker_takes_meanwhile_is_passed_over(dataset, monkeypatch):
    study, urgent = study_of(dataset, Study.Priority.HIGH, 2)
    _, (usual,) = study_of(dataset, Study.Priority.NORMAL, 1)
    claim = trials.claim

    def after_another(*, trial_id: int, worker: str):
        if trial_id == urgent[0].pk:
            claim(trial_id=trial_id, worker="faster")
        return claim(trial_id=trial_id, worker=worker)

    monkeypatch.setattr(trials, "claim", after_another)
    claimed = claim_most_urgent(trial_id=usual.pk, worker="slower")
    assert claimed is not None
    assert claimed.trial_id == urgent[1].pk
    Study.objects.filter(pk=study.pk).update(state=Study.State.PAUSED)
    claimed = claim_most_urgent(trial_id=usual.pk, worker="slower")
    assert claimed is not None
    assert claimed.trial_id == usual.pk


def test_a_change_of_priority_is_recorded_once(dataset):
    study, _ = study_of(dataset, Study.Priority.NORMAL, 1)
    for _ in range(2):
        change_priority(study_id=study.pk, priority=Study.Priority.HIGH)
    study.refresh_from_db()
    assert study.priority == Study.Priority.HIGH
    assert [event.message for event in study.events.all() if "Priority" in event.message] == ["Priority: high."]
