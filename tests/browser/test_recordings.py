"""Recordings of one's own and clips that were got wrong, in a real browser: how they look, uploaded, heard."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from tests.browser.visiting import WIDE, problems_of_pages, signed_in
from tests.webapp import rows
from tests.webapp.bundles import network_of
from tests.webapp.factories import make_user, make_workers, with_tflite
from tests.webapp.packs import dataset_with_features
from tests.webapp.recordings import archive, evaluated_on, kitchen, stored
from tests.webapp.streams import evaluated
from tests.webapp.views.test_clip_mistakes import CONFUSION, MISTAKES, an_opening
from webapp import translation
from webapp.models import RecordingSet, Trial
from webapp.services import recordings
from webapp.worker.recording_sets import read_recordings

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


def a_trial() -> Trial:
    """A trial with a real network whose mistakes were kept."""
    study = rows.running_study(name="Doorbell watch", dataset=dataset_with_features())
    trial = rows.completed_trial(study, confusion=CONFUSION, mistakes=MISTAKES)
    return with_tflite(trial, network_of(translation.architecture(trial.architecture)))


def test_recordings_and_mistakes_look_right(chromium: Browser, live_server: object, screenshots: Path | None) -> None:
    make_user()
    trial = a_trial()
    evaluated(trial)
    measured = stored(trial.study.dataset)
    evaluated_on(trial, measured)
    night = recordings.add(dataset_id=measured.dataset_id, name="night", file=archive(kitchen(), "night.zip"))
    RecordingSet.objects.filter(pk=night.pk).update(
        state="REFUSED", error="The archive cannot be used: the zip is cut or damaged (File is not a zip file)."
    )
    recordings.add(dataset_id=measured.dataset_id, name="hall", file=archive(kitchen(), "hall.zip"))
    empty = dataset_with_features()
    addresses = {
        "recordings": reverse("recordings", args=[measured.dataset_id]),
        "recordings-none": reverse("recordings", args=[empty.pk]),
        "trial-on-recordings": reverse("trial", args=[trial.study_id, trial.number]),
        "opening-mistakes": reverse("opening_mistakes", args=[an_opening().pk]),
    }
    assert problems_of_pages(chromium, str(live_server), addresses, screenshots) == []


def test_a_person_uploads_recordings_and_hears_a_mistake_on_them(
    chromium: Browser, live_server: object, tmp_path: Path
) -> None:
    make_user()
    make_workers()
    trial = a_trial()
    (tmp_path / "kitchen.zip").write_bytes(archive(kitchen()).read())
    with signed_in(chromium, str(live_server), WIDE) as context:
        page = context.new_page()
        page.goto(reverse("dataset", args=[trial.study.dataset_id]))
        page.get_by_role("link", name="Recordings").click()
        page.get_by_label("Name").fill("my kitchen")
        page.locator("#id_file").set_input_files(tmp_path / "kitchen.zip")
        page.get_by_role("button", name="Upload").click()
        expect(page.get_by_text("kitchen.zip is being read.")).to_be_visible()
        added = RecordingSet.objects.get()
        read_recordings(added.pk, "data-1")
        expect(page.get_by_text("'cow' (1)")).to_be_visible()
        evaluated_on(trial, added)
        page.goto(reverse("trial", args=[trial.study_id, trial.number]) + "#streams")
        page.locator("#mistakes-missed summary").click()
        player = page.locator("#mistakes-missed audio").first
        player.evaluate("audio => { audio.muted = true; return audio.play() }")
        page.wait_for_function("audio => audio.currentTime > 0.2", arg=player.element_handle())


def test_a_person_hears_a_clip_that_was_got_wrong(chromium: Browser, live_server: object) -> None:
    make_user()
    trial = a_trial()
    with signed_in(chromium, str(live_server), WIDE) as context:
        page = context.new_page()
        page.goto(reverse("trial", args=[trial.study_id, trial.number]))
        page.get_by_role("link", name="1 clips of alarm answered dog").click()
        section = page.locator("#clip-mistakes")
        expect(section.locator("audio")).to_have_count(1)
        section.locator("audio").evaluate("audio => { audio.muted = true; return audio.play() }")
        page.wait_for_function("audio => audio.currentTime > 0.2", arg=section.locator("audio").element_handle())
        section.get_by_role("link", name="Show all").click()
        expect(section.locator("audio")).to_have_count(3)
