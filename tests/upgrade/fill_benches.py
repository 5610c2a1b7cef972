"""Devices, measurement files, runs, bench kits and energy models in every state, made by the application's services."""

import csv
import io
import tempfile
import threading
from pathlib import Path

import numpy as np
from django.core.files.base import ContentFile

from nas_engine.architecture import Architecture
from nas_engine.cost import cost
from nas_engine.energy.estimators.analytical import analytical_energy_mj
from nas_engine.search_space.paper_spaces import paper_2d
from tests.webapp.traces import benchmark_log
from webapp import translation
from webapp.models import BenchKit, Campaign, Device, EnergyModel, MeasurementFile, Study, Worker
from webapp.services import benches, devices, energy_models, measurements, result_tables, runs
from webapp.services.requests import save_architectures
from webapp.worker.child.process import ChildProcess
from webapp.worker.computing import compute_run
from webapp.worker.energy_training import run as train
from webapp.worker.heartbeat import Heartbeat
from webapp.worker.lifecycle import ThisWorker
from webapp.worker.packing import network_files, pack_kit
from webapp.worker.reading import read_file

WORKER = "machine-a/data-1"
NETWORKS = 8
_MAPPING = {
    "time": {"column": "tick", "unit": "ms"},
    "current": {"column": "draw", "unit": "mA"},
    "voltage": {"column": "cell", "unit": "V"},
    "triggers": ["busy"],
}


def make_phone() -> Campaign:
    """A device with everything that is known of one, and a campaign on it."""
    values = {"name": "Phone", "core": "Cortex-A76 at 2.4 GHz", "battery_kj": 51.0, "supply_v": 3.85}
    phone = devices.create_device(values={**values, "idle_power_mw": 40.0, "notes": "Lent by nobody."})
    return devices.create_campaign(device_id=phone.pk, name="Bench 1", notes="One thread, 22 °C.")


def make_watch() -> Campaign:
    """A device of which only the name is known."""
    return devices.create_campaign(device_id=devices.create_device(values={"name": "Watch"}).pk, name="Bench 2")


def make_files_and_runs(campaign: Campaign) -> None:
    """Files that were read, refused, mapped by a person or wait; runs of them."""
    network = _networks()[0]
    trace = _read(campaign, f"{network.hash}.csv", _trace())
    log = _read(campaign, f"{network.hash}.log", benchmark_log(network.hash))
    assert (trace.state, log.state) == ("READY", "READY"), (trace.error, log.error)
    run = runs.create_run(campaign_id=campaign.pk, file_ids=[trace.pk, log.pk], label="First run")
    compute_run(run.pk, WORKER)
    run.refresh_from_db()
    assert (run.state, run.architecture_id) == ("READY", network.hash), run.error
    assert run.energy_mj
    picture = _read(campaign, "holiday.jpg", b"\xff\xd8\xff\xe0" + bytes(1000))
    refused = runs.create_run(campaign_id=campaign.pk, file_ids=[picture.pk], label="Run of a picture")
    compute_run(refused.pk, WORKER)
    mapped = _read(campaign, "logger.csv", _own_table())
    profile = measurements.keep_profile(name="My logger", mapping=_MAPPING)
    options = {"mapping": profile.mapping}
    measurements.change_options(file_id=mapped.pk, seen_version=mapped.options_version, options=options)
    read_file(mapped.pk, WORKER)
    mapped.refresh_from_db()
    assert mapped.state == "READY", mapped.error
    waiting = _added(campaign, "waiting.csv", b"Time(ms),Main(mA),Main Voltage(V),\n0.0,1.0,4.0,\n")
    runs.create_run(campaign_id=campaign.pk, file_ids=[waiting.pk], label="Run that waits")
    benches.measure_here(campaign_id=campaign.pk, hashes=[network.hash])


def make_energy_model(campaign: Campaign, times: float, known: EnergyModel | None = None) -> EnergyModel:
    """A table of results of a device that takes `times` the published figures, and a model learnt from it."""
    _import(campaign, times)
    return _trained(campaign.device, known)


