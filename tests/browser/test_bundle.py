"""The deploy bundle of a trial in a real browser: every state in both widths and themes, and the download."""

import zipfile
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser

from tests.browser.visiting import WIDE, problems_of_pages, signed_in
from tests.webapp import rows
from tests.webapp.bundles import packed, trial_with_network
from tests.webapp.factories import make_user, with_tflite
from webapp.models import DeployBundle
from webapp.worker.bundling import pack_bundle

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


def test_the_bundle_of_a_trial_looks_right_in_every_state(
    chromium: Browser, live_server: object, screenshots: Path | None
) -> None:
    make_user()
    study = rows.running_study(dataset=rows.ready_dataset(counts={"eval": dict.fromkeys(rows.CLASSES, 20)}))
    trials = [with_tflite(rows.completed_trial(study, seed=seed), b"TFL3") for seed in range(4)]
    packed(trials[1])
    trials[2].bundles.create()
    DeployBundle.objects.create(
        trial=trials[3], state="FAILED", reason="Its features are damaged: prepare the data set."
    )
    names = ("none", "ready", "packing", "failed")
    addresses = {
        f"bundle-{name}": reverse("trial", args=[study.pk, trial.number])
        for name, trial in zip(names, trials, strict=True)
    }
    assert problems_of_pages(chromium, str(live_server), addresses, screenshots) == []


@pytest.mark.slow
def test_a_person_has_a_bundle_packed_and_downloads_it(chromium: Browser, live_server: object, tmp_path: Path) -> None:
    make_user()
    trial = trial_with_network()
    with signed_in(chromium, str(live_server), WIDE, accept_downloads=True) as context:
        page = context.new_page()
        page.goto(reverse("trial", args=[trial.study_id, trial.number]))
        page.get_by_role("button", name="Pack a deploy bundle").click()
        page.get_by_text("The bundle is being packed").wait_for()
        pack_bundle(DeployBundle.objects.get().pk, "data-1")
        with page.expect_download() as saved:
            page.get_by_role("link", name="Download bundle").click()
        saved.value.save_as(tmp_path / "bundle.zip")
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        assert archive.testzip() is None
        assert "doorbell-watch-trial-1/earshot/src/earshot_network.c" in archive.namelist()
