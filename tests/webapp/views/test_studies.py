"""The list of studies, the form, and what a person may do to a study."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.webapp.factories import make_dataset, make_study
from tests.webapp.views.reading import markup_of
from webapp.models import Event, Study, Trial

pytestmark = pytest.mark.django_db

SETTINGS = {
    "name": "Doorbell watch", "notes": "", "space": "paper_2d", "designer": "random", "trial_budget": "12",
    "switch_at": "1000", "full_epochs": "8", "qat_epochs": "4", "batch_size": "64", "statistics_stride": "1",
    "seed": "3",
    "energy_threshold_mj": "1.25", "energy_step_mj": "0.75", "energy_step_points": "2", "flash_threshold_kb": "60",
    "flash_step_kb": "30", "flash_step_points": "2", "early_stopping": "tsgp", "stop_confidence": "0.9",
    "accuracy_measure": "clips", "stream_alarms_per_hour": "1", "stream_hours": "3", "stream_snr_db": "10",
    "stop_trials": "9", "stop_hours": "", "stop_front_percent": "1.5", "stop_front_trials": "8",
}  # fmt: skip


def test_without_anything_the_list_leads_to_a_dataset_then_to_a_study(person: Client) -> None:
    text = person.get(reverse("studies")).content.decode()
    assert "No study yet" in text
    assert reverse("new_dataset") in text
    make_dataset()
    assert "Create the first study" in person.get(reverse("studies")).content.decode()


def test_the_list_shows_progress_and_the_partial_alone_to_htmx(person: Client) -> None:
    make_study(name="Doorbell watch", completed=3, running=1, trial_budget=10)
    text = person.get(reverse("studies")).content.decode()
    assert "Doorbell watch" in text
    assert "3 / 10" in text
    part = person.get(reverse("studies"), headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert "<html" not in part.content.decode()


def test_refreshing_the_list_stops_when_no_study_is_live(person: Client) -> None:
    make_study(completed=1)
    assert person.get(reverse("studies"), headers={"HX-Request": "true"}).status_code == 286


def test_no_match_is_said_with_a_way_back(person: Client) -> None:
    make_study(name="Doorbell watch")
    text = person.get(reverse("studies"), {"q": "attic"}).content.decode()
    assert "No study matches" in text
    assert "Show all studies" in text


def test_a_study_is_saved_as_a_draft(person: Client) -> None:
    dataset = make_dataset()
    response = person.post(reverse("new_study"), SETTINGS | {"dataset": dataset.pk, "save": "1"})
    study = Study.objects.get()
    assert response.headers["Location"] == reverse("study", args=[study.pk])
    assert (study.state, study.designer, study.trial_budget) == ("DRAFT", "random", 12)
    assert study.owner is not None
    assert len(study.space_spec["positions"]) == 12
    assert study.space_spec["head"]["classes"] == 9


def test_a_study_is_created_and_started(person: Client) -> None:
    person.post(reverse("new_study"), SETTINGS | {"dataset": make_dataset().pk, "start": "1"})
    study = Study.objects.get()
    assert study.state == "RUNNING"
    actors = set(Event.objects.filter(study=study).values_list("actor__username", flat=True))
    assert actors == {"ada"}


def test_a_study_on_a_dataset_that_is_not_ready_stays_a_draft_and_says_why(person: Client) -> None:
    dataset = make_dataset(state="PREPARING", pack="", classes=[], counts={})
    response = person.post(reverse("new_study"), SETTINGS | {"dataset": dataset.pk, "start": "1"}, follow=True)
    assert Study.objects.get().state == "DRAFT"
    assert "Saved as a draft. The dataset" in response.content.decode()


def test_wrong_settings_are_marked_and_nothing_is_saved(person: Client) -> None:
    response = person.post(
        reverse("new_study"), SETTINGS | {"dataset": make_dataset().pk, "trial_budget": "0", "energy_step_mj": "x"}
    )
    assert response.status_code == 422
    assert Study.objects.count() == 0
    assert set(response.context["form"].errors) == {"trial_budget", "energy_step_mj"}
    assert "Nothing was saved" in response.content.decode()


def test_a_taken_name_is_refused(person: Client) -> None:
    study = make_study(name="Doorbell watch")
    response = person.post(reverse("new_study"), SETTINGS | {"dataset": study.dataset_id})
    assert response.status_code == 422
    assert "This name is taken: choose another one." in markup_of(response)


def test_a_preset_fills_the_form_under_a_free_name(person: Client) -> None:
    make_study(name="Quick look")
    form = person.get(reverse("new_study"), {"preset": "quick"}).context["form"]
    assert form["trial_budget"].value() == 12
    assert form["name"].value() == "Quick look 2"


def test_another_studys_settings_fill_the_form(person: Client) -> None:
    study = make_study(seed=99, trial_budget=77)
    form = person.get(reverse("new_study"), {"from": study.pk}).context["form"]
    assert form["trial_budget"].value() == 77
    assert form["dataset"].value() == study.dataset_id
    assert person.get(reverse("new_study"), {"from": 99999}).status_code == 404


def test_a_study_file_fills_the_form_and_saves_nothing(person: Client) -> None:
    dataset = make_dataset()
    file = SimpleUploadedFile("study.toml", b'name = "From a file"\ntrials = 5\nenergy_step_mj = 1.75')
    response = person.post(reverse("new_study"), {"read_file": "1", "dataset": dataset.pk, "file": file})
    form = response.context["form"]
    assert (form["trial_budget"].value(), form["name"].value(), form["dataset"].value()) == (
        5,
        "From a file",
        dataset.pk,
    )
    assert "1.75 mJ more must bring 2 points" in response.content.decode()
    assert Study.objects.count() == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"trails = 5", "no setting named trails. Did you mean trials?"),
        (b"\xff\xfe not text", "This is not valid TOML"),
        (b"x" * 70_000, "that is no study file"),
        (b"dataset = 'attic'", "no dataset named attic"),
    ],
)
def test_a_wrong_study_file_says_what_is_wrong(person: Client, content: bytes, message: str) -> None:
    file = SimpleUploadedFile("study.toml", content)
    response = person.post(reverse("new_study"), {"read_file": "1", "file": file})
    assert response.status_code == 422
    assert message in response.content.decode()


def test_no_study_file_says_so(person: Client) -> None:
    assert "Choose a study file first." in person.post(reverse("new_study"), {"read_file": "1"}).content.decode()


def test_the_sentences_follow_the_form(person: Client) -> None:
    values = SETTINGS | {"energy_step_mj": "1.75", "flash_step_points": "1"}
    text = person.get(reverse("explain_study"), values).content.decode()
    assert "1.75 mJ more must bring 2 points of accuracy" in text
    assert "30 kB more must bring 1 point of accuracy" in text
    assert "must be numbers" in person.get(reverse("explain_study"), values | {"energy_step_mj": ""}).content.decode()


def test_the_estimate_comes_from_earlier_trials(person: Client) -> None:
    study = make_study(completed=4, full_epochs=8)
    text = markup_of(person.get(reverse("explain_study"), SETTINGS | {"dataset": study.dataset_id}))
    assert "estimated from 4 earlier trials" in text


def test_a_draft_can_be_edited_and_a_running_study_cannot(person: Client) -> None:
    draft = make_study(state="DRAFT", trial_budget=5)
    values = SETTINGS | {"dataset": draft.dataset_id, "name": "Renamed", "trial_budget": "9"}
    shown = person.get(reverse("edit_study", args=[draft.pk]))
    person.post(reverse("edit_study", args=[draft.pk]), values | {"seen": shown.context["seen"]})
    draft.refresh_from_db()
    assert (draft.name, draft.trial_budget, draft.state) == ("Renamed", 9, "DRAFT")
    running = make_study(state="RUNNING", trial_budget=5)
    response = person.post(reverse("edit_study", args=[running.pk]), values | {"name": "Other"}, follow=True)
    running.refresh_from_db()
    assert running.name != "Other"
    assert "Only a draft can be edited" in response.content.decode()


@pytest.mark.parametrize(
    ("state", "action", "new_state"),
    [
        ("DRAFT", "start", "RUNNING"),
        ("RUNNING", "pause", "PAUSED"),
        ("PAUSED", "resume", "RUNNING"),
        ("RUNNING", "stop", "STOPPED"),
    ],
)
def test_the_buttons_move_the_study(person: Client, state: str, action: str, new_state: str) -> None:
    study = make_study(state=state, trial_budget=5)
    response = person.post(reverse("study_action", args=[study.pk, action]))
    assert response.headers["Location"] == reverse("study", args=[study.pk])
    study.refresh_from_db()
    assert study.state == new_state


def test_a_move_that_the_state_forbids_is_explained(person: Client) -> None:
    study = make_study(completed=1)
    response = person.post(reverse("study_action", args=[study.pk, "pause"]), follow=True)
    assert "is completed; to pause it, it must be running" in response.content.decode()
    study.refresh_from_db()
    assert study.state == "COMPLETED"


def test_an_unknown_move_is_not_found(person: Client) -> None:
    study = make_study(completed=1)
    assert person.post(reverse("study_action", args=[study.pk, "explode"])).status_code == 404
    assert person.get(reverse("study_action", args=[study.pk, "start"])).status_code == 405


def test_extending_a_completed_study_runs_it_again(person: Client) -> None:
    study = make_study(completed=3)
    person.post(reverse("extend_study", args=[study.pk]), {"additional_trials": "7"})
    study.refresh_from_db()
    assert (study.trial_budget, study.state) == (10, "RUNNING")


def test_what_is_added_is_what_was_checked(person: Client) -> None:
    study = make_study(completed=3)
    person.post(reverse("extend_study", args=[study.pk]), {"additional_trials": "0000000007"})
    study.refresh_from_db()
    assert study.trial_budget == 10


@pytest.mark.parametrize(
    "wanted", ["", "0", "-3", "many", "99999999999999", "20001", "0" * 9 + "20001", "9" * 5000, "٣"]
)
def test_a_wrong_number_of_additional_trials_changes_nothing(person: Client, wanted: str) -> None:
    study = make_study(completed=3)
    response = person.post(reverse("extend_study", args=[study.pk]), {"additional_trials": wanted}, follow=True)
    assert "Give the number of additional trials" in response.content.decode()
    study.refresh_from_db()
    assert study.trial_budget == 3


def test_a_clone_is_a_draft_with_the_same_settings(person: Client) -> None:
    study = make_study(completed=2, seed=5, energy_step_mj=1.75)
    response = person.post(reverse("clone_study", args=[study.pk]), follow=True)
    copy = Study.objects.get(cloned_from=study)
    assert (copy.state, copy.energy_step_mj, copy.dataset) == ("DRAFT", 1.75, study.dataset)
    assert "This is a copy of the settings as a draft" in response.content.decode()


def test_deleting_takes_a_study_and_its_trials_but_not_a_running_one(person: Client) -> None:
    study = make_study(completed=2)
    person.post(reverse("delete_study", args=[study.pk]))
    assert not Trial.objects.exists()
    running = make_study(running=1)
    response = person.post(reverse("delete_study", args=[running.pk]), follow=True)
    assert "stop it before you delete it" in response.content.decode()
    assert Study.objects.filter(pk=running.pk).exists()
