"""Networks on pages: drawings, differences side by side, relatives, and what can be downloaded of them."""

import xml.etree.ElementTree as ET

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from tests.webapp.factories import make_study
from tests.webapp.variants import give_variants
from tests.webapp.views.reading import markup_of, text_of
from webapp.models import StoredArchitecture, Trial

pytestmark = pytest.mark.django_db


def break_network(trial: Trial) -> None:
    spec = trial.architecture.spec
    spec["blocks"][1] |= {"kind": "mobilenet_v1", "kernel_size": 3, "filters": 8, "strides": [2, 1]}
    StoredArchitecture.objects.filter(pk=trial.architecture_id).update(spec=spec)


def test_the_page_draws_the_network_next_to_its_blocks(person: Client) -> None:
    study = make_study(completed=1)
    response = person.get(reverse("trial", args=[study.pk, 1]))
    text = markup_of(response)
    assert '<svg class="network"' in text
    assert "Drawing of trial 1</title>" in text
    assert text.count('class="front kind-') == len(response.context["blocks"].rows) + 1
    assert "earshot/network.css" in text


def test_the_drawing_is_a_file_of_its_own(person: Client) -> None:
    study = make_study(completed=1, name='<Doorbell> "watch"')
    response = person.get(reverse("trial_drawing", args=[study.pk, 1]))
    assert response.headers["Content-Type"] == "image/svg+xml"
    assert response.headers["Content-Disposition"] == 'attachment; filename="doorbell-watch-trial-1-network.svg"'
    assert ET.fromstring(response.content)[1].text == 'Drawing of trial 1 of <Doorbell> "watch"'


def test_the_network_is_a_python_file_of_its_own(person: Client) -> None:
    study = make_study(completed=1, name='Doorbell """; import os')
    response = person.get(reverse("trial_python", args=[study.pk, 1]))
    assert response.headers["Content-Disposition"] == 'attachment; filename="doorbell-import-os-trial-1-network.py"'
    source = response.content.decode()
    assert """NAME = 'trial 1 of Doorbell """ in source
    assert study.trials.get().architecture_id in source
    compile(source, "network.py", "exec")


def test_of_a_network_that_cannot_be_built_there_is_neither(person: Client) -> None:
    study = make_study(completed=1)
    break_network(study.trials.get())
    assert 'class="network"' not in markup_of(person.get(reverse("trial", args=[study.pk, 1])))
    for name in ("trial_drawing", "trial_python"):
        response = person.get(reverse(name, args=[study.pk, 1]))
        assert response.status_code == 404


def test_eight_networks_are_compared_with_their_differences_in_words(
    person: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    study = make_study(completed=8)
    give_variants(study)
    ids = list(study.trials.order_by("number").values_list("pk", flat=True))
    with django_assert_max_num_queries(6):
        response = person.get(reverse("compare"), {"of": ids})
    text = markup_of(response)
    assert len(response.context["comparison"].networks) == 8
    assert text.count('<svg class="network"') == 8
    assert text.count('class="changed"') == text.count("<small>≠ filters") == 7
    assert "all the same" in text
    titles = {part.split('"')[0] for part in text.split('<title id="')[1:]}
    assert len(titles) == 8


def test_one_network_alone_has_no_differences(person: Client) -> None:
    trial = make_study(completed=1).trials.get()
    assert "block by block</h2>" not in markup_of(person.get(reverse("compare"), {"of": trial.pk}))


def test_the_page_shows_other_trials_of_the_network_and_what_changes_brought(person: Client) -> None:
    study, other = make_study(completed=3), make_study(completed=1, seed=5, name="kitchen again")
    give_variants(study)
    Trial.objects.filter(study=other).update(architecture=study.trials.get(number=1).architecture_id)
    text = text_of(person.get(reverse("trial", args=[study.pk, 1])))
    assert "The same network in other trials" in text
    assert f'<a href="{reverse("trial", args=[other.pk, 1])}">Trial 1</a>' in text
    assert "kitchen again" in text
    assert "One block away" in text
    assert "filters" in text.split("One block away")[1]
    assert "points to" in text


def test_a_network_without_relatives_has_no_empty_tables(person: Client) -> None:
    text = text_of(person.get(reverse("trial", args=[make_study(completed=1).pk, 1])))
    assert "The same network" not in text
    assert "One block away" not in text


def test_the_number_of_queries_does_not_grow_with_relatives(
    person: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    study = make_study(completed=60, curves=1)
    assert give_variants(study) == 59
    with django_assert_max_num_queries(12):
        text = text_of(person.get(reverse("trial", args=[study.pk, 1])))
    assert "The first 40 of 59." in text
