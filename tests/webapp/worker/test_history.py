"""What a designer is told of a study."""

import pytest

from nas_engine.designers.base import Objectives
from tests.webapp import rows
from webapp.models import Trial
from webapp.services import trials
from webapp.worker.history import history_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


def test_completed_trials_come_with_what_their_reward_is_made_of() -> None:
    study = rows.running_study()
    trial = rows.running_trial(study)
    done = rows.evaluation(int8_accuracy=0.8, energy_mj=0.9, flash_bytes=41_000)
    assert trials.complete(trial_id=trial.pk, worker="worker-a", evaluation=done, tflite_name=rows.TFLITE)
    (outcome,) = history_of(study, {}).outcomes
    assert outcome.objectives == Objectives(int8_accuracy=0.8, energy_mj=0.9, flash_bytes=41_000)
    assert outcome.reward == pytest.approx(0.8)


def test_infeasible_trials_have_neither_reward_nor_objectives() -> None:
    study = rows.running_study()
    trial = rows.running_trial(study)
    Trial.objects.filter(pk=trial.pk).update(state="INFEASIBLE", reason="it cannot be built")
    (outcome,) = history_of(study, {}).outcomes
    assert (outcome.reward, outcome.objectives) == (None, None)
