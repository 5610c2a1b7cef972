"""Charts in a real browser: ticks that can be read, zoom that stays, hover text that fits, files, no JavaScript."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.visiting import signed_in
from tests.webapp.factories import make_baselines, make_study, make_user, make_workers
from webapp.models import Study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TICKS = "place => place._fullLayout.xaxis._vals.map((tick) => [tick.text, 10 ** tick.x])"
IS_ZOOMED = "([place, before]) => String(place.layout.xaxis.range) !== String(before)"


@pytest.fixture
def study(broker: None) -> Study:
    make_user()
    make_workers()
    study = make_study(name="Doorbell watch", completed=40, running=1, trial_budget=80)
    make_baselines(study.dataset)
    return study


def opened(page: Page, study: Study) -> Locator:
    """The page's chart over flash, drawn."""
    page.goto(reverse("study", args=[study.pk]))
    chart = page.locator("[data-chart*='/flash']")
    expect(chart.locator(".xtick").first).to_be_visible()
    return chart


def zoom_into(page: Page, chart: Locator) -> list[float]:
    """Drag over a part of the plot; the range that is shown then."""
    before = chart.evaluate("place => place.layout.xaxis.range")
    box = chart.locator(".nsewdrag").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.7 * box["height"], steps=5)
    page.mouse.up()
    page.wait_for_function(
        "([place, before]) => String(place.layout.xaxis.range) !== String(before)", arg=[chart.element_handle(), before]
    )
    shown: list[float] = chart.evaluate("place => place.layout.xaxis.range")
    return shown


def test_every_tick_of_a_logarithmic_axis_says_its_whole_value(
    chromium: Browser, live_server: object, study: Study
) -> None:
    with signed_in(chromium, str(live_server), 390) as context:
        chart = opened(context.new_page(), study)
        ticks = chart.evaluate(TICKS)
        assert len(ticks) >= 3
        for text, value in ticks:
            assert float(text.replace(",", "")) == pytest.approx(value, rel=0.02)


def test_zoom_stays_when_results_arrive_and_is_what_is_saved(
    chromium: Browser, live_server: object, study: Study, tmp_path: Path
) -> None:
    with signed_in(chromium, str(live_server), 1440) as context:
        page = context.new_page()
        chart = opened(page, study)
        shown = zoom_into(page, chart)
        with page.expect_response(re.compile(r"/charts/flash\.json")):
            page.evaluate("document.body.dispatchEvent(new Event('results-changed'))")
        page.get_by_role("button", name="Dark", exact=True).click()
        assert chart.evaluate("place => place.layout.xaxis.range") == pytest.approx(shown)
        buttons = page.locator("[data-chart*='/flash'] + .chart-files")
        with page.expect_download() as saved:
            buttons.get_by_role("button", name=re.compile("^SVG")).click()
        assert saved.value.suggested_filename == "doorbell-watch-accuracy-over-flash.svg"
        saved.value.save_as(tmp_path / "chart.svg")
        drawn = ElementTree.parse(tmp_path / "chart.svg").getroot()
        assert drawn.get("width") == "1000"
        assert "rgb(255, 255, 255)" in (tmp_path / "chart.svg").read_text()
        with page.expect_download() as saved:
            buttons.get_by_role("button", name=re.compile("^PNG")).click()
        saved.value.save_as(tmp_path / "chart.png")
        assert (
            (tmp_path / "chart.png").read_bytes()[:24].endswith((2000).to_bytes(4, "big") + (1120).to_bytes(4, "big"))
        )


def test_hover_text_fits_on_a_phone(chromium: Browser, live_server: object, study: Study) -> None:
    with signed_in(chromium, str(live_server), 390) as context:
        page = context.new_page()
        chart = opened(page, study)
        point = chart.locator(".scatterlayer .trace").nth(1).locator(".point").first
        point.scroll_into_view_if_needed()
        spot, frame = point.bounding_box(), chart.bounding_box()
        assert spot is not None
        assert frame is not None
        page.mouse.move(spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2)
        text = chart.locator(".hoverlayer .hovertext")
        expect(text).to_contain_text("int8 accuracy")
        label = text.bounding_box()
        assert label is not None
        assert label["x"] >= frame["x"] - 1
        assert label["x"] + label["width"] <= frame["x"] + frame["width"] + 1


@pytest.mark.parametrize("width", [1440, 390])
def test_a_chart_can_be_read_before_plotly_comes_and_keeps_its_place(
    chromium: Browser, live_server: object, study: Study, width: int
) -> None:
    with signed_in(chromium, str(live_server), width) as context:
        page = context.new_page()
        waiting: list[Route] = []
        page.route(re.compile(r"plotly\.min"), lambda route: waiting.append(route))
        page.goto(reverse("study", args=[study.pk]))
        chart = page.locator("[data-chart*='/energy']")
        expect(chart.locator(".drawing:visible")).to_have_count(1)
        expect(chart.locator(".drawing:visible a").first).to_be_visible()
        before, below = chart.bounding_box(), page.locator("#trials-title").bounding_box()
        expect(page.locator("script[src*='plotly']")).to_have_count(1)
        page.wait_for_timeout(500)
        for route in waiting:
            route.continue_()
        expect(chart.locator(".xtick").first).to_be_visible()
        expect(page.locator(".drawing")).to_have_count(0)
        assert (chart.bounding_box(), page.locator("#trials-title").bounding_box()) == (before, below)


def test_without_javascript_charts_are_drawn_and_their_points_lead_to_trials(
    chromium: Browser, live_server: object, study: Study
) -> None:
    with signed_in(chromium, str(live_server), 1440, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(reverse("study", args=[study.pk]))
        charts = page.locator("[data-chart]")
        assert charts.count() == 3
        for chart in charts.all():
            expect(chart.locator(".drawing:visible")).to_have_count(1)
        charts.first.locator(".drawing:visible a").first.click()
        expect(page).to_have_url(re.compile(r"/studies/\d+/trials/\d+/$"))
