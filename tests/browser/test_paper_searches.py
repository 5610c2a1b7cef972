"""The paper's five searches from one click to a report: searches, finalists, baselines, the test split, an export.

Real browser, server and workers; trainings and answers to clips are simulated.
"""

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from nas_engine.testing.audio import tiny_folder
from tests.faults.machine import Machine

SECOND = 1000  # Playwright counts milliseconds
FIVE = ("NAS-Bayesian", "NAS-HyperFirefly", "NAS-Bayesian-b'", "NAS-HyperFirefly-b'", "1D-NAS-Bayesian")
CLIPS_A_CLASS = 24  # enough for accuracies above chance

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]


def test_the_papers_five_from_one_click_to_a_report(chromium: Browser, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "var")
    clips = tiny_folder(tmp_path / "clips", clips_per_class=CLIPS_A_CLASS)
    with machine.up(trainers=2), chromium.new_page(accept_downloads=True) as page:
        page.set_default_timeout(30 * SECOND)
        machine.manage("add_dataset", str(clips), "--name", "tones")
        page.goto(machine.manage("signin_link").split()[-1])
        page.get_by_role("button", name="Sign in").click()
        start_all_five(page)
        for name in FIVE:
            train_finalists_of(page, name)
        train_baselines(page)
        for name in FIVE:
            open_the_test_split_of(page, name)
        read_the_report(page, tmp_path)


def start_all_five(page: Page) -> None:
    page.get_by_role("link", name="Comparisons", exact=True).first.click()
    page.get_by_role("link", name=re.compile("New comparison")).first.click()
    form = page.locator("#five-form")
    form.get_by_label("Name").fill("Table 1")
    form.get_by_label("Scale").select_option("0.02")
    form.get_by_role("button", name="Create and start all five").click()
    expect(page.get_by_role("heading", name="Table 1")).to_be_visible()
    rows = page.get_by_role("region", name="Studies of the comparison").locator("tbody tr")
    expect(rows).to_have_count(len(FIVE))
    expect(rows.filter(has_text="completed")).to_have_count(len(FIVE), timeout=240 * SECOND)


def to_finalists_of(page: Page, name: str) -> None:
    page.get_by_role("link", name="Comparisons", exact=True).first.click()
    page.get_by_role("link", name="Table 1", exact=True).first.click()
    page.get_by_role("region", name="Studies of the comparison").get_by_role("link", name=name, exact=True).click()
    page.get_by_role("link", name="Finalists", exact=True).click()
    expect(page.get_by_role("heading", name="Finalists", exact=True).first).to_be_visible()


def train_finalists_of(page: Page, name: str) -> None:
    to_finalists_of(page, name)
    form = page.locator("#choose form")
    form.get_by_label("How many").fill("1")
    form.get_by_label("Seeds").fill("2")
    form.get_by_role("button", name="Train the finalists").click()
    expect(page.get_by_text(re.compile(r"To be trained: trial \d+\."))).to_be_visible()


def train_baselines(page: Page) -> None:
    """They have one recipe, so that one click trains them for all five."""
    form = page.locator("#final-baselines form")
    form.get_by_label("MobileNetV1").uncheck()
    form.get_by_label("TC-ResNet14").uncheck()
    form.get_by_label("Seeds").fill("2")
    form.get_by_role("button", name="Train the baselines").click()
    table = page.get_by_role("region", name="Baselines")
    expect(table.get_by_text("2 of 2")).to_have_count(2, timeout=120 * SECOND)


def open_the_test_split_of(page: Page, name: str) -> None:
    """The finalist and, if another study has not opened it, a baseline."""
    to_finalists_of(page, name)
    for region in ("Finalists", "Baselines"):
        row = page.get_by_role("region", name=region, exact=True).locator("tbody tr").first
        if row.get_by_text("Open again").count():
            continue
        row.locator("summary", has_text="Open").click()
        row.get_by_role("button", name="Open the test split").click()
        expect(page.get_by_text(re.compile("The test split is open for"))).to_be_visible()
        row = page.get_by_role("region", name=region, exact=True).locator("tbody tr").first
        expect(row.get_by_text("Open again")).to_be_visible(timeout=90 * SECOND)
    expect(page.get_by_role("heading", name="In words, on the test split")).to_be_visible()


def read_the_report(page: Page, folder: Path) -> None:
    page.get_by_role("link", name="Comparisons", exact=True).first.click()
    page.get_by_role("link", name="Table 1", exact=True).first.click()
    networks = page.locator("#compared-finalists table").first.locator("tbody tr")
    expect(networks).to_have_count(len(FIVE) + 2)
    page.get_by_role("button", name="Write a report").click()
    with page.expect_download(timeout=90 * SECOND) as download:
        page.get_by_role("link", name="Tables", exact=True).click(timeout=90 * SECOND)
    download.value.save_as(folder / "tables.zip")
    names = zipfile.ZipFile(folder / "tables.zip").namelist()
    assert {Path(name).suffix for name in names} >= {".csv", ".parquet", ".tex"}
