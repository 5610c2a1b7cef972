"""Expected rewards of a study, from the losses and sizes of its networks."""

import numpy as np
import pytest
from pytest_django import DjangoAssertNumQueries

from tests.webapp.confirmations import confirmation
from tests.webapp.factories import make_study
from webapp.models import CurvePoint, Finalist, Study, Trial
from webapp.queries.pages.expected_rewards import expected_best, expected_rewards
from webapp.queries.pages.finals import chosen_trials
from webapp.queries.pages.results import results

pytestmark = pytest.mark.django_db


def study_with_luck(count: int = 40) -> Study:
    """Networks whose losses state how good they are; the measured best, number 1, was lucky: the best is number 2."""
    study = make_study(completed=count, curves=count)
    rng = np.random.default_rng(3)
    good = rng.uniform(0.66, 0.74, count)
    good[:2] = 0.68, 0.76
    measured = good + rng.normal(0, 0.01, count)
    measured[0], measured[1] = 0.79, 0.76
    for number, (accuracy, loss) in enumerate(zip(measured, 2 - 2 * good, strict=True), start=1):
        trial = Trial.objects.get(study=study, number=number)
        penalty = (trial.int8_accuracy or 0.0) - (trial.reward or 0.0)
        Trial.objects.filter(pk=trial.pk).update(int8_accuracy=float(accuracy), reward=float(accuracy - penalty / 10))
        CurvePoint.objects.filter(trial=trial).update(loss=float(loss))
    return study


def test_the_luckiest_is_not_the_expected_best() -> None:
    study = study_with_luck()
    found = results(study)
    expected = expected_rewards(study, found)
    assert expected is not None
    assert int(found.numbers[np.argmax(found.reward)]) == 1
    best = expected_best(study, found)
    assert best is not None
    assert best.number == 2
    assert best.reward == pytest.approx(float(expected.reward.max()))
    assert best.measured == pytest.approx(float(found.reward[1]))
    assert found.reward[0] - expected.reward[0] > 0.05
    assert (expected.deviation > 0).all()


def test_finalists_are_chosen_by_what_is_expected() -> None:
    study = study_with_luck()
    numbers = dict(study.trials.values_list("pk", "number"))
    by = {how: [numbers[pk] for pk in chosen_trials(study, how, 3, ())] for how in ("expected", "reward")}
    assert by["reward"][0] == 1
    assert by["expected"][0] == 2
    assert 1 not in by["expected"]


def test_of_few_networks_nothing_is_expected_and_the_measured_best_are_chosen() -> None:
    study = make_study(completed=7)
    assert expected_rewards(study, results(study)) is None
    assert expected_best(study, results(study)) is None
    chosen = {how: chosen_trials(study, how, 3, ()) for how in (Finalist.Chosen.EXPECTED, Finalist.Chosen.REWARD)}
    assert chosen[Finalist.Chosen.EXPECTED] == chosen[Finalist.Chosen.REWARD]


def test_trials_of_one_network_measure_it_together_and_are_believed_more() -> None:
    study = study_with_luck()
    once = expected_rewards(study, results(study))
    for accuracy in (0.762, 0.758):
        confirmation(study, 2, accuracy)
    found = results(study)
    expected = expected_rewards(study, found)
    assert once is not None
    assert expected is not None
    same = np.isin(found.numbers, [2, 41, 42])
    assert len(set(expected.reward[same].tolist())) == 1
    assert expected.trainings[same].tolist() == [3, 3, 3]
    assert set(expected.trainings[~same].tolist()) == {1}
    assert expected.deviation[1] < once.deviation[1]
    measured = float(found.reward[same].mean())
    assert abs(expected.reward[1] - measured) < abs(once.reward[1] - measured)
    best = expected_best(study, found)
    assert best is not None
    assert (best.number, best.trainings) == (2, 3)
    assert best.measured == pytest.approx(measured)


@pytest.mark.parametrize("how", ["expected", "reward", "front"])
def test_a_network_that_was_trained_several_times_is_one_finalist(how: str) -> None:
    study = study_with_luck()
    for number in (1, 2):
        confirmation(study, number, 0.765)
    chosen = chosen_trials(study, how, 4, ())
    networks = Trial.objects.filter(pk__in=chosen).values_list("architecture", flat=True)
    assert len(chosen) == len(set(networks)) == (4 if how != "front" else len(chosen))


def test_many_trainings_of_few_networks_are_few_networks() -> None:
    study = make_study(completed=7)
    confirmation(study, 1, 0.7)
    confirmation(study, 2, 0.7)
    assert expected_rewards(study, results(study)) is None


def test_trials_without_a_curve_are_as_usual_and_it_takes_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    study = make_study(completed=12, curves=5)
    found = results(study)
    with django_assert_num_queries(1):
        expected = expected_rewards(study, found)
    assert expected is not None
    assert np.isfinite(expected.reward).all()
    with django_assert_num_queries(0):
        again = expected_rewards(study, found)
    assert again is not None
    assert (again.reward == expected.reward).all()
