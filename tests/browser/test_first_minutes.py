"""First minutes in a browser: steps, terms by keyboard and without JavaScript, columns in the address."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from tests.browser.visiting import NARROW, WIDE, problems_of_pages, signed_in
from tests.webapp.factories import make_dataset, make_study, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


def test_a_term_opens_by_keyboard_and_closes_by_escape(chromium: Browser, live_server: object) -> None:
    make_user()
    make_dataset()
    with signed_in(chromium, str(live_server), WIDE) as context:
        page = context.new_page()
        page.goto(reverse("new_study"))
        mark = page.get_by_role("button", name="What is: Designer")
        mark.focus()
        page.keyboard.press("Enter")
        note = page.locator("#term-designer-designer")
        expect(note).to_be_visible()
        expect(note).to_contain_text("Section 5 of the paper")
        page.keyboard.press("Escape")
        expect(note).to_be_hidden()


def test_a_term_opens_by_touch_without_javascript_and_leads_to_the_glossary(
    chromium: Browser, live_server: object
) -> None:
    make_user()
    options = {"java_script_enabled": False, "has_touch": True}
    with signed_in(chromium, str(live_server), NARROW, **options) as context:
        page = context.new_page()
        page.goto(reverse("studies"))
        page.get_by_role("button", name="What is: Pareto front").tap()
        note = page.locator("#term-pareto-front")
        expect(note).to_be_visible()
        box = note.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= NARROW
        note.get_by_role("link", name="Glossary").tap()
        expect(page.get_by_role("heading", name="Glossary")).to_be_visible()
        assert page.url.endswith("#pareto-front")


def test_chosen_columns_stand_in_the_address_that_another_person_opens(chromium: Browser, live_server: object) -> None:
    make_user()
    study = make_study(completed=3)
    with signed_in(chromium, str(live_server), WIDE) as context:
        page = context.new_page()
        page.goto(reverse("study", args=[study.pk]))
        page.get_by_text("Columns", exact=True).click()
        for name in ("Float accuracy", "FLOPs", "Parameters", "Blocks", "Front", "Time"):
            page.get_by_role("checkbox", name=name, exact=True).uncheck()
        headers = page.locator("#trials-scroll thead th")
        expect(headers).to_have_count(7)
        page.locator("#sort-energy").click()
        expect(page.locator("#sort-energy .arrow")).to_have_text("↑")
        page.wait_for_url("**sort=energy**")
        sent = page.url
        other = context.new_page()
        other.goto(sent)
        shown = other.locator("#trials-scroll thead th").all_inner_texts()
        names = [name.strip("↑↓\n") for name in shown]
        assert names == ["Tick", "#", "State", "Reward", "int8 acc.", "Energy", "Flash"]


def test_pages_of_the_first_minutes_are_sound_in_both_widths_and_themes(
    chromium: Browser, live_server: object, screenshots: Path | None
) -> None:
    make_user()
    addresses = {"first-steps": reverse("studies"), "glossary": reverse("glossary")}
    assert not problems_of_pages(chromium, str(live_server), addresses, screenshots)
    dataset = make_dataset(name="Kitchen")
    addresses = {"first-steps-ready": reverse("studies"), "terms-study-form": reverse("new_study")}
    assert not problems_of_pages(chromium, str(live_server), addresses, screenshots)
    study = make_study(completed=5, curves=1, dataset=dataset)
    address = reverse("study", args=[study.pk])
    addresses = {"terms-study": f"{address}?column=energy&column=flash", "terms-trial": f"{address}trials/1/"}
    assert not problems_of_pages(chromium, str(live_server), addresses, screenshots)
