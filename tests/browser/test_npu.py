"""Ethos-U in a real browser: energy model, form, study and a trial's blocks, in both widths and themes."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser

from tests.browser.visiting import problems_of_pages
from tests.webapp import rows
from tests.webapp.factories import make_user
from tests.webapp.npus import compiled, npu_model
from webapp.services import trials

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


def test_the_pages_of_an_npu_look_right(chromium: Browser, live_server: object, screenshots: Path | None) -> None:
    make_user()
    model = npu_model(12.5, name="Doorbell")
    study = rows.running_study(energy_model=model, dataset=rows.ready_dataset(counts={"eval": {"dog": 20}}))
    trial = rows.running_trial(study)
    compiled(trial, fallbacks=1)
    compiled(trial, "ethos-u65-256")
    compiled(trial, "ethos-u85-256")
    refused = rows.running_trial(study, seed=1)
    reason = "ethos-u55-128: inference time estimate 0.300 ms exceeds the hard limit of 0.2 ms"
    assert trials.infeasible(trial_id=refused.pk, worker="worker-a", reason=reason)
    addresses = {
        "npu-models": reverse("energy_models", args=[model.device_id]),
        "npu-model": reverse("energy_model", args=[model.device_id, model.version]),
        "npu-study": reverse("study", args=[study.pk]),
        "npu-form": reverse("new_study"),
        "npu-trial": reverse("trial", args=[study.pk, trial.number]),
        "npu-infeasible": reverse("trial", args=[study.pk, refused.number]),
    }
    assert problems_of_pages(chromium, str(live_server), addresses, screenshots) == []
