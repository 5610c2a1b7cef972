"""Choices among a study's trials: by expected accuracy, only above chance, with the reason."""

import numpy as np
import pytest
from pytest_django import DjangoAssertNumQueries

from tests.webapp.factories import make_baselines, make_study
from webapp.models import Trial
from webapp.queries.pages.baselines import baselines_of
from webapp.queries.pages.choice import WantedChoice, at_equal_accuracy, choice
from webapp.queries.pages.expected_rewards import expected_rewards
from webapp.queries.pages.results import results

pytestmark = pytest.mark.django_db


def test_the_cheapest_near_the_best_is_chosen_by_expected_not_by_measured_accuracy(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    study = make_study(completed=60, curves=60)
    found = results(study)
    expected = expected_rewards(study, found)
    assert expected is not None
    near = expected.accuracy >= expected.accuracy.max() - 0.005
    cheapest = int(found.numbers[near][np.argmin(found.energy_mj[near])])
    with django_assert_num_queries(0):
        chosen = choice(study, found, WantedChoice("within", points=0.5))
    assert chosen.number == cheapest
    best = int(found.numbers[np.argmax(expected.accuracy)])
    assert f"of the {near.sum()} trials whose expected accuracy is at most 0.5 points below the best" in chosen.sentence
    assert f"of trial {best};" in chosen.sentence


def test_few_trials_are_judged_by_what_was_measured_and_those_at_chance_never_chosen() -> None:
    study = make_study(completed=4)
    Trial.objects.filter(study=study, number=1).update(int8_accuracy=0.1, energy_mj=1e-3)
    Trial.objects.filter(study=study, number=2).update(int8_accuracy=0.9, energy_mj=2.0)
    found = results(study)
    chosen = choice(study, found, WantedChoice("within", points=0))
    assert chosen.number == 2
    assert "measured accuracy" in chosen.sentence
    everything = choice(study, found, WantedChoice("within", points=100))
    assert everything.number != 1


def test_the_best_under_limits_names_them_and_says_where_there_is_none() -> None:
    study = make_study(completed=40)
    found = results(study)
    chosen = choice(study, found, WantedChoice("under", energy_mj=1.0, flash_kb=45))
    trial = Trial.objects.get(pk=chosen.trial_id)
    assert (trial.energy_mj or 9) <= 1.0
    assert (trial.flash_bytes or 99_999) <= 45_000
    assert "is the most accurate with at most 1 mJ and 45 kB: expected accuracy" in chosen.sentence
    nothing = choice(study, found, WantedChoice("under", energy_mj=1e-6))
    assert nothing.number is None
    assert nothing.sentence == "No completed trial above chance with at most 1e-06 mJ."


def test_the_knee_lies_on_the_front_of_the_judged_accuracies() -> None:
    study = make_study(completed=60)
    found = results(study)
    chosen = choice(study, found, WantedChoice("knee", by="flash"))
    assert chosen.number is not None
    assert "is the knee of the front over flash" in chosen.sentence
    assert choice(study, results(make_study(waiting=1)), WantedChoice("knee")).number is None


def test_a_baseline_is_compared_with_the_cheapest_trial_at_least_as_accurate() -> None:
    study = make_study(completed=60)
    make_baselines(study.dataset)
    published, found = baselines_of(study.dataset_id), results(study)
    assert published is not None
    expected = expected_rewards(study, found)
    assert expected is not None
    compared = {one.name: one for one in at_equal_accuracy(study, found, published.rows)}
    assert len(compared) == 4
    for row in published.completed:
        one = compared[row.name]
        able = expected.accuracy >= row.int8_accuracy
        if not able.any():
            assert one.number is None
            continue
        energy = found.energy_mj[able].min()
        assert one.times == pytest.approx((row.energy_mj or 0) / energy)
        assert (one.dearer is not None) == (energy > (row.energy_mj or 0))
    assert any((one.times or 0) > 2 for one in compared.values())
