"""What a person does on a study's page, with and without JavaScript."""

import re
from collections.abc import Sequence

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.visiting import signed_in
from tests.webapp.factories import make_study, make_user, make_workers
from webapp.models import Study, Trial

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def study() -> Study:
    make_user()
    make_workers()
    return make_study(name="Doorbell watch", completed=60, running=1, waiting=1, trial_budget=80)


def opened(context: BrowserContext, study: Study) -> Page:
    page = context.new_page()
    page.goto(reverse("study", args=[study.pk]))
    return page


def expect_numbers(page: Page, numbers: Sequence[int]) -> None:
    """Wait until the table lists these trials: a click returns before the page that it asks for is there."""
    expect(page.locator("#trials tbody th")).to_have_text([str(number) for number in numbers])


def by_reward(study: Study) -> list[int]:
    ordered = Trial.objects.filter(study=study, state="COMPLETED").order_by("-reward", "number")
    return list(ordered.values_list("number", flat=True))


def by_accuracy(study: Study) -> list[int]:
    ordered = Trial.objects.filter(study=study, state="COMPLETED").order_by("-int8_accuracy", "number")
    return list(ordered.values_list("number", flat=True))


def test_sorting_filtering_and_paging_replace_the_table_alone(
    chromium: Browser, live_server: object, study: Study
) -> None:
    with signed_in(chromium, str(live_server), 1440) as context:
        page = opened(context, study)
        page.evaluate("window.sameDocument = true")
        expect_numbers(page, by_reward(study)[:50])
        page.locator("#trials").get_by_role("link", name="int8 acc.").click()
        expect_numbers(page, by_accuracy(study)[:50])
        expect(page).to_have_url(re.compile(r"\?sort=-int8$"))
        page.get_by_role("link", name="Next ›").click()
        expect(page.get_by_text("Page 2 of 2")).to_be_visible()
        page.get_by_label("State").select_option("RUNNING")
        expect_numbers(page, [61])
        expect(page).to_have_url(re.compile("sort=-int8"))
        assert page.evaluate("window.sameDocument") is True
        page.reload()
        expect_numbers(page, [61])


def test_a_finished_trial_appears_by_itself_and_the_controls_follow(
    chromium: Browser, live_server: object, study: Study
) -> None:
    with signed_in(chromium, str(live_server), 1440) as context:
        page = opened(context, study)
        expect(page.get_by_text("60 of 80")).to_be_visible()
        done = Trial.objects.get(study=study, number=1)
        result = {name: getattr(done, name) for name in ("float_accuracy", "int8_accuracy", "energy_mj", "flash_bytes")}
        Trial.objects.filter(study=study, number=61).update(
            state="COMPLETED", reward=0.987, tflite=done.tflite.name, finished_at=timezone.now(), **result
        )
        expect(page.get_by_text("61 of 80")).to_be_visible()
        expect(page.locator(".tile", has_text="Best reward")).to_contain_text("0.987")
        Study.objects.filter(pk=study.pk).update(state="PAUSED")
        expect(page.get_by_role("button", name="Resume")).to_be_visible()
        expect(page.get_by_role("button", name="Pause")).to_have_count(0)