def make_models_that_are_not_ready(device: Device) -> None:
    """One that failed, one that waits."""
    failed = energy_models.request_model(device_id=device.pk, seed=2)
    assert energy_models.claim(model_id=failed.pk, worker=WORKER)
    energy_models.fail(model_id=failed.pk, worker=WORKER, reason="It could not be trained: ValueError: a made-up one")
    energy_models.request_model(device_id=device.pk, seed=3)


def make_kits(campaign: Campaign, study: Study) -> None:
    """One of the study's networks that is packed, one that failed, one that waits."""
    hashes = [study.trials.order_by("number")[0].architecture_id]
    packed, failed, _ = (benches.request_kit(campaign_id=campaign.pk, hashes=hashes) for _ in range(3))
    pack_kit(packed.pk, WORKER)
    packed.refresh_from_db()
    assert packed.state == BenchKit.State.READY, packed.reason
    assert benches.claim_kit(kit_id=failed.pk, worker=WORKER)
    benches.fail_kit(kit_id=failed.pk, worker=WORKER, reason="None of these networks can be built: a made-up reason")


def network_file(study: Study) -> bytes:
    """The .tflite file, with random weights, of the study's first trial."""
    hashes = [study.trials.order_by("number")[0].architecture_id]
    (network,) = benches.networks_of([{"hash": hashes[0], "label": ""}])
    with tempfile.TemporaryDirectory() as folder:
        assert not network_files([network], Path(folder))
        return (Path(folder) / f"{network.hash}.tflite").read_bytes()


def _networks() -> list[Architecture]:
    rng = np.random.default_rng(7)
    networks = [paper_2d(classes=3).sample(rng) for _ in range(NETWORKS)]
    save_architectures([translation.architecture_row(network) for network in networks])
    return networks


def _import(campaign: Campaign, times: float) -> None:
    text, rng = io.StringIO(), np.random.default_rng(3)
    writer = csv.writer(text)
    writer.writerow(["architecture", "energy_mj", "latency_ms", "label"])
    for number, network in enumerate(_networks(), start=1):
        energy_mj = times * analytical_energy_mj(cost(network))
        energies = energy_mj + 0.02 * rng.normal(), energy_mj * rng.uniform(0.7, 0.8)
        writer.writerow([network.hash, *(f"{value:.4f}" for value in energies), f"network {number}"])
    added = result_tables.order_import(campaign_id=campaign.pk, text=text.getvalue(), name="results.csv")
    read_file(added.new[0].pk, WORKER)


def _trained(device: Device, known: EnergyModel | None) -> EnergyModel:
    model = energy_models.request_model(device_id=device.pk, known_id=known.pk if known else None)
    heartbeat, child = Heartbeat(WORKER, Worker.Role.DATA), ChildProcess("training")
    train(model.pk, ThisWorker(WORKER, heartbeat, child, threading.Event()))
    model.refresh_from_db()
    assert model.state == EnergyModel.State.READY, model.reason
    return model


def _added(campaign: Campaign, name: str, content: bytes) -> MeasurementFile:
    return measurements.add_files(campaign_id=campaign.pk, files=[ContentFile(content, name=name)]).new[0]


def _read(campaign: Campaign, name: str, content: bytes) -> MeasurementFile:
    row = _added(campaign, name, content)
    read_file(row.pk, WORKER)
    row.refresh_from_db()
    return row


def _trace() -> bytes:
    """A Monsoon Python API CSV at 200 Hz: idle for 2 s, busy for 12 s, idle for 2 s."""
    noise, seconds = np.random.default_rng(0), np.arange(0.0, 16.0, 0.005)
    current = np.where((seconds >= 2) & (seconds < 14), 400.0, 100.0) + noise.integers(-2, 3, len(seconds))
    lines = (f"{t:.3f},{i:.0f}.0,4.0," for t, i in zip(seconds, current, strict=True))
    return "\n".join(["Time(ms),Main(mA),Main Voltage(V),", *lines, ""]).encode()


def _own_table() -> bytes:
    """A table of a logger of one's own, which nobody knows."""
    lines = (f"{number * 10},3.7,{90 + number % 7},{int(200 <= number < 1200)}" for number in range(1_600))
    return "\n".join(["tick,cell,draw,busy", *lines, ""]).encode()
