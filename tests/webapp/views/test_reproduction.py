"""Reproducing a trial in the browser."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from tests.webapp.factories import make_study
from tests.webapp.repetitions import ended_like
from tests.webapp.views.reading import markup_of
from webapp.models import Study, Trial
from webapp.services.reproduction import reproduce

pytestmark = pytest.mark.django_db


@pytest.fixture
def original() -> Trial:
    make_study(completed=2, failed=1, curves=1, name="kitchen search")
    return Trial.objects.get(number=1)


def page(person: Client, trial: Trial) -> str:
    response = person.get(reverse("trial", args=[trial.study_id, trial.number]))
    assert response.status_code == 200
    return markup_of(response)


def press(person: Client, trial: Trial) -> str:
    """What the page shows after the button."""
    response = person.post(reverse("reproduce_trial", args=[trial.study_id, trial.number]), follow=True)
    return markup_of(response)


def test_the_button_requests_a_repetition_and_shows_where_it_waits(person: Client, original: Trial) -> None:
    text = page(person, original)
    assert "Reproduce this trial" in text
    assert "Not reproduced yet." in text
    assert f"manage.py reproduce {original.study_id}/1" in text
    shown = press(person, original)
    container = Study.objects.get(kind="repetitions")
    assert "To be trained again, as trial 1 of Repetitions of kitchen search." in shown
    assert reverse("trial", args=[container.pk, 1]) in shown
    assert f'hx-get="{reverse("trial_reproduction", args=[original.study_id, 1])}"' in shown
    assert "To be reproduced, as trial 1 of Repetitions of kitchen search." in shown
    assert "by ada" in shown
    assert original.reproductions.count() == 1


def test_a_second_browser_sees_that_one_is_open(person: Client, original: Trial) -> None:
    press(person, original)
    assert "is being reproduced already" in press(person, original)
    assert original.reproductions.count() == 1


def test_the_part_is_polled_until_the_repetition_has_ended(person: Client, original: Trial) -> None:
    address = reverse("trial_reproduction", args=[original.study_id, 1])
    repetition = reproduce(trial_id=original.pk)
    assert person.get(address).status_code == 200
    Trial.objects.filter(pk=repetition.pk).update(state="CANCELLED", reason="The study was stopped.")
    ended = person.get(address)
    assert ended.status_code == 286
    assert "The study was stopped." in markup_of(ended)


def test_a_completed_repetition_shows_the_verdict_hashes_and_phases(person: Client, original: Trial) -> None:
    ended_like(original)
    text = page(person, original)
    assert "The same, bit for bit: 15 epochs of training" in text
    assert text.count("<td>same</td>") == 5
    assert text.count(f"<code>{'1' * 64}</code>") == 2
    assert "every 3s" not in text


def test_a_difference_and_its_known_causes_are_rows(person: Client, original: Trial) -> None:
    repetition = ended_like(original)
    Trial.objects.filter(pk=repetition.pk).update(
        environment={"tensorflow": "2.21.0", "threads": "2"}, tflite="tflite/" + "2" * 64 + ".tflite"
    )
    text = page(person, original)
    assert "They part in conversion" in text
    assert '<th scope="row">threads <small>number of threads</small></th>' in text
    assert "<td>different</td>" in text


def test_the_page_of_the_repetition_links_back(person: Client, original: Trial) -> None:
    text = page(person, ended_like(original))
    assert "Trial 1 again" in text
    assert f'href="{reverse("trial", args=[original.study_id, 1])}#reproduction"' in text
    assert "of kitchen search</a>" in text
    assert "Reproduce this trial" not in text
    assert "train_baselines" not in text


def test_trials_that_cannot_be_reproduced_have_no_button_and_the_post_says_why(person: Client, original: Trial) -> None:
    failed = Trial.objects.get(number=3)
    assert "Reproduce this trial" not in page(person, failed)
    assert "is failed and cannot be reproduced" in press(person, failed)
    assert not Study.objects.filter(kind="repetitions").exists()


def test_the_trials_page_takes_as_few_queries_with_many_repetitions(
    person: Client, original: Trial, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(11):
        page(person, original)
    for _ in range(3):
        ended_like(original)
    with django_assert_max_num_queries(13):
        page(person, original)


def test_the_study_of_repetitions_states_what_it_is(person: Client, original: Trial) -> None:
    repetition = ended_like(original)
    address = reverse("study", args=[repetition.study_id])
    text = markup_of(person.get(address))
    assert "Repetitions of trials of" in text
    assert reverse("study", args=[original.study_id]) in text
    assert "same bit for bit" in text
    for absent in ("Best reward", "Train more", "Clone", "Pareto", "front_chart", "Front"):
        assert absent not in text
    assert "Repetitions of kitchen search" not in markup_of(person.get(reverse("studies")))
    for name in ("study_header", "study_progress", "study_trials", "study_log", "trials_csv", "study_json"):
        assert person.get(reverse(name, args=[repetition.study_id])).status_code in (200, 286)
    for name in ("study_toml", "study_space"):
        assert person.get(reverse(name, args=[repetition.study_id])).status_code == 404


def test_a_stranger_cannot_reproduce(client: Client, original: Trial) -> None:
    response = client.post(reverse("reproduce_trial", args=[original.study_id, 1]))
    assert response.status_code == 302
    assert not Study.objects.filter(kind="repetitions").exists()


def test_a_get_reproduces_nothing(person: Client, original: Trial) -> None:
    assert person.get(reverse("reproduce_trial", args=[original.study_id, 1])).status_code == 405
