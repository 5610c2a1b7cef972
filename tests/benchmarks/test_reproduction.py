"""Trials that were trained once more, as the benchmark counts them."""

import pytest

from benchmarks.reproduction import outcomes
from tests.webapp.factories import make_study
from tests.webapp.repetitions import ended_like
from webapp.models import Trial

pytestmark = pytest.mark.django_db


def test_each_completed_trial_is_reported_with_both_hashes() -> None:
    study = make_study(completed=2, failed=1, curves=2)
    same, other = study.trials.filter(state="COMPLETED").order_by("number")
    ended_like(same)
    Trial.objects.filter(pk=ended_like(other).pk).update(tflite="tflite/" + "2" * 64 + ".tflite")
    found = outcomes(study.pk)
    assert [row["identical"] for row in found] == [True, False]
    assert [row["sha256"] for row in found] == [["1" * 64, "1" * 64], ["1" * 64, "2" * 64]]
    assert found[1]["verdict"].startswith("They part in conversion")
