"""Shortcuts of single keys: they lead where they say, leave typing alone and can be switched off."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from tests.browser.visiting import signed_in
from tests.webapp.factories import make_study, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_keys_lead_to_pages_and_the_search_and_can_be_switched_off(
    chromium: Browser, live_server: object, broker: None
) -> None:
    make_user()
    study = make_study(name="Doorbell watch", completed=2)
    with signed_in(chromium, str(live_server), 1440) as context:
        page = context.new_page()
        page.goto(reverse("study", args=[study.pk]))
        dialog = page.get_by_role("dialog", name="Shortcuts")
        page.keyboard.press("?")
        expect(dialog).to_be_visible()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()

        page.keyboard.press("/")
        search = page.get_by_role("searchbox", name="Search everything")
        expect(search).to_be_focused()
        page.keyboard.type("gd?")
        expect(search).to_have_value("gd?")  # typed, not obeyed
        expect(dialog).to_be_hidden()
        search.fill("doorbell")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Doorbell watch").click()

        page.locator("body").press("g")
        page.keyboard.press("d")
        expect(page).to_have_url(re.compile(reverse("datasets")))

        page.goto(reverse("trial", args=[study.pk, 1]))
        page.keyboard.press("]")
        expect(page).to_have_url(re.compile(reverse("trial", args=[study.pk, 2])))

        page.keyboard.press("?")
        page.get_by_label("Ignore single keys in this browser").check()
        page.get_by_role("button", name="Close").click()
        page.keyboard.press("[")
        page.keyboard.press("?")
        expect(dialog).to_be_visible()  # how they are switched on again
        expect(page).to_have_url(re.compile(reverse("trial", args=[study.pk, 2])))
