"""One selection of trials everywhere: rows, points of charts, the shortlist."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.visiting import signed_in
from tests.webapp.factories import make_study, make_user, make_workers
from webapp.models import ShortlistedTrial, Study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MARKED = """place => place.data.flatMap((trace) => (trace.selectedpoints || []).map((index) => trace.customdata[index]))
    .map((link) => Number(link.match(/trials.(\\d+)/)[1])).sort((a, b) => a - b)"""


@pytest.fixture
def study() -> Study:
    make_user()
    make_workers()
    return make_study(name="Doorbell watch", completed=60)


def opened(page: Page, study: Study) -> tuple[Locator, Locator]:
    """Charts over energy and flash, drawn and linked."""
    page.goto(reverse("study", args=[study.pk]))
    charts = page.locator("[data-chart*='/energy']"), page.locator("[data-chart*='/flash']")
    for chart in charts:
        expect(chart.locator("+ .chart-files [data-mode]")).to_have_count(3)
    return charts


def marked(page: Page, chart: Locator, numbers: list[int]) -> None:
    """Wait until the chart marks these trials."""
    page.wait_for_function(f"([place, wanted]) => String(({MARKED})(place)) === wanted", arg=[
        chart.element_handle(), ",".join(map(str, sorted(numbers)))
    ])  # fmt: skip


def test_a_ticked_row_is_marked_in_every_chart_and_goes_to_the_shortlist(
    chromium: Browser, live_server: object, study: Study
) -> None:
    with signed_in(chromium, str(live_server), 1440) as context:
        page = context.new_page()
        charts = opened(page, study)
        box = page.get_by_label("Tick trial 7", exact=True)
        box.focus()
        page.keyboard.press("Space")
        for chart in charts:
            marked(page, chart, [7])
        expect(page.get_by_text("1 chosen")).to_be_visible()
        page.locator("#trials").get_by_role("link", name="int8 acc.").click()
        expect(page).to_have_url(re.compile("sort=-int8"))
        expect(page.get_by_label("Tick trial 7", exact=True)).to_be_checked()
        page.get_by_role("button", name="Put on the shortlist").click()
        expect(page.get_by_text("1 trial put on the shortlist.")).to_be_visible()
        assert [one.trial.number for one in ShortlistedTrial.objects.select_related("trial")] == [7]


def test_a_box_in_one_chart_chooses_rows_and_points_of_the_other_also_beyond_the_page_of_the_table(
    chromium: Browser, live_server: object, study: Study
) -> None:
    with signed_in(chromium, str(live_server), 1440) as context:
        page = context.new_page()
        energy, flash = opened(page, study)
        page.get_by_role("button", name=re.compile("^Box: .* energy")).click()
        area = energy.locator(".nsewdrag").bounding_box()
        assert area is not None
        page.mouse.move(area["x"] + 2, area["y"] + 2)
        page.mouse.down()
        page.mouse.move(area["x"] + area["width"] - 2, area["y"] + area["height"] - 2, steps=8)
        page.mouse.up()
        expect(page.get_by_text("60 chosen")).to_be_visible()
        marked(page, flash, list(range(1, 61)))
        expect(page.locator("#trials tbody tr.chosen")).to_have_count(50)
        expect(page.locator("#chosen-trials input[data-elsewhere]")).to_have_count(10)
        page.get_by_role("button", name="Untick all").click()
        expect(page.locator("#trials tbody tr.chosen")).to_have_count(0)
        marked(page, flash, [])
        point = flash.locator(".scatterlayer .trace").nth(1).locator(".point").first
        point.click(modifiers=["Shift"], force=True)
        expect(page.get_by_text("1 chosen")).to_be_visible()
        expect(page).to_have_url(re.compile(r"/studies/\d+/$"))


CHOSEN_LINES = """place => [...new Set(place.data.filter((trace) => trace.name === "Chosen")
    .flatMap((trace) => trace.customdata))]
    .map((link) => Number(link.match(/trials.(\\d+)/)[1])).sort((a, b) => a - b)"""


def drawn_as_chosen(page: Page, chart: Locator, numbers: list[int]) -> None:
    """Wait until the chart has traces of its own for these trials."""
    page.wait_for_function(f"([place, wanted]) => String(({CHOSEN_LINES})(place)) === wanted", arg=[
        chart.element_handle(), ",".join(map(str, sorted(numbers)))
    ])  # fmt: skip


def test_a_line_over_the_blocks_a_point_and_a_row_are_one_selection(
    chromium: Browser, live_server: object, study: Study
) -> None:
    with signed_in(chromium, str(live_server), 1440) as context:
        page = context.new_page()
        energy, _ = opened(page, study)
        page.evaluate("window.sameDocument = true")
        page.get_by_label("Tick trial 7", exact=True).check()
        page.get_by_role("link", name="Networks over their blocks").click()
        expect(page).to_have_url(re.compile(r"\?chart=blocks"))
        blocks = page.locator("[data-chart*='/views/blocks']")
        expect(blocks.locator("+ .chart-files [data-mode]")).to_have_count(3)
        assert page.evaluate("window.sameDocument") is True
        drawn_as_chosen(page, blocks, [7])  # chosen before the view was there
        page.get_by_label("Tick trial 9", exact=True).check()
        drawn_as_chosen(page, blocks, [7, 9])
        other = blocks.locator(".scatterlayer .trace").first.locator(".point").first
        with page.expect_response(re.compile(r"blocks\.json\?number=7&number=9&number=\d+")):
            other.click(modifiers=["Shift"], force=True)
        expect(page.get_by_text("3 chosen")).to_be_visible()
        third = (set(page.evaluate("[...chosen].map(Number)")) - {7, 9}).pop()
        drawn_as_chosen(page, blocks, [7, 9, third])
        marked(page, energy, [7, 9, third])
        page.get_by_role("button", name="Untick all").click()
        drawn_as_chosen(page, blocks, [])
        marked(page, energy, [])


def test_a_box_over_an_option_of_a_block_chooses_the_networks_that_have_it(
    chromium: Browser, live_server: object, study: Study
) -> None:
    with signed_in(chromium, str(live_server), 1440) as context:
        page = context.new_page()
        page.goto(f"{reverse('study', args=[study.pk])}?chart=blocks")
        blocks = page.locator("[data-chart*='/views/blocks']")
        page.get_by_role("button", name=re.compile("^Box: .* Parallel")).click()
        area = blocks.locator(".nsewdrag").bounding_box()
        assert area is not None
        page.mouse.move(area["x"] + 2, area["y"] + 2)
        page.mouse.down()
        page.mouse.move(area["x"] + area["width"] - 2, area["y"] + area["height"] - 2, steps=8)
        page.mouse.up()
        expect(page.get_by_text("60 chosen")).to_be_visible()
        drawn_as_chosen(page, blocks, list(range(1, 61)))


def test_chosen_trials_stand_out_in_space(chromium: Browser, live_server: object, study: Study) -> None:
    with signed_in(chromium, str(live_server), 1440) as context:
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{reverse('study', args=[study.pk])}?chart=space")
        space = page.locator("[data-chart*='/views/space']")
        expect(space.locator("+ .chart-files button")).not_to_have_count(0)
        page.get_by_label("Tick trial 7", exact=True).check()
        drawn_as_chosen(page, space, [7])
        page.get_by_role("button", name="Dark", exact=True).click()
        assert errors == []
