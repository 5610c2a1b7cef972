"""Confirmations on pages and in files: which trial each confirms, and which confirm a trial."""

import csv
import io
import json

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from tests.webapp.confirmations import confirmation
from tests.webapp.factories import make_study
from tests.webapp.views.reading import markup_of
from webapp.models import Study, Trial

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    """Twelve trials, the second of which two others confirm."""
    found = make_study(completed=12, curves=12, early_stopping="marginal_value")
    for accuracy in (0.74, 0.76):
        confirmation(found, 2, accuracy)
    return found


def page(person: Client, study: Study, number: int) -> str:
    return " ".join(markup_of(person.get(reverse("trial", args=[study.pk, number]))).split())


def test_a_confirmation_and_the_trial_that_it_confirms_name_each_other(person: Client, study: Study) -> None:
    text = page(person, study, 13)
    confirmed = (
        f'Confirms <a href="{reverse("trial", args=[study.pk, 2])}">trial 2</a>: the same network with another seed.'
    )
    assert confirmed in text
    assert "Confirmed by" not in text
    text = page(person, study, 2)
    links = [f'<a href="{reverse("trial", args=[study.pk, number])}">trial {number}</a>' for number in (13, 14)]
    assert f"Confirmed by {links[0]}, {links[1]}: the same network with other seeds." in text
    assert "Confirm" not in page(person, study, 3)


def test_a_confirmation_that_was_retried_is_named_by_its_retry(person: Client, study: Study) -> None:
    retry = confirmation(study, 2, 0.75)
    Trial.objects.filter(study=study, number=13).update(state="FAILED", reason="killed")
    Trial.objects.filter(pk=retry.pk).update(retried_from=Trial.objects.get(study=study, number=13))
    text = page(person, study, 2)
    assert ">trial 13</a>" not in text
    assert ">trial 15</a>" in text


def test_the_page_takes_no_query_more(
    person: Client, study: Study, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in (2, 13):
        with django_assert_max_num_queries(11):
            page(person, study, number)


def test_the_table_of_trials_marks_confirmations(
    person: Client, study: Study, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    table = reverse("study_trials", args=[study.pk])
    assert markup_of(person.get(table)).count("confirms 2<") == 2
    with django_assert_max_num_queries(15):
        person.get(reverse("study", args=[study.pk]))


def test_the_expected_best_says_of_how_many_trainings(person: Client, study: Study) -> None:
    progress = reverse("study_progress", args=[study.pk])
    Trial.objects.filter(study=study, number=2).update(int8_accuracy=0.95, reward=0.95)
    for trial in study.trials.filter(number__gt=12):
        Trial.objects.filter(pk=trial.pk).update(int8_accuracy=0.95, reward=0.95)
    text = " ".join(person.get(progress).content.decode().split())
    assert f'<a id="expected-link" href="{reverse("trial", args=[study.pk, 2])}">trial 2</a>' in text
    assert "in the mean of 3 trainings)" in text
    study.trials.filter(number__gt=12).delete()
    assert "trainings)" not in person.get(progress).content.decode()


def test_files_name_the_confirmed_trial(person: Client, study: Study) -> None:
    response = person.get(reverse("trials_csv", args=[study.pk]))
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert [row["confirms"] for row in rows] == [""] * 12 + ["2", "2"]
    summary = json.loads(person.get(reverse("study_json", args=[study.pk])).content)
    assert [trial["confirms"] for trial in summary["trials"]] == [None] * 12 + [2, 2]
