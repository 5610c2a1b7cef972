"""Running a network on the computer of this data worker: its latency and, where counters can be read, its energy."""

import tempfile
from pathlib import Path

from django.conf import settings

from nas_engine.errors import BadMeasurement
from webapp.models import Run
from webapp.services import benches, runs
from webapp.worker.child.messages import Benchmark
from webapp.worker.child.process import call_once
from webapp.worker.packing import network_files


def measured_here(run: Run) -> runs.Figures:
    """The figures of a run whose source is this computer. Raises BadMeasurement where the network cannot be built."""
    settings.DATA_FOLDER.ensure()
    networks = benches.networks_of([{"hash": run.architecture_id or "", "label": run.label}])
    with tempfile.TemporaryDirectory(dir=settings.DATA_FOLDER.root, prefix="host-") as folder:
        refused = network_files(networks, Path(folder))
        if refused or not networks:
            raise BadMeasurement(next(iter(refused.values()), "This network was deleted."))
        seconds = float(run.settings["seconds"])
        found = call_once(Benchmark(str(Path(folder) / f"{networks[0].hash}.tflite"), seconds))
    latency_ms, power_mw, idle_mw = (found[name] for name in ("latency_ms", "mean_power_mw", "idle_power_mw"))
    energy_mj = None if power_mw is None else power_mw * latency_ms / 1e3
    net_mj = None if power_mw is None or idle_mw is None else (power_mw - idle_mw) * latency_ms / 1e3
    return runs.Figures(
        result=found,
        energy_mj=energy_mj,
        net_mj=net_mj,
        latency_ms=latency_ms,
        repeats=None if energy_mj is None else 1,
    )
