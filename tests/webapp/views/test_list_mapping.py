"""The page on which the columns of a list are mapped, and the choice of ESC-50's classes."""

from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from tests.webapp.factories import make_dataset
from tests.webapp.views.reading import text_of
from tests.webapp.views.test_datasets import archive
from webapp.models import Dataset, ListProfile

pytestmark = pytest.mark.django_db
COLUMNS = {
    "list": "notes.csv",
    "names": ["clip", "what", "walk <1>"],
    "rows": [["a.wav", "dog", "w1"], ["b.wav", "cat", "w1"]],
    "proposal": {"path": "clip", "label": "what"},
}


def waiting() -> Dataset:
    values = {
        "state": "FAILED",
        "error": "notes.csv: confirm the column.",
        "columns": COLUMNS,
        "upload": "uploads/x.zip",
    }
    return Dataset.objects.create(name="kitchen", **values)


def test_the_page_shows_the_first_rows_and_the_proposal(person: Client) -> None:
    page = person.get(reverse("dataset", args=[waiting().pk]))
    text = text_of(page)
    assert page.status_code == 200
    assert "Columns of notes.csv" in text
    assert "<td>w1</td>" in text
    assert '<option value="what" selected>what</option>' in text
    assert "walk &lt;1&gt;" in text
    assert "The upload is kept" in text


def test_columns_that_are_chosen_prepare_the_dataset_and_are_kept_as_a_profile(person: Client) -> None:
    dataset = waiting()
    values = {"path": "clip", "label": "(folder)", "group": "walk <1>", "profile": " my  walks "}
    response = person.post(reverse("map_list", args=[dataset.pk]), values)
    assert response.headers["Location"] == reverse("dataset", args=[dataset.pk])
    dataset.refresh_from_db()
    mapping = {"path": "clip", "label": "(folder)", "group": "walk <1>"}
    assert (dataset.state, dataset.options["reading"]["mapping"]) == ("PREPARING", mapping)
    assert (ListProfile.objects.get().name, ListProfile.objects.get().mapping) == ("my walks", mapping)


def test_folders_as_classes_are_the_users_statement(person: Client) -> None:
    dataset = waiting()
    person.post(reverse("map_list", args=[dataset.pk]), {"path": "clip", "ignore_lists": "on"})
    dataset.refresh_from_db()
    assert dataset.options["reading"]["mapping"] == {"ignore_lists": True}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "Choose the columns of file and class."),
        ({"path": "clip"}, "The mapping has no label"),
        ({"path": "clip", "label": "what", "start": "clip"}, "one of start and end"),
        ({"path": "nowhere", "label": "what"}, "nowhere is not one of the available choices"),
    ],
)
def test_a_mapping_that_is_wrong_is_shown_again_with_the_reason(
    person: Client, values: dict[str, str], message: str
) -> None:
    dataset = waiting()
    response = person.post(reverse("map_list", args=[dataset.pk]), values)
    assert response.status_code == 422
    assert message in unescape(text_of(response))
    dataset.refresh_from_db()
    assert dataset.state == "FAILED"


def test_a_profile_fills_the_form_in_and_can_be_deleted(person: Client) -> None:
    dataset = waiting()
    profile = ListProfile.objects.create(name="walks", mapping={"path": "what", "label": "walk <1>"})
    text = text_of(person.get(reverse("dataset", args=[dataset.pk]), {"profile": profile.pk}))
    assert '<option value="what" selected>what</option>' in text
    assert '<option value="walk &lt;1&gt;" selected>' in text
    person.post(reverse("delete_list_profile", args=[dataset.pk, profile.pk]))
    assert not ListProfile.objects.exists()


@pytest.mark.parametrize("profile", ["x", "9" * 30, "-1", "4"])
def test_a_profile_that_is_not_there_leaves_the_proposal(person: Client, profile: str) -> None:
    text = text_of(person.get(reverse("dataset", args=[waiting().pk]), {"profile": profile}))
    assert '<option value="what" selected>what</option>' in text


def test_a_dataset_that_does_not_wait_is_not_mapped(person: Client) -> None:
    dataset = make_dataset()
    response = person.post(reverse("map_list", args=[dataset.pk]), {"path": "a", "label": "b"}, follow=True)
    assert "does not wait for the columns of a list" in text_of(response)
    dataset.refresh_from_db()
    assert dataset.state == "READY"


@pytest.mark.parametrize(("choice", "reading"), [("all", {"esc50_classes": "all"}), ("", None)])
def test_the_classes_of_esc_50_are_chosen_with_the_upload(person: Client, choice: str, reading: object) -> None:
    person.post(reverse("new_dataset"), {"name": "x", "file": archive(), "esc50_classes": choice, "upload": "1"})
    assert Dataset.objects.get().options.get("reading") == reading


def test_no_leak_is_stated_only_where_recordings_are_known(person: Client) -> None:
    dataset = make_dataset(clips_a_class=1, problems=[])
    dataset.clips.update(group="")
    address = reverse("dataset", args=[dataset.pk])
    assert "no recording lies in two splits" not in text_of(person.get(address))
    assert "Which clips come from one recording is not known" in text_of(person.get(address))
    dataset.clips.update(group="walk")
    assert "no recording lies in two splits" in text_of(person.get(address))
