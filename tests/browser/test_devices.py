"""Devices in a real browser: every page sound in both widths and themes, the trace zoomed, a window dragged."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from tests.browser.visiting import problems_of_pages, signed_in
from tests.webapp import benches, rows, traces
from tests.webapp.factories import make_user
from tests.webapp.rows import until
from tests.webapp.views.bench_pages import work
from webapp.models import Campaign, MeasurementFile, Run
from webapp.services import benches as bench_services
from webapp.services import runs

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def measured_run(campaign: Campaign) -> Run:
    """A trace and a log, computed."""
    contents = {"trace of Tuesday.csv": traces.monsoon_csv(), "benchmark.txt": traces.benchmark_log()}
    files = [benches.file_of(campaign, name, content) for name, content in contents.items()]
    run = runs.create_run(campaign_id=campaign.pk, file_ids=[file.pk for file in files])
    work()
    return run


def refused(campaign: Campaign, name: str, content: bytes) -> MeasurementFile:
    file = benches.file_of(campaign, name, content)
    work()
    return file


@pytest.fixture
def addresses(broker: None) -> dict[str, str]:
    """Every page of devices by a short name, over rows of every state."""
    make_user()
    trial = rows.completed_trial(rows.running_study(name="Doorbell watch"))
    empty = benches.device(name="Fitbit Versa 3", core="Cortex-A53", battery_kj=3.6)
    campaign = benches.campaign(name="Pixel 4 XL", core="Cortex-A76 at 2.4 GHz", battery_kj=51.0, supply_v=4.2)
    run = measured_run(campaign)
    runs.change_settings(
        run_id=run.pk, seen_version=1, choices={"window": "manual", "spans_s": [[2.5, 7.5], [8.0, 13.5]]}
    )
    work()
    runs.attach(run_id=run.pk, seen_version=2, architecture_hash=trial.architecture_id)
    logger = refused(campaign, "logger.csv", traces.own_table())
    photo = refused(campaign, "holiday.jpg", b"\xff\xd8\xff" + bytes(200))
    broken = runs.create_run(campaign_id=campaign.pk, file_ids=[photo.pk])
    work()
    reading = benches.file_of(campaign, "just uploaded.csv")
    live = runs.create_run(campaign_id=campaign.pk, file_ids=[reading.pk])
    bench_services.request_kit(campaign_id=campaign.pk, hashes=[trial.architecture_id])
    trace = run.files.get(kind="trace")
    return {
        "devices": reverse("devices"),
        "device-new": reverse("new_device"),
        "device": reverse("device", args=[campaign.device_id]),
        "device-empty": reverse("device", args=[empty.pk]),
        "device-edit": reverse("edit_device", args=[empty.pk]),
        "campaign": reverse("campaign", args=[campaign.pk]),
        "file": reverse("measurement", args=[trace.pk]),
        "file-mapper": reverse("measurement", args=[logger.pk]),
        "file-reading": reverse("measurement", args=[reading.pk]),
        "run": reverse("run", args=[run.pk]) + "?q=doorbell",
        "run-refused": reverse("run", args=[broken.pk]),
        "run-computing": reverse("run", args=[live.pk]),
        "bench": reverse("bench", args=[campaign.pk]) + "?q=doorbell",
        "import": reverse("import_results", args=[campaign.pk]),
    }


def test_every_page_of_devices_is_sound(
    chromium: Browser, live_server: object, addresses: dict[str, str], screenshots: Path | None
) -> None:
    found = problems_of_pages(chromium, str(live_server), addresses, screenshots)
    assert not found, "\n".join(found)


def drawn_from(page: Page) -> float:
    """Seconds of the first point that the page holds."""
    return float(page.evaluate("document.querySelector('[data-trace]').data[0].x[0]"))


def drag(page: Page, from_s: float, to_s: float) -> None:
    """Press the mouse in the middle of the plot of 16 s and move it."""
    plot = page.locator("[data-trace] .nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    from_x, to_x = (box["x"] + box["width"] * second / 16 for second in (from_s, to_s))
    y = box["y"] + box["height"] / 2
    page.mouse.move(from_x, y)
    page.mouse.down()
    page.mouse.move((from_x + to_x) / 2, y, steps=4)
    page.mouse.move(to_x, y, steps=4)
    page.mouse.up()


def test_a_trace_is_zoomed_and_a_window_dragged_and_typed(chromium: Browser, live_server: object, broker: None) -> None:
    make_user()
    run = measured_run(benches.campaign())
    runs.change_settings(run_id=run.pk, seen_version=1, choices={"window": "manual", "spans_s": [[4.0, 8.0]]})
    work()
    with signed_in(chromium, str(live_server), 1440) as context:
        page = context.new_page()
        page.goto(reverse("run", args=[run.pk]))
        page.locator("[data-trace] .nsewdrag").first.wait_for()
        start, end = page.get_by_label("From (s)").first, page.get_by_label("to (s)").first
        drag(page, 6.0, 9.0)
        expect(start).not_to_have_value("4")
        assert float(start.input_value()) == pytest.approx(7.0, abs=0.3)
        assert float(end.input_value()) == pytest.approx(11.0, abs=0.3)
        assert page.get_by_label("Window", exact=True).input_value() == "manual"
        start.fill("9")
        assert drawn_from(page) == 0.0
        with page.expect_response(lambda response: "start=" in response.url):
            drag(page, 1.0, 3.0)
        until(lambda: drawn_from(page) > 0.5)
        page.get_by_role("button", name="Use the range shown").click()
        assert float(page.get_by_label("From (s)").nth(1).input_value()) == pytest.approx(1.0, abs=0.3)
        page.get_by_role("button", name="Compute with these").click()
        page.wait_for_url("**/devices/runs/*/")
    run.refresh_from_db()
    assert [round(end - start) for start, end in run.settings["choices"]["spans_s"]] == [2, 2]


def test_files_of_one_run_are_uploaded_together_and_the_page_follows(
    chromium: Browser, live_server: object, broker: None, tmp_path: Path
) -> None:
    make_user()
    campaign = benches.campaign()
    (tmp_path / "trace.csv").write_bytes(traces.monsoon_csv())
    (tmp_path / "log.txt").write_bytes(traces.benchmark_log())
    with signed_in(chromium, str(live_server), 390) as context:
        page = context.new_page()
        page.goto(reverse("campaign", args=[campaign.pk]))
        page.locator("#id_files").set_input_files([tmp_path / "trace.csv", tmp_path / "log.txt"])
        page.get_by_role("button", name="Upload").click()
        page.wait_for_url("**/devices/runs/*/")
        expect(page.get_by_text("Reading and computing")).to_be_visible()
        work()
        expect(page.get_by_text("gross, as in the paper")).to_be_visible()
    assert MeasurementFile.objects.filter(state="READY").count() == 2
