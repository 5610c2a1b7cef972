"""Comparisons in a browser: choosing studies, the outlook of the paper's five, a table that refreshes itself."""

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from tests.browser.visiting import WIDE, signed_in
from tests.webapp.factories import make_dataset, make_study, make_user
from webapp.models import Comparison, Study, Trial

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


def test_what_is_ticked_stays_when_the_studies_are_filtered(chromium: Browser, live_server: object) -> None:
    make_user()
    kitchen, hall = make_dataset(name="Kitchen"), make_dataset(name="Hall")
    one, two, other = (
        make_study(name=name, dataset=dataset, state="DRAFT")
        for name, dataset in (("one", kitchen), ("two", hall), ("other", kitchen))
    )
    with signed_in(chromium, str(live_server), WIDE) as context:
        page = context.new_page()
        page.goto(reverse("new_comparison"))
        page.get_by_label("one", exact=True).check()
        page.get_by_label("Dataset of the studies").select_option("Hall")
        expect(page.get_by_label("other", exact=True)).to_have_count(0)
        expect(page.get_by_label("one", exact=True)).to_be_checked()
        page.get_by_label("two", exact=True).check()
        page.locator("#comparison-form").get_by_label("Name").fill("Both")
        page.get_by_role("button", name="Compare").click()
        expect(page.get_by_role("heading", name="Both")).to_be_visible()
    assert set(Comparison.objects.get().studies.all()) == {one, two}
    assert not other.comparisons.exists()


def test_the_outlook_follows_the_scale_and_the_five_start(chromium: Browser, live_server: object) -> None:
    make_user()
    make_dataset(name="Kitchen")
    with signed_in(chromium, str(live_server), WIDE) as context:
        page = context.new_page()
        page.goto(reverse("new_comparison"))
        expect(page.locator("#outlook")).to_contain_text("At full size, as in the paper.")
        page.get_by_label("Scale").select_option("0.02")
        expect(page.locator("#outlook")).to_contain_text("40 instead of 2,000 trials")
        page.get_by_role("button", name="Create and start all five").click()
        expect(page.get_by_role("link", name="1D-NAS-Bayesian", exact=True)).to_be_visible()
    assert Study.objects.filter(state="RUNNING", trial_budget=40).count() == 5


def test_the_table_and_the_chart_follow_a_study_at_work(chromium: Browser, live_server: object) -> None:
    make_user()
    study = make_study(completed=1, running=1, trial_budget=9)
    made = Comparison.objects.create(name="Live")
    made.studies.add(study)
    with signed_in(chromium, str(live_server), WIDE) as context:
        page = context.new_page()
        page.goto(reverse("comparison", args=[made.pk]))
        expect(page.locator("#rows")).to_contain_text("1 / 9")
        page.locator("[data-chart] .main-svg").first.wait_for()
        with page.expect_response(lambda response: "energy.json" in response.url):
            Trial.objects.filter(study=study, state="RUNNING").update(state="FAILED", reason="killed")
        expect(page.locator("#rows")).to_contain_text("2 / 9")
