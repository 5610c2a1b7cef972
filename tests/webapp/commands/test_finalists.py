"""`manage.py finalists`: the page's services from a command."""

import io

import pytest
from django.core.management import CommandError, call_command

from tests.webapp import finals as made
from webapp.models import Finalist, Study
from webapp.services import openings
from webapp.services.openings import open_test_split

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> str:
    output = io.StringIO()
    call_command("finalists", *map(str, arguments), stdout=output)
    return output.getvalue()


def test_the_best_and_the_baselines_are_requested():
    study = made.search()
    said = run(study.name, "--top", 2, "--seeds", 2, "--baselines")
    assert "trains trial 3, trial 2." in said
    assert "MobileNetV2-1.0" in said
    assert "trial 3: 0 of 2 seeds" in said
    assert set(Finalist.objects.values_list("seeds", flat=True)) == {2}


def test_trials_are_named_by_number_and_results_reported():
    study = made.search()
    run(study.pk, "--trials", 1, "--seeds", 2)
    made.train(Finalist.objects.get(), first_accuracy=0.7)
    said = run(study.pk, "--trials", 1, "--seeds", 2)
    assert "trial 1: 2 of 2 seeds, evaluation 70.5 +- 0.7 %" in said


def test_a_test_accuracy_of_a_later_opening_is_marked():
    study = made.search()
    finalist = made.finalists(study, count=1)[0]
    made.train(finalist)
    for again in (False, True):
        opening = open_test_split(finalist_id=finalist.pk, again=again)
        openings.claim(opening_id=opening.pk, worker="data-1")
        openings.complete(opening_id=opening.pk, worker="data-1", evaluated=made.evaluated(finalist))
        said = run(study.pk, "--trials", finalist.source.number, "--seeds", 3)
        assert ("test 75.0 +- 0.0 %§ (§ opening 2 of the test split for this network: it was" in said) == again


def test_what_cannot_be_is_refused_before_anything_is_trained():
    study = made.search()
    for arguments, words in (
        ([study.pk, "--test", "best"], "needs --wait"),
        ([study.pk, "--trials", 99], "Only completed trials"),
        (["no such study"], "There is no study"),
        ([study.pk, "--seeds", 0], "must be 1 to 20"),
    ):
        with pytest.raises(CommandError, match=words):
            run(*arguments)
    assert not Study.objects.filter(kind="finals").exists()