SHIFTS = """() => {
  window.shifts = [];
  const place = (one) => [one.previousRect.y, one.currentRect.y, one.node?.outerHTML?.slice(0, 80) ?? ""];
  const note = (entry) => window.shifts.push({ value: entry.value, moved: entry.sources.map(place) });
  new PerformanceObserver((list) => list.getEntries().filter((one) => !one.hadRecentInput).forEach(note))
    .observe({ type: "layout-shift" });
}"""


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_moves_under_a_readers_eyes_when_results_arrive(
    chromium: Browser, live_server: object, study: Study, width: int
) -> None:
    with signed_in(chromium, str(live_server), width) as context:
        page = opened(context, study)
        for chart in page.locator("[data-chart]").all():
            chart.locator(".main-svg, .chart-note:not(:text('Loading'))").first.wait_for()
        page.evaluate(SHIFTS)
        done = Trial.objects.get(study=study, number=1)
        result = {name: getattr(done, name) for name in ("float_accuracy", "int8_accuracy", "energy_mj", "flash_bytes")}
        Trial.objects.filter(study=study, number=61).update(
            state="COMPLETED", reward=0.987, tflite=done.tflite.name, finished_at=timezone.now(), **result
        )
        expect(page.get_by_text("61 of 80")).to_be_visible()
        expect(page.locator(".tile", has_text="Best reward")).to_contain_text("0.987")
        page.wait_for_timeout(3_000)  # charts are drawn anew behind the numbers
        shifts = page.evaluate("window.shifts")
        assert sum(one["value"] for one in shifts) < 0.01, shifts


def test_a_point_of_the_front_leads_to_its_trial(chromium: Browser, live_server: object, study: Study) -> None:
    with signed_in(chromium, str(live_server), 1440) as context:
        page = opened(context, study)
        front = page.locator("[data-chart*='energy'] .scatterlayer .trace").nth(1)
        expect(front.locator(".point").first).to_be_attached()
        box = front.locator(".point").first.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(page.locator(".hoverlayer").first).to_contain_text("int8 accuracy")
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(page).to_have_url(re.compile(r"/studies/\d+/trials/\d+/$"))


def test_stopping_asks_first_and_escape_takes_it_back(chromium: Browser, live_server: object, study: Study) -> None:
    with signed_in(chromium, str(live_server), 390) as context:
        page = opened(context, study)
        page.locator("summary", has_text="Stop").click()
        button = page.get_by_role("button", name="Stop the study")
        expect(button).to_be_visible()
        page.keyboard.press("Escape")
        expect(button).to_be_hidden()
        page.locator("summary", has_text="Stop").click()
        button.click()
        expect(page.get_by_role("heading", name=re.compile("Doorbell watch stopping"))).to_be_visible()


def test_everything_but_charts_works_without_javascript(chromium: Browser, live_server: object, study: Study) -> None:
    with signed_in(chromium, str(live_server), 1440, java_script_enabled=False) as context:
        page = opened(context, study)
        page.locator("#trials").get_by_role("link", name="int8 acc.").click()
        expect_numbers(page, by_accuracy(study)[:50])
        page.get_by_label("State").select_option("RUNNING")
        page.get_by_role("button", name="Filter").click()
        expect_numbers(page, [61])
        page.get_by_role("button", name="Dark").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        page.locator("summary", has_text="Extend").click()
        page.get_by_label("Additional trials").fill("5")
        page.get_by_role("button", name="Extend the budget").click()
        expect(page.get_by_text("5 trials added to the budget.")).to_be_visible()
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_role("heading", name="Doorbell watch paused")).to_be_visible()
        page.get_by_role("button", name="Clone").click()
        page.get_by_role("link", name="Edit", exact=True).click()
        page.get_by_label("Energy step (mJ)").fill("1.75")
        page.get_by_role("button", name="Save the draft").click()
        expect(page.get_by_text("1.75 mJ more must bring 2 points of accuracy")).to_be_visible()


def test_a_refresh_keeps_focus_and_scrolling(chromium: Browser, live_server: object, study: Study) -> None:
    with signed_in(chromium, str(live_server), 390) as context:
        page = opened(context, study)
        page.locator("#trials-scroll").evaluate("element => { element.scrollLeft = 120; }")
        page.locator("#best-link").focus()
        Study.objects.filter(pk=study.pk).update(trial_budget=81)
        expect(page.get_by_text("60 of 81")).to_be_visible()
        expect(page.locator("#trials.htmx-request")).to_have_count(0)
        expect(page.locator("#best-link")).to_be_focused()
        assert page.locator("#trials-scroll").evaluate("element => element.scrollLeft") == 120
