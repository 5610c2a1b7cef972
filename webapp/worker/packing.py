"""Packing a bench kit in a data worker."""

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage

from nas_engine.errors import EarshotError
from webapp.models import BenchKit
from webapp.queries.csv_cells import plain_cells
from webapp.services import benches, jobs
from webapp.services.benches import KitNetwork
from webapp.services.persistence import persist
from webapp.services.working import Write, never, reason, work
from webapp.storage import save_file_by_hash
from webapp.worker.child.messages import MakeNetworks
from webapp.worker.child.process import call_once

_TEXTS = Path(__file__).with_name("kit")
_SECONDS_EACH = 30.0
_EXECUTABLE = 0o755 << 16
_UNTRAINED = (
    '\nNetworks marked "trained": false in the manifest have weights at random: their energy and time are those of\n'
    "the trained ones, their answers mean nothing.\n"
)


def pack_kit(kit_id: int, worker: str, stopping: Callable[[], bool] = never) -> None:
    """Pack one kit, unless another worker does; the zip, or why there is none, is in its row."""
    work(
        jobs.KITS,
        kit_id,
        worker,
        claim=partial(benches.claim_kit, kit_id=kit_id, worker=worker),
        do=partial(_outcome, worker),
        reject=partial(_refuse, worker),
        stopping=stopping,
    )


def _outcome(worker: str, kit: BenchKit) -> Write:
    settings.DATA_FOLDER.ensure()
    with tempfile.TemporaryDirectory(dir=settings.DATA_FOLDER.root, prefix="kit-") as folder:
        packed = _packed(kit, Path(folder))
        name = persist(partial(save_file_by_hash, default_storage, "kits", packed))
    return partial(benches.complete_kit, kit_id=kit.pk, worker=worker, file=name)


def _refuse(worker: str, kit: BenchKit, error: Exception) -> bool:
    return benches.fail_kit(kit_id=kit.pk, worker=worker, reason=reason(error, "It could not be packed"))


def network_files(networks: Sequence[KitNetwork], folder: Path) -> Mapping[str, str]:
    """Write FOLDER/HASH.tflite for each: the trained file, or one with random weights. Why not, by hash."""
    for network in networks:
        if network.tflite:
            with default_storage.open(network.tflite) as stored:
                (folder / f"{network.hash}.tflite").write_bytes(stored.read())
    untrained = {network.hash: dict(network.spec) for network in networks if not network.tflite}
    return call_once(MakeNetworks(str(folder), untrained)) if untrained else {}


def _packed(kit: BenchKit, folder: Path) -> Path:
    networks = benches.networks_of(kit.architectures)
    refused = network_files(networks, folder)
    there = [network for network in networks if network.hash not in refused]
    if not there:
        raise EarshotError("None of these networks can be built: " + "; ".join(sorted(set(refused.values()))))
    packed = folder / "kit.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for network in there:
            archive.write(folder / f"{network.hash}.tflite", f"networks/{network.hash}.tflite")
        archive.writestr("manifest.json", json.dumps(_manifest(kit, there, refused, folder), indent=1) + "\n")
        archive.writestr("README.txt", _readme(kit, there))
        archive.writestr("results.csv", _template(there))
        archive.writestr("results/README.txt", "Logs of measure.sh and your traces, named HASH.log and HASH.csv.\n")
        script = zipfile.ZipInfo("measure.sh")
        script.external_attr, script.compress_type = _EXECUTABLE, zipfile.ZIP_DEFLATED
        archive.writestr(script, (_TEXTS / "measure.sh").read_text())
    return packed


def _manifest(
    kit: BenchKit, networks: Sequence[KitNetwork], refused: Mapping[str, str], folder: Path
) -> dict[str, Any]:
    return {
        "earshot_bench_kit": 1,
        "device": kit.campaign.device.name,
        "campaign": kit.campaign.name,
        "networks": [
            {
                "file": f"networks/{network.hash}.tflite",
                "architecture_hash": network.hash,
                "label": network.label,
                "trained": bool(network.tflite),
                "bytes": (folder / f"{network.hash}.tflite").stat().st_size,
                "flops": network.flops,
                "parameters": network.parameters,
                "architecture": network.spec,
            }
            for network in networks
        ],
        "left_out": dict(refused),
    }


def _readme(kit: BenchKit, networks: Sequence[KitNetwork]) -> str:
    return (
        (_TEXTS / "README.txt")
        .read_text()
        .format(
            device=kit.campaign.device.name,
            campaign=kit.campaign.name,
            count=len(networks),
            seconds=_SECONDS_EACH,
            untrained="" if all(network.tflite for network in networks) else _UNTRAINED,
        )
    )


def _template(networks: Sequence[KitNetwork]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["architecture", "energy_mj", "latency_ms", "label"])
    writer.writerows(plain_cells([network.hash, "", "", network.label]) for network in networks)
    return text.getvalue()
