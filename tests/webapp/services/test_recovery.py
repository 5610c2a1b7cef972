"""What the reaper mends."""

import os
import subprocess
import sys
from datetime import timedelta

import psutil
import pytest
from django.conf import settings
from django.utils import timezone

from tests.webapp import rows
from webapp.models import Dataset, Study, Trial, Worker
from webapp.queries.budget import live_workers
from webapp.services import datasets, preparation, studies, trials, workers
from webapp.services.jobs import MOST_ATTEMPTS
from webapp.services.recovery import reap

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(hours=1)


def silence(trial: Trial) -> None:
    Trial.objects.filter(pk=trial.pk).update(heartbeat_at=timezone.now() - LONG_AGO)


def live_trainer(name: str = "trainer") -> None:
    workers.record_heartbeat(name=name, role=Worker.Role.TRAINING)


def dead_process() -> psutil.Process:
    """A process that has been, and is no more."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        process = psutil.Process(child.pid)
        process.create_time()  # remembered by psutil
        child.kill()
    return process


def test_a_silent_trial_fails_with_the_reason_and_is_retried():
    trial = rows.running_trial(rows.running_study(), "worker-a")
    silence(trial)
    assert reap().failed_trials == 1
    trial.refresh_from_db()
    assert trial.state == Trial.State.FAILED
    assert trial.reason.startswith("No heartbeat from worker-a for 36")
    assert Trial.objects.get(retried_from=trial).state == Trial.State.REQUESTED


def test_a_trial_with_a_fresh_heartbeat_is_left_alone():
    trial = rows.running_trial(rows.running_study())
    reap()
    trial.refresh_from_db()
    assert trial.state == Trial.State.RUNNING


def test_silence_is_not_judged_after_an_outage_of_the_database():
    trial = rows.running_trial(rows.running_study())
    silence(trial)
    assert reap(judge_silence=False).failed_trials == 0


def test_a_dead_process_of_this_machine_loses_its_trial_at_once():
    process = dead_process()
    Worker.objects.create(
        name="gone",
        role=Worker.Role.TRAINING,
        machine=workers.machine_name(),
        pid=process.pid,
        process_started=process.create_time(),
        seen_at=timezone.now(),
    )
    trial = rows.running_trial(rows.running_study(), "gone")
    assert reap(judge_silence=False).failed_trials == 1
    trial.refresh_from_db()
    assert trial.reason == "The worker gone ended unexpectedly."
    assert not Worker.objects.filter(name="gone").exists()


def test_another_process_with_the_pid_of_a_dead_one_does_not_pass_for_it():
    Worker.objects.create(
        name="gone",
        role=Worker.Role.TRAINING,
        machine=workers.machine_name(),
        pid=os.getpid(),
        process_started=psutil.Process().create_time() - 100,
        seen_at=timezone.now(),
    )
    assert workers.dead_workers_of_this_machine() == ["gone"]


def test_a_worker_that_was_killed_is_not_counted_beside_its_successor():
    """Else its study would have trials requested that nobody is there to train, and another search would follow."""
    for name in ("training-1@here#0", "training-2@here#0", "training-1@here#1"):
        live_trainer(name)
        live_trainer(name)
    assert live_workers(Worker.Role.TRAINING) == 2
    assert Worker.objects.count() == 3


def test_workers_of_other_machines_are_judged_by_their_silence_alone():
    live_trainer("elsewhere")
    Worker.objects.update(machine="another host", pid=dead_process().pid)
    trial = rows.running_trial(rows.running_study(), "elsewhere")
    assert reap().failed_trials == 0
    trial.refresh_from_db()
    assert trial.state == Trial.State.RUNNING


def test_a_lost_message_is_sent_again_when_a_trainer_is_idle(django_capture_on_commit_callbacks):
    study = rows.running_study()
    trial = rows.requested_trials(study)[0]
    Trial.objects.update(dispatched_at=timezone.now() - LONG_AGO)
    assert reap().resent_trials == 0  # nobody could take it
    live_trainer()
    with django_capture_on_commit_callbacks() as callbacks:
        assert reap().resent_trials == 1
    assert len(callbacks) >= 1
    trial.refresh_from_db()
    assert timezone.now() - trial.dispatched_at < timedelta(minutes=1)
    assert reap().resent_trials == 0


def test_trials_of_a_paused_study_are_not_sent_again():
    study = rows.running_study()
    rows.requested_trials(study)
    studies.pause(study_id=study.pk)
    Trial.objects.update(dispatched_at=timezone.now() - LONG_AGO)
    live_trainer()
    assert reap().resent_trials == 0


def test_a_study_short_of_trials_is_suggested_for_again_but_not_every_second():
    rows.running_study()
    assert reap().requested_suggestions == 1
    assert reap().requested_suggestions == 0


def test_a_stopping_study_whose_worker_died_ends():
    study = rows.running_study()
    trial = rows.running_trial(study)
    studies.stop(study_id=study.pk)
    silence(trial)
    reap()
    study.refresh_from_db()
    assert study.state == Study.State.STOPPED
    assert not Trial.objects.filter(retried_from=trial).exists()


def test_a_study_whose_end_was_missed_is_completed():
    study = rows.running_study(trial_budget=2)
    rows.completed_trial(study)
    Study.objects.filter(pk=study.pk).update(trial_budget=1)
    assert reap().ended_studies == 1
    study.refresh_from_db()
    assert study.state == Study.State.COMPLETED


def test_a_dataset_whose_worker_died_is_offered_again_and_then_given_up():
    dataset = datasets.create_synthetic(name="made", seed=1)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        assert preparation.claim(dataset_id=dataset.pk, worker=f"worker-{attempt}") is not None
        assert preparation.claim(dataset_id=dataset.pk, worker="another") is None
        Dataset.objects.update(heartbeat_at=timezone.now() - LONG_AGO)
        recovered = reap()
        assert (recovered.resent_datasets, recovered.failed_datasets) == ((1, 0) if attempt < MOST_ATTEMPTS else (0, 1))
    dataset.refresh_from_db()
    assert dataset.state == Dataset.State.FAILED
    assert "Add it again" in dataset.error


def test_a_dataset_whose_message_was_lost_is_sent_again():
    dataset = datasets.create_synthetic(name="made", seed=1)
    assert reap().resent_datasets == 0
    later = timedelta(seconds=settings.REDISPATCH_SECONDS + 1)
    Dataset.objects.filter(pk=dataset.pk).update(dispatched_at=timezone.now() - later)
    assert reap().resent_datasets == 0  # nobody could take it
    workers.record_heartbeat(name="data worker", role=Worker.Role.DATA)
    assert reap().resent_datasets == 1


def test_a_folder_that_a_command_was_preparing_cannot_be_prepared_by_another_process(tmp_path):
    dataset = datasets.create_from_folder(name="mine", path=tmp_path, owner=None)
    preparation.claim(dataset_id=dataset.pk, worker="a command")
    Dataset.objects.update(heartbeat_at=timezone.now() - LONG_AGO)
    recovered = reap()
    assert (recovered.resent_datasets, recovered.failed_datasets) == (0, 1)


def test_silent_workers_are_forgotten_in_the_end():
    live_trainer()
    Worker.objects.update(seen_at=timezone.now() - LONG_AGO, machine="another host")
    reap()
    assert Worker.objects.count() == 0


def test_a_round_says_what_it_did():
    trial = rows.running_trial(rows.running_study())
    silence(trial)
    recovered = reap()
    assert recovered
    assert "1 failed trials" in str(recovered)
    quiet = trials.heartbeat(trial_id=trial.pk, worker="nobody")
    assert not quiet
