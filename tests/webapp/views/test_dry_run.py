"""The dry run on the form of a study: nothing is saved, nothing typed is lost, everything is marked simulated."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from tests.webapp.factories import make_dataset
from tests.webapp.views.reading import markup_of
from webapp.models import DryRun, Study
from webapp.views.polling import POLLING_OVER
from webapp.worker import dry_running

SETTINGS = {
    "name": "What if",
    "space": "paper_2d",
    "designer": "random",
    "switch_at": "1000",
    "early_stopping": "none",
    "stop_confidence": "0.95",
    "trial_budget": "12",
    "full_epochs": "8",
    "qat_epochs": "4",
    "batch_size": "64",
    "statistics_stride": "1",
    "seed": "7",
    "energy_threshold_mj": "1.25",
    "energy_step_mj": "0.75",
    "energy_step_points": "2",
    "flash_threshold_kb": "60",
    "flash_step_kb": "30",
    "flash_step_points": "2",
    "accuracy_measure": "clips",
    "stream_alarms_per_hour": "1",
    "stream_hours": "3",
    "stream_snr_db": "10",
    "stop_trials": "",
    "stop_hours": "",
    "stop_front_percent": "",
    "stop_front_trials": "",
    "dry_run": "1",
}


def ordered(person: Client, **changes: str) -> str:
    response = person.post(reverse("new_study"), SETTINGS | {"dataset": make_dataset().pk, **changes})
    return response.content.decode()


def finished(person: Client, monkeypatch: pytest.MonkeyPatch, no_recordings: Path, **changes: str) -> DryRun:
    monkeypatch.setattr(dry_running, "SECONDS", 0.0)
    monkeypatch.setattr(dry_running, "RECORDINGS", no_recordings)
    ordered(person, **changes)
    row = DryRun.objects.get()
    dry_running.run(row.pk, "worker")
    return row


def test_a_dry_run_is_ordered_from_the_form_which_keeps_what_was_typed(person: Client) -> None:
    text = ordered(person)
    row = DryRun.objects.get()
    assert (row.state, row.settings["trial_budget"], row.settings["seed"]) == ("WAITING", 12, 7)
    assert row.owner is not None
    assert not Study.objects.exists()
    assert 'value="What if"' in text
    assert reverse("dry_run", args=[row.pk]) in text
    assert "simulated, nothing is trained" in text
    assert "No search worker is running" in text


def test_wrong_settings_are_marked_and_nothing_is_ordered(person: Client) -> None:
    assert "Must be at least 1." in ordered(person, trial_budget="0")
    assert not DryRun.objects.exists()


def test_what_was_simulated_of_a_hybrid_is_said(
    person: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    row = finished(person, monkeypatch, tmp_path, designer="hybrid", trial_budget="4")
    text = markup_of(person.get(reverse("dry_run", args=[row.pk])))
    assert "Simulation of the first 4 trials with these settings" in text
    assert "1 simulated search for each number of training workers" in text
    assert "the switch comes later, after 1,000" in text
    assert "lower to upper quartile" not in text
    DryRun.objects.update(state="RUNNING")
    assert "Simulating a Gaussian process" in person.get(reverse("dry_run", args=[row.pk])).content.decode()


def test_a_draft_has_a_dry_run_and_is_not_changed_by_it(person: Client) -> None:
    saved = {name: value for name, value in SETTINGS.items() if name != "dry_run"}
    person.post(reverse("new_study"), saved | {"dataset": make_dataset().pk, "trial_budget": "30"})
    draft = Study.objects.get()
    values = SETTINGS | {"dataset": draft.dataset_id, "trial_budget": "9"}
    response = person.post(reverse("edit_study", args=[draft.pk]), values)
    assert response.status_code == 200
    assert DryRun.objects.get().settings["trial_budget"] == 9
    draft.refresh_from_db()
    assert draft.trial_budget == 30


def test_the_result_is_a_table_that_says_it_is_simulated(
    person: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    row = finished(person, monkeypatch, tmp_path)
    text = person.get(reverse("dry_run", args=[row.pk])).content.decode()
    assert "simulated, nothing is trained" in text
    assert "Simulated best reward" in text
    assert "16 workers" in text
    assert "Wall time" in text
    assert "a made-up landscape" in text
    assert "Training time saved" not in text


def test_what_early_stopping_saves_is_shown_where_it_is_chosen(
    person: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    row = finished(person, monkeypatch, tmp_path, early_stopping="exponential_decay", trial_budget="30")
    text = person.get(reverse("dry_run", args=[row.pk])).content.decode()
    assert "Training time saved" in text
    assert "Trials stopped early" in text
    assert "is simulated on synthetic learning curves" in text


def test_the_page_asks_until_there_is_a_result(person: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ordered(person)
    row = DryRun.objects.get()
    address = reverse("dry_run", args=[row.pk])
    waiting = person.get(address, headers={"HX-Request": "true"})
    assert waiting.status_code == 200
    assert "hx-trigger" in waiting.content.decode()
    assert "<html" not in waiting.content.decode()
    monkeypatch.setattr(dry_running, "SECONDS", 0.0)
    dry_running.run(row.pk, "worker")
    done = person.get(address, headers={"HX-Request": "true"})
    assert done.status_code == POLLING_OVER
    assert "hx-trigger" not in done.content.decode()


def test_a_dry_run_that_nobody_ends_says_so(person: Client) -> None:
    ordered(person)
    row = DryRun.objects.get()
    DryRun.objects.update(created_at=row.created_at - timedelta(minutes=6))
    response = person.get(reverse("dry_run", args=[row.pk]), headers={"HX-Request": "true"})
    assert response.status_code == POLLING_OVER
    assert "Start another dry run" in response.content.decode()


def test_a_failed_dry_run_says_why(person: Client) -> None:
    ordered(person)
    DryRun.objects.update(state="FAILED", reason="of 20 networks none can be trained")
    text = person.get(reverse("dry_run", args=[DryRun.objects.get().pk])).content.decode()
    assert "of 20 networks none can be trained" in text


def test_an_unknown_dry_run_is_not_found(person: Client) -> None:
    assert person.get(reverse("dry_run", args=[10**6])).status_code == 404
