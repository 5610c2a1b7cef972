"""A person edits a search space: the page follows what is typed, refuses what cannot be built, saves the rest."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from tests.browser.visiting import signed_in
from tests.webapp.factories import make_dataset, make_study, make_user
from webapp.models import Study
from webapp.translation import space_spec

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def open_editor_of_a_new_study(page: Page) -> None:
    page.goto(reverse("new_study"))
    page.get_by_label("Name").fill("Small ears")
    page.get_by_role("button", name="Save and edit the space").click()
    expect(page.get_by_role("heading", name="Search space")).to_be_visible()
    expect(page.locator("#cardinality")).to_have_text("2.6 × 10¹³")
    expect(page.locator("[data-figure] .main-svg").first).to_be_visible()


def test_a_space_is_edited_refused_saved_and_started(chromium: Browser, live_server: object) -> None:
    make_user()
    make_dataset(name="kitchen")
    with signed_in(chromium, str(live_server), 1440) as context:
        page = context.new_page()
        open_editor_of_a_new_study(page)
        page.evaluate("window.sameDocument = true")
        remove_a_block(page)
        add_filters(page)
        leave_an_option_out(page)
        be_refused_and_mend_it(page)
        assert page.evaluate("window.sameDocument") is True
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Edited from Paper, 2-D: 11 blocks, 2.4 × 10¹² architectures")).to_be_visible()
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_role("heading", name="Small ears running")).to_be_visible()
    saved = space_spec(Study.objects.get())
    assert saved.positions[0].filters == (8, 16, 24, 32)
    assert (len(saved.positions), saved.positions[1].excluded) == (11, ("kx1_1xk_dw-3-16",))


def remove_a_block(page: Page) -> None:
    page.get_by_role("button", name="Remove block 12").click()
    expect(page.locator("#cardinality")).to_have_text("2.0 × 10¹²")
    expect(page.locator(".position")).to_have_count(11)


def add_filters(page: Page) -> None:
    """The number of architectures follows while the cursor stays in the field."""
    field = page.locator("#p1-filters")
    field.fill("8, 16, 24, 32")
    expect(page.locator("#outcome-1")).to_contain_text("12 options")
    expect(page.locator("#space-facts")).to_contain_text("2,645,395,200,000")
    expect(field).to_be_focused()


def leave_an_option_out(page: Page) -> None:
    page.locator("#options-2 summary").click()
    option = page.locator("#options-2").get_by_label("DW-3·16")
    option.check()
    expect(page.locator("#outcome-2")).to_contain_text("8 options")
    expect(option).to_be_checked()
    expect(option).to_be_visible()


def be_refused_and_mend_it(page: Page) -> None:
    stride = page.get_by_label("Stride in frequency of block 3")
    stride.fill("1")
    problems = page.locator("#space-problems")
    expect(problems).to_contain_text("unequal strides (2, 1)")
    expect(page.locator("#outcome-3 .error-text")).to_be_visible()
    expect(page.locator("#cardinality")).to_have_text("–")
    page.get_by_role("button", name="Save", exact=True).scroll_into_view_if_needed()
    stride.fill("2")
    expect(problems).to_have_text(re.compile(r"^\s*$"))
    expect(page.locator("#cardinality")).not_to_have_text("–")


def test_the_editor_works_without_javascript(chromium: Browser, live_server: object) -> None:
    make_user()
    study = make_study(name="Draft", state=Study.State.DRAFT)
    with signed_in(chromium, str(live_server), 390, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(reverse("study_space", args=[study.pk]))
        page.get_by_role("button", name="Remove block 12").click()
        expect(page.locator(".position")).to_have_count(11)
        page.locator("#p1-filters").fill("8")
        page.get_by_role("button", name="Check", exact=True).click()
        expect(page.locator("#outcome-1")).to_contain_text("3 options")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Edited from Paper, 2-D: 11 blocks")).to_be_visible()
