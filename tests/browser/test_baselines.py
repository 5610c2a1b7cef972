"""Training the published networks with a button and comparing with them: real workers, simulated training."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.faults.machine import ROOT, Machine

SECOND = 1000  # Playwright counts milliseconds

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


def test_from_the_button_to_two_networks_side_by_side(chromium: Browser, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "var")
    with machine.up(trainers=1), chromium.new_page() as page:
        page.set_default_timeout(30 * SECOND)
        machine.add_clips(tmp_path / "clips", "clips")
        machine.manage(
            "run_study", str(ROOT / "studies/quick.toml"), "--dataset", "clips", "--set", "trials=3", "--wait"
        )
        page.goto(machine.manage("signin_link").split()[-1])
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("region", name="Table of studies").get_by_role("link").first.click()
        page.get_by_role("link", name="Compare with baselines").click()
        train_them(page)
        the_study_shows_them(page)
        compare_block_by_block(page)


def train_them(page: Page) -> None:
    """All four are ticked; one is made thinner."""
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(4)
    page.get_by_label("Width of MobileNetV1").fill("0.25")
    page.get_by_role("button", name="Train the chosen baselines").click()
    expect(page.get_by_role("status").filter(has_text="To be trained: TC-ResNet8-1.0")).to_be_visible()
    expect(page.get_by_role("heading", name="Baselines of clips completed")).to_be_visible(timeout=120 * SECOND)
    expect(page.get_by_text("4 of 4")).to_be_visible()
    expect(page.get_by_role("button", name="Clone")).to_have_count(0)


def the_study_shows_them(page: Page) -> None:
    page.get_by_role("link", name="Studies", exact=True).first.click()
    page.get_by_role("region", name="Table of studies").get_by_role("link").first.click()
    for resource in ("energy", "flash"):
        points = page.locator(f"[data-chart*='{resource}'] .scatterlayer .trace").last.locator(".point")
        expect(points).to_have_count(4)
    expect(page.locator("[data-chart*='energy']").get_by_text("MobileNetV1-0.25")).to_be_visible()
    rows = page.get_by_role("region", name="Table of baselines").locator("tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.first).to_contain_text("MobileNetV2-1.0")


def compare_block_by_block(page: Page) -> None:
    page.get_by_role("link", name=re.compile(r"^Compare MobileNetV2-1\.0 with trial \d$")).click()
    expect(page.get_by_role("region", name="MobileNetV2-1.0").locator(".stage")).to_have_count(6)
    page.get_by_label("Add").select_option("TC-ResNet8-1.0")
    page.get_by_role("button", name="Add to the comparison").click()
    expect(page.locator(".side-by-side > div")).to_have_count(3)
    page.get_by_role("link", name="Leave MobileNetV2-1.0 out").click()
    expect(page.locator(".side-by-side > div")).to_have_count(2)
    page.locator(".figures").get_by_role("link", name=re.compile("^Trial")).click()
    page.get_by_label("Compare with").select_option("MobileNetV1-0.25")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".side-by-side h3")).to_have_text([re.compile("^Trial"), "MobileNetV1-0.25"])
