"""The page on which a study that has started is steered."""

import csv
import io
import json

import pytest
from django.test import Client
from django.urls import reverse

from tests.webapp import rows
from tests.webapp.factories import make_study
from tests.webapp.views.reading import markup_of
from webapp.models import Study

pytestmark = pytest.mark.django_db


def text_of(person: Client, study: Study, name: str = "steer_study") -> str:
    response = person.get(reverse(name, args=[study.pk]), follow=True)
    assert response.status_code == 200
    return markup_of(response)


def change(person: Client, study: Study, **values: str) -> str:
    return markup_of(person.post(reverse("change_stop_rules", args=[study.pk]), values, follow=True))


def test_a_draft_is_not_steered_but_edited(person: Client) -> None:
    draft = make_study(state="DRAFT")
    assert "Steer</a>" not in text_of(person, draft, "study")
    assert "once it has started" in text_of(person, draft)


def test_the_rules_of_a_running_study_are_changed_and_shown(person: Client) -> None:
    study = make_study(completed=2, trial_budget=40, stop_trials=12)
    assert "Steer</a>" in text_of(person, study, "study")
    assert 'value="12"' in text_of(person, study)
    shown = change(person, study, stop_trials="", stop_hours="6.5", stop_front_percent="1", stop_front_trials="20")
    assert "The stop rules are changed." in shown
    words = "6.5 hours of running; hypervolume of accuracy and energy grown less than 1 % over 20 trials"
    assert shown.count(words) == 2, "among the settings and the events"


def test_wrong_rules_are_refused_in_words(person: Client) -> None:
    study = make_study(completed=2)
    address = reverse("change_stop_rules", args=[study.pk])
    refused = person.post(address, {"stop_front_percent": "1", "stop_trials": "-3"})
    assert refused.status_code == 422
    text = markup_of(refused)
    assert "needs both its percentage and its number of trials" in text
    assert "Must be at least 1." in text
    assert text.count('value="-3"') == 1
    study.refresh_from_db()
    assert study.stop_front_percent is None


def test_a_rule_that_is_met_stops_the_study_and_its_page_says_which(person: Client) -> None:
    study = rows.running_study(trial_budget=20)
    for seed, accuracy in enumerate([0.8, 0.7, 0.7], start=1):
        rows.completed_trial(study, seed=seed, int8_accuracy=accuracy)
    shown = change(person, study, stop_trials="2")
    assert "The stop rules are changed, and one is met." in shown
    assert "Stop rule: no better reward in 2 trials. The best, " in shown
    assert "is that of trial 1; 2 trials have ended after it" in shown
    assert "Resume" in shown


def test_a_study_that_is_stopping_says_so(person: Client) -> None:
    study = make_study(running=1, state="DRAINING")
    assert "is stopping: wait until" in change(person, study, stop_trials="3")


def test_the_page_takes_few_queries(person: Client, django_assert_max_num_queries: object) -> None:
    study = make_study(completed=30, running=2)
    text_of(person, study)
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        text_of(person, study)


def add(person: Client, study: Study, **values: str) -> str:
    return markup_of(person.post(reverse("add_network", args=[study.pk]), values, follow=True))


def test_a_published_network_and_one_of_another_study_are_added(person: Client) -> None:
    study, other = make_study(completed=2, trial_budget=40), make_study(name="Hall", completed=3)
    shown = add(person, study, source="baseline", family="MobileNetV1", width="0.25")
    assert "Added as trial 3; the budget has grown by one." in shown
    assert "Added by hand: published as MobileNetV1-0.25." in shown
    assert "the designer does not learn from it" in shown
    shown = add(person, study, source="trial", other_study=str(other.pk), number="3")
    assert "Added by hand: trial 3 of Hall. The designer learns from its result." in " ".join(shown.split())
    assert "added by hand" in text_of(person, study, "study")


def test_an_architecture_as_json_is_added(person: Client) -> None:
    study = make_study(completed=2, trial_budget=40)
    spec = study.trials.get(number=1).architecture.spec
    assert "has this network already, as trial 1" in add(person, study, source="json", text=json.dumps(spec))
    other = make_study(name="Hall", completed=9, dataset=study.dataset).trials.get(number=9).architecture.spec
    shown = add(person, study, source="json", text=json.dumps(other))
    assert "Added by hand: an architecture as JSON." in shown
    assert "The designer learns from its result." in shown


def test_what_cannot_be_added_is_said_by_the_field(person: Client) -> None:
    study = make_study(completed=2)
    address = reverse("add_network", args=[study.pk])
    refused = [
        ({"source": "json", "text": "{"}, "This is not valid JSON: "),
        ({"source": "json", "text": '{"stem": 3}'}, "This is no architecture: "),
        ({"source": "json", "text": " "}, "Paste the architecture."),
        ({"source": "trial", "number": "2"}, "Choose the study."),
        ({"source": "trial", "other_study": "999999", "number": "2"}, "Select a valid choice."),
        ({"source": "baseline", "family": "MobileNetV1", "width": "99"}, "Must be at most"),
        ({"source": "baseline"}, "Choose a published network."),
        ({}, "Choose one."),
    ]
    for values, message in refused:
        response = person.post(address, values)
        assert response.status_code == 422
        assert message in markup_of(response), values
    assert study.trials.count() == 2


def test_the_tables_and_exports_state_where_a_network_comes_from(person: Client) -> None:
    study = make_study(completed=1, trial_budget=40)
    add(person, study, source="baseline", family="TC-ResNet8")
    response = person.get(reverse("trials_csv", args=[study.pk]))
    table = list(csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig"))))
    assert [row["origin"] for row in table] == ["suggested", "added"]
    assert (table[1]["origin_note"], table[1]["outside_space"].lower()) == ("published as TC-ResNet8-1.0", "true")


def test_a_draft_offers_a_warm_start_and_the_started_study_states_what_was_taken(person: Client) -> None:
    source = make_study(name="Hall by day", completed=6, state="COMPLETED")
    draft = make_study(name="Hall by night", state="DRAFT", dataset=source.dataset, trial_budget=9)
    assert "Start from the results of" in text_of(person, draft, "study")
    assert "Start from the results of" not in text_of(person, source, "study")
    address = reverse("choose_warm_start", args=[draft.pk])
    shown = markup_of(person.post(address, {"source": str(source.pk), "networks": "4"}, follow=True))
    assert "The study starts from Hall by day." in shown
    for values, message in (({"networks": "0"}, "Must be at least 1."), ({"source": "x", "networks": "3"}, "source: ")):
        assert message in markup_of(person.post(address, values, follow=True))
    shown = markup_of(person.post(reverse("study_action", args=[draft.pk, "start"]), follow=True))
    assert "Warm start: the first 4 trials are the best networks of" in shown
    assert "of 6 completed trials above chance" in " ".join(shown.split())
    late = markup_of(person.post(address, {"source": str(source.pk), "networks": "4"}, follow=True))
    assert "has started: a warm start is chosen for a draft" in late


def test_the_priority_is_changed_on_the_page(person: Client) -> None:
    study = make_study(completed=2)
    assert "Change the priority" in text_of(person, study)
    address = reverse("change_priority", args=[study.pk])
    assert "The priority is high now." in markup_of(person.post(address, {"priority": "1"}, follow=True))
    study.refresh_from_db()
    assert study.priority == Study.Priority.HIGH
    refused = markup_of(person.post(address, {"priority": "7"}, follow=True))
    assert "Select a valid choice" in refused
