"""First minutes: the steps of an empty installation, terms at hand, columns of the trials' table in the address."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from tests.webapp.factories import make_dataset, make_study, make_workers
from tests.webapp.views.reading import markup_of
from webapp.forms.study import StudyForm
from webapp.models import Dataset
from webapp.queries.glossary import OF_FIELDS, SUBJECTS, TERMS
from webapp.queries.pages.trials import COLUMNS

pytestmark = pytest.mark.django_db
LIST = reverse("studies")


def test_an_empty_installation_leads_from_workers_to_sounds_to_a_study(person: Client) -> None:
    text = markup_of(person.get(LIST))
    for words in ("No study yet", "not running", "none yet", "waits for sounds", "Make a synthetic set", "optional"):
        assert words in text
    assert "Create the first study" not in text
    make_workers(trainers=2)
    Dataset.objects.create(name="Hall")
    text = markup_of(person.get(LIST))
    assert "2 training workers" in text
    assert "its clips are being decoded" in text
    assert "Create the first study" in text
    make_dataset(name="Kitchen")
    text = markup_of(person.get(LIST))
    assert "Kitchen</a>: clips with labels, ready for studies." in text
    assert f'href="{reverse("new_study")}?preset=quick"' in text


def test_a_dataset_that_failed_is_said_to_have(person: Client) -> None:
    Dataset.objects.create(name="broken", state="FAILED", error="No usable clips.")
    text = markup_of(person.get(LIST))
    assert "it could not be prepared; its page states why." in text
    assert "Create the first study" not in text


def test_the_steps_can_be_hidden_and_shown_and_end_with_the_first_study(person: Client) -> None:
    make_dataset()
    assert person.post(reverse("first_steps"), {"show": "0"}).status_code == 302
    text = markup_of(person.get(LIST))
    assert "Show the first steps" in text
    assert "Create the first study" in text
    assert "not running" not in text
    person.post(reverse("first_steps"), {"show": "1"})
    assert "Hide these steps" in markup_of(person.get(LIST))
    assert person.get(reverse("first_steps")).status_code == 405
    make_study()
    assert 'id="first-steps"' not in markup_of(person.get(LIST))


def test_the_first_page_takes_few_queries(
    person: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make_dataset()
    with django_assert_max_num_queries(12):
        person.get(LIST)


def test_the_glossary_has_every_term_once_in_one_line_with_a_section_that_the_paper_has(person: Client) -> None:
    text = markup_of(person.get(reverse("glossary")))
    assert len(TERMS) == sum(map(len, SUBJECTS.values()))
    for term in TERMS.values():
        assert f'id="{term.slug}"' in text
        assert len(term.line) <= 140, term.name
        assert term.line.endswith("."), term.name
        assert re.fullmatch(r"|[1-7]|2\.[1-5]|3\.[1-6]|5\.1", term.section), term.name


def test_fields_that_terms_explain_are_fields_of_the_form() -> None:
    assert set(OF_FIELDS) <= set(StudyForm.base_fields)


@pytest.mark.parametrize("view", ["new_study", "study", "trial"])
def test_marks_open_what_they_name_and_need_no_script(person: Client, view: str) -> None:
    study = make_study(completed=2, curves=1)
    arguments = {"new_study": [], "study": [study.pk], "trial": [study.pk, 1]}[view]
    text = markup_of(person.get(reverse(view, args=arguments)))
    opened = re.findall(r'popovertarget="([^"]+)"', text)
    assert opened
    assert len(set(opened)) == len(opened)
    for name in opened:
        assert text.count(f'id="{name}"') == 1


def head(text: str) -> str:
    return text[text.index('aria-label="Table of trials"') :].split("</thead>")[0]


def test_the_table_shows_the_columns_of_the_address(person: Client) -> None:
    study = make_study(completed=3, refused=1, enforce_constraints=True, flash_limit_kb=60)
    address = reverse("study", args=[study.pk])
    query = {"column": ["energy", "front"], "sort": "energy", "state": "ALL"}
    text = markup_of(person.get(address, query))
    shown = head(text)
    assert "Energy" in shown
    assert "Front</th>" in shown
    for word in ("Flash", "FLOPs", "Blocks", "Time", "int8"):
        assert word not in shown
    assert '<td colspan="2" class="reason">' in text
    assert "column=energy&amp;column=front" in shown  # sorting keeps the columns
    assert text.count('name="column"') == len(COLUMNS) - 1


def test_the_usual_columns_leave_the_address_alone_and_unknown_ones_mean_the_usual(person: Client) -> None:
    study = make_study(completed=1)
    part = reverse("study_trials", args=[study.pk])
    htmx = {"HX-Request": "true"}
    every = person.get(part, {"column": list(COLUMNS), "front": "energy"}, headers=htmx)
    assert every.headers["HX-Replace-Url"] == f"{reverse('study', args=[study.pk])}?front=energy"
    some = person.get(part, {"column": ["flash"]}, headers=htmx)
    assert some.headers["HX-Replace-Url"].endswith("?column=flash")
    assert "Flash" in head(markup_of(person.get(reverse("study", args=[study.pk]), {"column": "nonsense"})))
