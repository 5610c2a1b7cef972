"""A person steers a running study, by keyboard and mouse, with real rows and the real services."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from tests.browser.visiting import problems_of_pages, signed_in
from tests.webapp import rows
from tests.webapp.factories import make_dataset, make_study, make_user
from webapp.models import Study
from webapp.worker.history import Memory, history_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("broker"),
]


@pytest.fixture
def study() -> Study:
    """A running study whose first trial is its best."""
    make_user()
    study = rows.running_study(name="Doorbell at night", trial_budget=20, dataset=make_dataset())
    for seed, accuracy in enumerate([0.82, 0.74, 0.69], start=1):
        rows.completed_trial(study, seed=seed, int8_accuracy=accuracy)
    return study


def test_a_stop_rule_is_set_while_a_study_runs_and_stops_it_with_its_figures(
    chromium: Browser, live_server: object, study: Study, screenshots: Path | None
) -> None:
    with signed_in(chromium, str(live_server), 1440) as context:
        page = context.new_page()
        page.goto(reverse("study", args=[study.pk]))
        page.get_by_role("link", name="Steer").click()
        page.get_by_label("Stop after trials without a better reward").fill("3")
        page.get_by_label("Stop after trials without a better reward").press("Enter")
        expect(page.get_by_text("The stop rules are changed.")).to_be_visible()
        expect(page.get_by_role("heading", name="Doorbell at night")).to_contain_text("running")
        rows.completed_trial(study, seed=9, int8_accuracy=0.71)
        notice = page.locator("#header .notice")  # fetched as the page learns of the change
        expect(notice).to_contain_text("Stop rule: no better reward in 3 trials. The best, 0.7800", timeout=15_000)
        expect(notice).to_contain_text("is that of trial 1; 3 trials have ended after it")
        expect(page.get_by_role("heading", name="Doorbell at night")).to_contain_text("stopped")
        expect(page.locator("#events-list")).to_contain_text("Stop rule: no better reward in 3 trials")
    addresses = {"steer": reverse("steer_study", args=[study.pk]), "form-rules": reverse("new_study")}
    addresses["stopped-by-rule"] = reverse("study", args=[study.pk])
    assert problems_of_pages(chromium, str(live_server), addresses, screenshots) == []


def test_a_network_is_added_by_hand_and_its_result_reaches_the_designer(
    chromium: Browser, live_server: object, study: Study, screenshots: Path | None
) -> None:
    other = make_study(name="Doorbell by day", completed=3, dataset=study.dataset)
    network = other.trials.get(number=2).architecture_id
    with signed_in(chromium, str(live_server), 1440) as context:
        page = context.new_page()
        page.goto(reverse("steer_study", args=[study.pk]))
        page.get_by_label("Study", exact=True).select_option("Doorbell by day")
        page.get_by_label("Number of its trial").fill("2")
        page.get_by_role("button", name="Add the network of the trial").click()
        expect(page.get_by_text("Added as trial 4; the budget has grown by one.")).to_be_visible()
        expect(page.locator(".notice", has_text="Added by hand: trial 2 of Doorbell by day.")).to_be_visible()
        trial = study.trials.get(number=4)
        assert (trial.architecture_id, trial.state) == (network, "REQUESTED")
        rows.complete(trial)
        expect(page.get_by_role("heading", name="Trial 4")).to_contain_text("completed", timeout=15_000)
        page.goto(reverse("study", args=[study.pk]))
        expect(page.locator("#trials")).to_contain_text("added by hand")
        expect(page.locator("#progress")).to_contain_text("4 of 21")
        page.goto(reverse("steer_study", args=[study.pk]))
        page.get_by_role("button", name="Add the published network").click()
        expect(page.get_by_text("the designer does not learn from it")).to_be_visible()
    assert network in history_of(study, Memory()).finished
    address = reverse("trial", args=[study.pk, 5])
    assert problems_of_pages(chromium, str(live_server), {"added-network": address}, screenshots) == []


def test_a_draft_starts_from_the_results_of_another_study(
    chromium: Browser, live_server: object, study: Study, screenshots: Path | None
) -> None:
    draft = make_study(name="Doorbell again", state="DRAFT", dataset=study.dataset, trial_budget=9)
    addresses = {"warm-draft": reverse("study", args=[draft.pk])}
    assert problems_of_pages(chromium, str(live_server), addresses, screenshots) == []
    with signed_in(chromium, str(live_server), 1440) as context:
        page = context.new_page()
        page.goto(reverse("study", args=[draft.pk]))
        page.get_by_label("Start from the results of").select_option("Doorbell at night")
        page.get_by_label("Networks, at most").fill("2")
        page.get_by_role("button", name="Choose", exact=True).click()
        expect(page.get_by_text("The study starts from Doorbell at night.")).to_be_visible()
        page.get_by_role("button", name="Start", exact=True).click()
        expect(page.locator("#warm-start")).to_contain_text("the first 2 trials are the best networks of Doorbell")
        expect(page.locator("#progress")).to_contain_text("2 waiting")
        expect(page.locator("#trials")).to_contain_text("warm start")
        page.locator("#trial-1").click()
        expect(page.locator(".notice", has_text="Warm start: trial 1 of Doorbell at night.")).to_be_visible()
    addresses = {"warm-started": reverse("study", args=[draft.pk])}
    assert problems_of_pages(chromium, str(live_server), addresses, screenshots) == []
