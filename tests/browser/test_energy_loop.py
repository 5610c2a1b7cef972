"""From a power monitor's file to a study that goes by what it taught: the whole loop, in the browser.

The networks were trained before (rows of finished trials); files, runs and the energy model are real work, done here in
place of a worker process.
"""

import numpy as np
import pytest
from django.urls import reverse
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.browser.visiting import signed_in
from tests.webapp.energy_models import data_worker
from tests.webapp.factories import make_dataset, make_study, make_user, make_workers
from webapp.models import EnergyModel, MeasurementFile, Run, Study, Trial, TrialEnergyEstimate
from webapp.worker import computing, energy_training, reading

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TRAINED = 8
LATENCY_MS = 3.0
IDLE_MW, BUSY_MW, STARTING_MW = 300.0, 900.0, 1500.0
LOG = b"""STARTING!
Num threads: [1]
count=1000 first=3100 curr=3000 min=2900 max=3400 avg=3000 std=20
Inference timings in us: Init: 500, First inference: 3100, Warmup (avg): 3050, Inference (avg): 3000
"""


def monsoon_trace() -> bytes:
    """Six seconds at 5 kHz: at rest, starting, 1,000 inferences, at rest. The API writes seconds below "Time(ms)"."""
    seconds = np.arange(0, 6, 1 / 5_000)
    power_mw = np.where((seconds >= 1) & (seconds < 1.5), STARTING_MW, IDLE_MW)
    power_mw = np.where((seconds >= 1.5) & (seconds < 4.5), BUSY_MW, power_mw)
    lines = (f"{time:.6f},{power / 4.0:.6f},4.0," for time, power in zip(seconds, power_mw, strict=True))
    return ("Time(ms),Main(mA),Main Voltage(V),\n" + "\n".join(lines) + "\n").encode()


def work() -> None:
    """What a data worker does until nothing is left to do."""
    for file_id in list(MeasurementFile.objects.filter(state="READING").values_list("pk", flat=True)):
        reading.read_file(file_id, "data-1")
    for run_id in list(Run.objects.filter(state="COMPUTING").values_list("pk", flat=True)):
        computing.compute_run(run_id, "data-1")
    for model_id in list(EnergyModel.objects.filter(state="TRAINING").values_list("pk", flat=True)):
        energy_training.run(model_id, data_worker())


def add_device(page: Page) -> None:
    page.goto(reverse("devices"))
    page.get_by_role("link", name="Add a device").first.click()
    page.get_by_label("Name").fill("Bench phone")
    page.get_by_label("Battery (kJ)").fill("10")
    page.get_by_role("button", name="Add the device").click()
    page.get_by_label("Name").fill("bench one")
    page.get_by_role("button", name="Create the campaign").click()


def upload(page: Page) -> None:
    files = [
        FilePayload(name="power.csv", mimeType="text/csv", buffer=monsoon_trace()),
        FilePayload(name="benchmark.log", mimeType="text/plain", buffer=LOG),
    ]
    page.get_by_label("Files").first.set_input_files(files)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("Reading and computing")).to_be_visible()
    work()


def correct_window(page: Page) -> None:
    """The plateau that is found by itself begins with the start; a person cuts that off."""
    expect(page.get_by_role("region", name="Windows and their energies")).to_be_visible()
    page.get_by_label("Window", exact=True).select_option("manual")
    page.get_by_label("From (s)").first.fill("1.6")
    page.get_by_label("to (s)").first.fill("4.4")
    page.get_by_role("button", name="Compute with these").click()
    expect(page.get_by_text("Reading and computing")).to_be_visible()
    work()
    expect(page.locator("#run-live")).to_contain_text("2.700")  # 900 mW for 3.0 ms


def attach(page: Page, study: Study) -> None:
    page.get_by_label("Search", exact=True).fill(f"{study.name} 1")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("button", name=f"Attach {study.name}, trial 1", exact=True).click()
    expect(page.locator("#network")).to_contain_text("The energy model of Bench phone is trained on this run")


def import_others(page: Page, study: Study) -> None:
    """Somebody else's bench measured the other networks: a table of three times what is published."""
    others = Trial.objects.filter(study=study, number__gt=1).order_by("number")
    lines = [f"{trial.architecture_id},{3 * (trial.energy_mj or 0.0):.4f},{trial.number}" for trial in others]
    page.get_by_role("link", name="bench one").click()
    page.get_by_role("link", name="Import a table").click()
    page.get_by_label("or its text").fill("\n".join(["architecture,energy_mj,latency_ms", *lines]))
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("Importing")).to_be_visible()
    work()
    expect(page.get_by_text("Runs imported")).to_be_visible()
    page.get_by_role("link", name="bench one").first.click()
    expect(page.locator("#runs-scroll")).to_contain_text("imported")


def train(page: Page) -> None:
    page.get_by_role("link", name="Bench phone").first.click()
    page.get_by_role("link", name="Train the energy model").click()
    expect(page.get_by_text(f"{TRAINED} networks with a measured energy")).to_be_visible()
    page.get_by_role("button", name="Train the energy model").click()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    work()
    expect(page.get_by_text("R² on unseen networks")).to_be_visible()
    expect(page.get_by_role("img", name="Predicted over measured energy").locator(".main-svg").first).to_be_visible()


def reestimate(page: Page, study: Study) -> None:
    page.goto(reverse("study", args=[study.pk]))
    page.get_by_role("combobox", name="Energy model").select_option(label="Bench phone, model 1")
    page.get_by_role("button", name="Re-estimate all trials").click()
    expect(page.get_by_text("This model was trained on 8 networks")).to_be_visible()
    page.get_by_role("button", name="Re-estimate all the same").click()
    expect(page.get_by_role("status").first).to_contain_text("8 trials were re-estimated, none was trained")
    expect(page.locator("#progress")).to_contain_text("Energy: predicted by Bench phone, model 1")


def test_a_measurement_becomes_an_energy_model_and_reprices_a_study(
    chromium: Browser, live_server: object, broker: None
) -> None:
    make_user()
    make_workers()
    study = make_study(name="Doorbell", dataset=make_dataset(), completed=TRAINED)
    before = list(study.trials.order_by("number").values_list("energy_mj", "reward"))
    with signed_in(chromium, str(live_server), 1440) as context:
        page = context.new_page()
        add_device(page)
        upload(page)
        correct_window(page)
        attach(page, study)
        import_others(page, study)
        train(page)
        reestimate(page, study)
        estimates = TrialEnergyEstimate.objects.filter(trial__study=study, energy_model__isnull=False).order_by(
            "trial__number"
        )
        dearest = max(estimates, key=lambda estimate: estimate.energy_mj)
        expect(page.locator("#trials")).to_contain_text(f"{dearest.energy_mj:.2f}\N{NO-BREAK SPACE}mJ")
    assert len(estimates) == TRAINED
    assert all(estimate.energy_mj > energy_mj for estimate, (energy_mj, _) in zip(estimates, before, strict=True))
    assert list(study.trials.order_by("number").values_list("energy_mj", "reward")) == before
    measured = Run.objects.get(settings__source="files")
    assert measured.energy_mj == pytest.approx(BUSY_MW * LATENCY_MS / 1000)
    assert measured.architecture == study.trials.get(number=1).architecture
