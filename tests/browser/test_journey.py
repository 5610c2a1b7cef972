"""The whole way of a person through Earshot: real browser, real server, real workers, real training."""

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Download, Page, expect

from nas_engine.testing.audio import TINY_CLASSES, tiny_folder
from tests.faults.machine import Machine

SECOND = 1000  # Playwright counts milliseconds
TFLITE_IDENTIFIER = b"TFL3"

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]


def test_from_sign_in_to_a_downloaded_network_and_a_clone(chromium: Browser, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "clips"), "zip", tiny_folder(tmp_path / "clips"))
    machine = Machine(tmp_path / "var", EARSHOT_EVALUATOR="real")
    with machine.up(trainers=1), chromium.new_page(accept_downloads=True) as page:
        page.set_default_timeout(30 * SECOND)
        sign_in(page, machine)
        upload(page, Path(archive))
        create_study(page)
        watch_it_complete(page)
        flash_kb = open_a_trial(page)
        network = download_network(page)
        assert network[4:8] == TFLITE_IDENTIFIER
        assert f"{len(network) / 1000:.1f}" == flash_kb
        clone(page)
        sign_out(page)


def sign_in(page: Page, machine: Machine) -> None:
    link = machine.manage("signin_link").split()[-1]
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="No study yet")).to_be_visible()
    browser = page.context.browser
    assert browser is not None
    other = browser.new_page()
    other.goto(link)
    expect(other.get_by_role("heading", name="This sign-in link no longer works")).to_be_visible()
    other.close()


def upload(page: Page, archive: Path) -> None:
    page.get_by_role("link", name="Add your clips").click()
    form = page.locator("form[data-upload]")
    form.get_by_label("Name").fill("Three tones")
    form.get_by_label("Zip archive").set_input_files(archive)
    form.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="Three tones ready")).to_be_visible(timeout=120 * SECOND)
    counts = page.get_by_role("region", name="Clips by class and split")
    expect(counts.get_by_role("row", name=re.compile("^alarm 4 4 4 12$"))).to_be_visible()
    page.get_by_role("link", name="alarm/0.wav").first.click()
    expect(page.locator("[data-chart] .main-svg").first).to_be_visible()
    page.go_back()


def create_study(page: Page) -> None:
    page.get_by_role("link", name="New study on it").click()
    page.get_by_label("Name").fill("Tiny study")
    page.get_by_label("Trials", exact=True).fill("2")
    page.get_by_label("Full training length").fill("2")
    page.get_by_label("Batch size").fill("8")
    page.get_by_label("Energy step (mJ)").fill("1.75")
    expect(page.get_by_text("1.75 mJ more must bring 2 points of accuracy")).to_be_visible()
    page.get_by_role("button", name="Create and start").click()
    expect(page.get_by_role("heading", name="Tiny study running")).to_be_visible()


def watch_it_complete(page: Page) -> None:
    """Everything arrives without the page being loaded again."""
    page.evaluate("window.sameDocument = true")
    progress = page.get_by_role("region", name="Progress")
    expect(progress.get_by_role("link", name="Trial 1", exact=True)).to_be_visible(timeout=120 * SECOND)
    expect(page.get_by_role("heading", name="Tiny study completed")).to_be_visible(timeout=300 * SECOND)
    expect(progress.get_by_text("2 of 2")).to_be_visible()
    rows = page.get_by_role("region", name="Table of trials").locator("tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="completed")).to_have_count(2)
    points = page.locator("[data-chart*='energy'] .scatterlayer .point")
    expect(points.first).to_be_attached()
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    assert page.evaluate("window.sameDocument") is True


def open_a_trial(page: Page) -> str:
    """Opens one from the table, as after two epochs none may be above chance; returns the size shown, in kB."""
    expect(page.locator(".tile", has_text="Best reward")).to_be_visible()
    page.get_by_role("region", name="Table of trials").locator("tbody th").first.get_by_role("link").click()
    expect(page.get_by_role("heading", name=re.compile("^Trial [12] completed"))).to_be_visible()
    confusion = page.get_by_role("region", name="Confusion matrix").locator("tbody th")
    expect(confusion).to_have_text(TINY_CLASSES)
    expect(page.get_by_role("region", name="Table of blocks").locator("tbody tr")).to_have_count(13)
    expect(page.locator("[data-chart*='curve'] .main-svg").first).to_be_visible()
    expect(page.get_by_text("estimate from published figures").first).to_be_visible()
    size = page.locator(".tile", has_text="size of the .tflite file").locator(".tile-value").inner_text()
    return size.split()[0]


def download_network(page: Page) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download .tflite").click()
    download: Download = waiting.value
    assert re.fullmatch(r"tiny-study-trial-[12]\.tflite", download.suggested_filename)
    return Path(download.path()).read_bytes()


def clone(page: Page) -> None:
    page.get_by_role("navigation").or_(page.locator(".crumbs")).get_by_role("link", name="Tiny study").click()
    page.get_by_role("button", name="Clone").click()
    expect(page.get_by_role("heading", name="Tiny study copy draft")).to_be_visible()
    page.get_by_role("link", name="Edit", exact=True).click()
    expect(page.get_by_label("Energy step (mJ)")).to_have_value("1.75")


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
