"""Windows of a signed-in person, and what is wrong with a page that they show."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page

INSPECTION = Path(__file__).with_name("inspection.js").read_text()
WIDE, NARROW = 1440, 390
THEMES = ("Light", "Dark")
_HEIGHT = 900
_AXE = Axe()


def signed_in(browser: Browser, address: str, width: int, **options: Any) -> BrowserContext:
    """A browser window of this width whose cookies are those of a signed-in person."""
    client = Client()
    client.post("/sign-in/", {"username": "ada", "password": "correct horse"})
    window = {"width": width, "height": _HEIGHT}
    context = browser.new_context(
        viewport=window, color_scheme="light", reduced_motion="reduce", base_url=address, **options
    )
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": address}])
    return context


def problems_of_pages(
    browser: Browser, server: str, addresses: Mapping[str, str], screenshots: Path | None
) -> list[str]:
    """What is wrong with these pages, by their short names, in both widths and themes."""
    with signed_in(browser, server, NARROW) as context:
        page = context.new_page()  # one for all: with each new tab Chromium starts further processes of its own
        return [
            problem for name, address in addresses.items() for problem in problems_of(page, name, address, screenshots)
        ]


def problems_of(page: Page, name: str, address: str, screenshots: Path | None) -> Iterator[str]:
    """Visit one page, on a phone first; choose each width and theme, and say what is wrong."""
    errors: list[str] = []
    # The page before has no more to say. Of a foreign page, such as about:blank, Chromium would come back in a process
    # of its own, which compiles the charts' library again: 2.2 s of processor a page, not 0.5.
    page.goto(f"{reverse('studies')}?q=nothing")
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_viewport_size({"width": NARROW, "height": _HEIGHT})
    page.goto(address)
    for width in (NARROW, WIDE):
        page.set_viewport_size({"width": width, "height": _HEIGHT})
        for theme in THEMES:
            page.get_by_role("button", name=theme, exact=True).click()
            for chart in page.locator("[data-chart], [data-figure]").all():
                chart.locator(".main-svg, .chart-note:not(:text('Loading'))").first.wait_for()
            yield from (f"{name}, {width} px, {theme}: {problem}" for problem in page.evaluate(INSPECTION))
            if width == WIDE:
                yield from (f"{name}, {theme}: {violation}" for violation in axe_violations(page, theme))
            if screenshots:
                page.screenshot(path=screenshots / f"{name}-{width}-{theme.lower()}.png", full_page=True)
    yield from (f"{name}: {error}" for error in errors if not (name == "not-found" and "404" in error))


def axe_violations(page: Page, theme: str) -> Iterator[str]:
    """What axe-core finds on the page: the rule, and where; in dark only colours, since the rest is as in light."""
    rules = {} if theme == "Light" else {"runOnly": ["color-contrast"]}
    if theme == "Light":
        page.evaluate(_AXE.axe_script)
    options = json.dumps({"resultTypes": ["violations"], **rules})
    for violation in page.evaluate(f"axe.run({options}).then((found) => found.violations)"):
        for node in violation["nodes"][:3]:
            yield f"axe, {violation['id']}: {node['html'][:160]}"
