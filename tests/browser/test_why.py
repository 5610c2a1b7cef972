"""The page that explains a study in a real browser: every chart is drawn, readable, has its table; no JavaScript."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from tests.browser.visiting import problems_of_pages, signed_in
from tests.webapp.factories import make_study, make_user, make_workers, stopped_early
from webapp.charts.why.page import SECTIONS
from webapp.models import Study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def study(broker: None) -> Study:
    """A search with trials of every kind, enough for importances."""
    make_user()
    make_workers()
    study = make_study(name="Doorbell watch", completed=90, failed=3, curves=90)
    for trial in study.trials.order_by("number")[10:20]:
        stopped_early(trial)
    return study


def test_the_page_is_readable_in_every_view_and_says_so_where_there_is_little_to_see(
    chromium: Browser, live_server: object, study: Study, screenshots: Path | None
) -> None:
    addresses = {
        "why": reverse("study_why", args=[study.pk]) + "?of=energy",
        "why-few": reverse("study_why", args=[make_study(completed=3, curves=2).pk]),
    }
    assert problems_of_pages(chromium, str(live_server), addresses, screenshots) == []


def test_every_chart_is_drawn_and_the_goal_is_chosen_by_keyboard(
    chromium: Browser, live_server: object, study: Study
) -> None:
    with signed_in(chromium, str(live_server), 1440) as context:
        page = context.new_page()
        page.goto(reverse("study", args=[study.pk]))
        page.get_by_role("link", name="Why it works").click()
        for part in SECTIONS:
            expect(page.locator(f"#{part} .main-svg").first).to_be_visible()
        page.get_by_label("Charts of means show").select_option("flash")
        page.get_by_role("button", name="Show", exact=True).press("Enter")
        expect(page.locator("#levels figcaption")).to_have_text("Mean flash by choice and block")
        table = page.locator("#importance details")
        table.locator("summary").press("Enter")
        expect(table.get_by_role("row", name="block 1 filters")).to_be_visible()


def test_without_javascript_the_page_holds_drawings_of_the_same_figures(
    chromium: Browser, live_server: object, study: Study, screenshots: Path | None
) -> None:
    with signed_in(chromium, str(live_server), 1440, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(reverse("study_why", args=[study.pk]))
        for part in SECTIONS:
            drawing = page.locator(f"#{part} svg.drawing")
            expect(drawing).to_be_visible()
            box = drawing.bounding_box()
            assert box is not None
            assert box["height"] > 200
        if screenshots:
            page.screenshot(path=screenshots / "why-no-javascript.png", full_page=True)
