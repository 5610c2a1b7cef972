"""Devices with measured networks and real, small energy models, trained once a session."""

import itertools
import threading
from dataclasses import astuple
from functools import lru_cache

import numpy as np
from django.core.files.storage import default_storage
from django.utils import timezone

from nas_engine.architecture import Architecture
from nas_engine.cost import cost
from nas_engine.energy.estimators.analytical import analytical_energy_mj
from nas_engine.energy.estimators.base import dump
from nas_engine.energy.estimators.model_report import ModelReport, cross_validate
from nas_engine.energy.estimators.training import MeasuredNetwork, TrainedModel, train
from nas_engine.search_space.paper_spaces import paper_2d
from webapp.models import Campaign, Device, EnergyModel, Run, StoredArchitecture, Worker
from webapp.queries.training_table import table_rows
from webapp.services.requests import save_architectures
from webapp.storage import save_by_hash
from webapp.translation import architecture_row
from webapp.worker.child.process import ChildProcess
from webapp.worker.heartbeat import Heartbeat
from webapp.worker.lifecycle import ThisWorker

NETWORKS, EXAMINED = 24, 12
NOISE_MJ = 0.02
_counter = itertools.count(1)


def data_worker(name: str = "data-1") -> ThisWorker:
    """A data worker's identity, without its process."""
    return ThisWorker(name, Heartbeat(name, Worker.Role.DATA), ChildProcess("training"), threading.Event())


def device(**values: object) -> Device:
    return Device.objects.create(**{"name": f"Phone {next(_counter)}", **values})


def sampled(count: int = NETWORKS, seed: int = 7) -> list[Architecture]:
    rng = np.random.default_rng(seed)
    return [paper_2d().sample(rng) for _ in range(count)]


def true_energy_mj(network: Architecture, times: float) -> float:
    """A device that takes `times` what the published figures say."""
    return times * analytical_energy_mj(cost(network))


def measured_device(count: int = NETWORKS, times: float = 2.0, **values: object) -> Device:
    """A device on which `count` networks were measured, with noise and repeats."""
    made = device(**values)
    campaign = Campaign.objects.create(device=made, name="bench")
    networks, rng = sampled(count), np.random.default_rng(3)
    save_architectures([architecture_row(network) for network in networks])
    Run.objects.bulk_create(
        Run(
            campaign=campaign,
            architecture_id=network.hash,
            label=f"run of {network.hash[:8]}",
            state=Run.State.READY,
            computed_at=timezone.now(),
            settings={"source": "table"},
            energy_mj=true_energy_mj(network, times) + NOISE_MJ * rng.normal(),
            latency_ms=true_energy_mj(network, times) * float(rng.uniform(0.7, 0.8)),
            sd_mj=NOISE_MJ,
            repeats=5,
        )
        for network in networks
    )
    assert StoredArchitecture.objects.filter(runs__campaign=campaign).distinct().count() == count
    return made


@lru_cache(maxsize=8)
def trained(times: float, source: str) -> TrainedModel:
    """Trained on `NETWORKS` networks of a device that takes `times` what the published figures say."""
    return train(
        [MeasuredNetwork(network, true_energy_mj(network, times)) for network in sampled()], source=source, seed=1
    )


@lru_cache(maxsize=1)
def examined(networks: int) -> ModelReport:
    """Of the device that `measured_device` makes, its first so many networks."""
    rng = np.random.default_rng(3)
    measured = [
        MeasuredNetwork(network, true_energy_mj(network, 2.0) + NOISE_MJ * rng.normal())
        for network in sampled(networks)
    ]
    return cross_validate(measured, seed=1, noise_mj=NOISE_MJ)


def examined_model(of: Device) -> EnergyModel:
    """A READY model with the table and, from its first networks, the report that training makes."""
    model = ready_model(of)
    model.runs = {"table": [list(astuple(row)) for row in table_rows(of.pk)], "digest": "0" * 64}
    model.report = examined(EXAMINED).to_json()
    model.save(update_fields=["runs", "report"])
    return model


def ready_model(of: Device, times: float = 2.0) -> EnergyModel:
    """The next version of the device's energy model, READY."""
    version = EnergyModel.objects.filter(device=of).count() + 1
    learnt = trained(times, "a test")
    return EnergyModel.objects.create(
        device=of,
        version=version,
        state=EnergyModel.State.READY,
        trained_at=timezone.now(),
        report=learnt.report,
        arrays=save_by_hash(default_storage, "energy-models", dump(learnt.predictor), ".npz"),
    )
