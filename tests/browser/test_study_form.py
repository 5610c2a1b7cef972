"""What a person sees of a new study's form."""

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from tests.browser.visiting import signed_in
from tests.webapp.factories import make_dataset, make_user
from webapp.models import Study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("javascript", [True, False])
def test_the_hybrids_switch_is_asked_for_where_the_hybrid_is_chosen(
    chromium: Browser, live_server: object, javascript: bool
) -> None:
    make_user()
    make_dataset()
    with signed_in(chromium, str(live_server), 1440, java_script_enabled=javascript) as context:
        page = context.new_page()
        page.goto(reverse("new_study"))
        switch = page.get_by_label("Trials before the switch")
        expect(page.get_by_label("Designer")).to_be_visible()
        expect(switch).to_be_hidden()
        page.get_by_label("Designer").select_option("hybrid")
        expect(switch).to_be_visible()
        expect(switch).to_have_value("1000")


def test_a_preset_is_a_button_that_keeps_what_was_typed(chromium: Browser, live_server: object) -> None:
    make_user()
    make_dataset()
    with signed_in(chromium, str(live_server), 1440) as context:
        page = context.new_page()
        page.goto(reverse("new_study"))
        page.get_by_label("Notes").fill("For the hall.")
        page.get_by_role("button", name="Quick look").click()
        expect(page.get_by_label("Notes")).to_have_value("For the hall.")
        expect(page.get_by_label("Full training length")).to_have_value("16")
        page.get_by_role("button", name="NAS-HyperFirefly-b'").click()
        expect(page.get_by_label("Full training length")).to_have_value("200")
        expect(page.get_by_label("Notes")).to_have_value("For the hall.")
        page.get_by_label("Scale of a preset").select_option("10 %")
        page.get_by_role("button", name="1D-NAS-Bayesian").click()
        expect(page.get_by_label("Full training length")).to_have_value("20")
        expect(page.get_by_text("200 instead of 2,000 trials")).to_be_visible()


def test_enter_creates_and_starts_the_study(chromium: Browser, live_server: object, broker: None) -> None:
    make_user()
    make_dataset()
    with signed_in(chromium, str(live_server), 1440) as context:
        page = context.new_page()
        page.goto(reverse("new_study"))
        page.get_by_label("Name").fill("By Enter")
        page.get_by_label("Name").press("Enter")
        expect(page.get_by_role("heading", name="By Enter")).to_be_visible()
    assert Study.objects.get().state == "RUNNING"
