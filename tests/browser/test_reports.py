"""Reports in a real browser: the file by itself, without network, and on paper.

EARSHOT_SCREENSHOTS=folder also saves the file's pictures and the PDF.
"""

import re
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.visiting import INSPECTION, NARROW, WIDE, signed_in
from tests.webapp.factories import make_user
from tests.webapp.reports import complete_study, written
from webapp.models import Report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

A4_POINTS = (595, 842)
CUT = """() => [...document.querySelectorAll(".report tr, .report figure, .report pre")]
  .filter((one) => one.scrollWidth > one.clientWidth + 1 || one.getBoundingClientRect().right > innerWidth + 1)
  .map((one) => one.outerHTML.slice(0, 200))"""


@pytest.fixture
def report(broker: None) -> Report:
    make_user()
    return written(complete_study(name="Doorbell watch"))


def file_of(page: Page, report: Report, folder: Path) -> Path:
    """The file as a person saves it."""
    page.goto(reverse("report", args=[report.pk]))
    with page.expect_download() as saved:
        page.get_by_role("link", name="One HTML file").click()
    path = folder / saved.value.suggested_filename
    saved.value.save_as(path)
    return path


def errors_of(page: Page) -> list[str]:
    """A list to which the page's errors and requests beyond the file are appended."""
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: errors.append(request.url) if request.url.startswith("http") else None)
    return errors


def test_the_file_opens_without_network_or_error_in_both_widths_and_themes(
    chromium: Browser, live_server: object, report: Report, tmp_path: Path, screenshots: Path | None
) -> None:
    with signed_in(chromium, str(live_server), WIDE, accept_downloads=True) as context:
        path = file_of(context.new_page(), report, tmp_path)
    assert path.stat().st_size < 400_000
    with chromium.new_context(offline=True) as alone:
        page = alone.new_page()
        errors = errors_of(page)
        page.goto(path.as_uri())
        for width in (NARROW, WIDE):
            for theme in ("light", "dark"):
                page.set_viewport_size({"width": width, "height": 900})
                page.emulate_media(color_scheme=theme)
                assert page.evaluate(INSPECTION) == []
                if screenshots:
                    page.screenshot(path=screenshots / f"report-file-{width}-{theme}.png", full_page=True)
        assert errors == []
        first = page.locator("table a").first.get_attribute("href")
        assert first is not None
        assert first.startswith(f"{live_server}/studies/")


def pdf_of(context: BrowserContext, report: Report) -> bytes:
    page = context.new_page()
    page.goto(reverse("report", args=[report.pk]))
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 1000})  # the text of an A4 page
    assert page.evaluate(CUT) == []
    assert not page.get_by_role("banner").is_visible()
    assert (
        page.locator(".report thead").first.evaluate("head => getComputedStyle(head).display") == "table-header-group"
    )
    return page.pdf(prefer_css_page_size=True, print_background=True, outline=True, tagged=True)


def test_on_paper_it_is_a4_with_text_and_whole_rows_and_charts(
    chromium: Browser, live_server: object, report: Report, screenshots: Path | None
) -> None:
    with signed_in(chromium, str(live_server), WIDE) as context:
        pdf = pdf_of(context, report)
    if screenshots:
        (screenshots / "report.pdf").write_bytes(pdf)
    pages = re.findall(rb"/Type\s*/Page\b", pdf)
    assert 4 <= len(pages) <= 15
    boxes = {tuple(round(float(one)) for one in box.split()[2:]) for box in re.findall(rb"/MediaBox \[([^\]]+)\]", pdf)}
    assert boxes == {A4_POINTS}
    assert b"/ToUnicode" in pdf  # text, no pictures of text
    assert b"/Title (Networks)" in pdf
    assert b"/Title (How it was made)" in pdf
