"""The button, and the result that comes without another click."""

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from tests.browser.visiting import signed_in
from tests.webapp.factories import make_dataset, make_user
from webapp.models import DryRun, Study
from webapp.worker import dry_running

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_dry_run_shows_its_result_below_the_form_it_came_from(
    chromium: Browser, live_server: object, broker: None
) -> None:
    make_user()
    make_dataset(name="Kitchen")
    with signed_in(chromium, str(live_server), 1440) as context:
        page = context.new_page()
        page.goto(reverse("new_study"))
        page.get_by_label("Name").fill("What if")
        page.get_by_label("Designer").select_option("random")
        page.get_by_role("button", name="Dry run").click()
        part = page.get_by_role("region", name="Dry run", exact=True)
        expect(part).to_contain_text("Waiting for a search worker")
        dry_running.run(DryRun.objects.get().pk, "worker")
        expect(part).to_contain_text("Simulated best reward")
        expect(part.get_by_role("row", name="Wall time")).to_be_visible()
        expect(page.get_by_label("Name")).to_have_value("What if")
    assert not Study.objects.exists()
