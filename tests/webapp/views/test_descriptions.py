"""Names, notes and tags of studies and others can be changed in every state, by one editor at a time."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.webapp.energy_models import measured_device
from tests.webapp.factories import make_dataset, make_study
from tests.webapp.views.reading import markup_of
from webapp.models import Comparison, Dataset, Event, Run, Study

pytestmark = pytest.mark.django_db

KINDS = ("study", "dataset", "run", "comparison")


def made(kind: str) -> Study | Dataset | Run | Comparison:
    if kind == "study":
        return make_study(name="Old", running=1)
    if kind == "dataset":
        return make_dataset(name="Old")
    if kind == "comparison":
        return Comparison.objects.create(name="Old")
    run = Run.objects.filter(campaign__device=measured_device()).first()
    assert run is not None
    Run.objects.filter(pk=run.pk).update(label="Old")
    return Run.objects.get(pk=run.pk)


@pytest.mark.parametrize("kind", KINDS)
def test_name_and_notes_are_changed_from_the_page_and_shown_there(person: Client, kind: str) -> None:
    row = made(kind)
    page, address = reverse(kind, args=[row.pk]), reverse(f"describe_{kind}", args=[row.pk])
    assert address in markup_of(person.get(page))
    form = person.get(address).context["form"]
    assert form["name"].value() == "Old"
    values = {"name": "  New   name ", "notes": "On the\nroof.", "seen": form["seen"].value()}
    response = person.post(address, values, follow=True)
    assert response.redirect_chain == [(page, 302)]
    text = markup_of(response)
    assert "New name" in text
    assert re.search("On the<br */?> *roof.", text)


@pytest.mark.parametrize("kind", KINDS)
def test_the_second_of_two_editors_is_told_and_keeps_the_input(person: Client, kind: str) -> None:
    row = made(kind)
    address = reverse(f"describe_{kind}", args=[row.pk])
    seen = person.get(address).context["form"]["seen"].value()
    person.post(address, {"name": "First", "notes": "", "seen": seen})
    response = person.post(address, {"name": "Second", "notes": "mine", "seen": seen})
    assert response.status_code == 422
    text = markup_of(response)
    assert "changed by somebody else while you edited it" in text
    assert 'value="Second"' in text
    row.refresh_from_db()
    assert str(row) == "First"


@pytest.mark.parametrize("kind", ["study", "dataset"])
def test_a_taken_name_is_refused_in_words(person: Client, kind: str) -> None:
    row = made(kind)
    (make_study if kind == "study" else make_dataset)(name="Taken")
    address = reverse(f"describe_{kind}", args=[row.pk])
    seen = person.get(address).context["form"]["seen"].value()
    response = person.post(address, {"name": "Taken", "notes": "", "seen": seen})
    assert "is taken: choose another one" in markup_of(response)
    assert person.post(address, {"name": "", "notes": "", "seen": seen}).status_code == 422


def test_a_renamed_study_has_it_in_its_log(person: Client) -> None:
    study = made("study")
    address = reverse("describe_study", args=[study.pk])
    seen = person.get(address).context["form"]["seen"].value()
    person.post(address, {"name": "New", "notes": "", "seen": seen})
    event = Event.objects.filter(study=study.pk).latest("pk")
    assert (event.message, event.actor.username, event.new_state) == ("Renamed from Old.", "ada", "RUNNING")


def test_a_run_needs_no_name(person: Client) -> None:
    run = made("run")
    address = reverse("describe_run", args=[run.pk])
    seen = person.get(address).context["form"]["seen"].value()
    assert person.post(address, {"name": "", "notes": "", "seen": seen}).status_code == 302
    run.refresh_from_db()
    assert str(run) == f"run {run.pk}"


def test_a_trial_has_notes_and_tags_and_no_name_to_change(person: Client) -> None:
    study = make_study(running=1)
    trial = study.trials.get()
    address = reverse("describe_trial", args=[study.pk, trial.number])
    form = person.get(address).context["form"]
    assert "name" not in form.fields
    values = {"notes": "Misses the *baby*.", "tags": "Night,  for the watch ,night,", "seen": form["seen"].value()}
    page = person.post(address, values, follow=True)
    assert page.redirect_chain == [(reverse("trial", args=[study.pk, trial.number]), 302)]
    assert "Misses the <em>baby</em>." in markup_of(page)
    trial.refresh_from_db()
    assert trial.tags == ["for the watch", "night"]
    event = Event.objects.filter(trial=trial.pk).latest("pk")
    assert (event.message, event.old_state, event.new_state) == ("Notes changed.", "RUNNING", "RUNNING")


def test_tags_change_without_a_new_name_or_notes_and_two_editors_of_tags_meet(person: Client) -> None:
    study = made("study")
    address = reverse("describe_study", args=[study.pk])
    seen = person.get(address).context["form"]["seen"].value()
    values = {"name": "Old", "notes": "", "seen": seen}
    assert person.post(address, values | {"tags": "watch"}).status_code == 302
    assert Event.objects.filter(study=study.pk).latest("pk").message == "Tags changed."
    assert person.post(address, values | {"tags": "earbud"}).status_code == 422


@pytest.mark.parametrize("tags", [",".join(map(str, range(21))), "x" * 41])
def test_tags_beyond_their_limits_are_refused_in_words(person: Client, tags: str) -> None:
    address = reverse("describe_study", args=[made("study").pk])
    seen = person.get(address).context["form"]["seen"].value()
    response = person.post(address, {"name": "Old", "notes": "", "tags": tags, "seen": seen})
    assert response.status_code == 422
    assert "are the most." in markup_of(response)
