"""Trials with real networks of untrained weights, and their deploy bundles."""

from functools import lru_cache

from django.core.files.storage import default_storage

from nas_engine.architecture import Architecture
from nas_engine.deployment.arena import ArenaMeasurement
from tests.webapp import rows
from tests.webapp.factories import with_tflite
from tests.webapp.packs import dataset_with_features
from webapp import translation
from webapp.models import DeployBundle, Trial
from webapp.services import bundles
from webapp.storage import save_by_hash

ARENA = {"arena_bytes": 155_624, "head_bytes": 141_120, "tail_bytes": 14_504, "interpreter": "0.dev20261023182759"}


NPU = [
    {
        "accelerator": "ethos-u55-128",
        "clock_hz": 5e8,
        "cycles": 397_759,
        "seconds": 0.000795518,
        "sram_bytes_used": 188_688,
        "operators": [
            {"operator": "Conv2D", "tensor": "84", "on_cpu": True},
            {"operator": "Mean", "tensor": "85", "on_cpu": False},
        ],
    },
    {"accelerator": "ethos-u65-256", "reason": "Vela is not installed on this machine."},
]


def trial_with_network(**values: object) -> Trial:
    """A completed trial on real features, with the .tflite file of its architecture."""
    study = rows.running_study(name="Doorbell watch", dataset=dataset_with_features(), **values)
    trial = rows.completed_trial(study)
    return with_tflite(trial, network_of(translation.architecture(trial.architecture)))


@lru_cache
def network_of(architecture: Architecture) -> bytes:
    from nas_engine.network.untrained import untrained_files  # TensorFlow, for tests that ask for a network

    return untrained_files(architecture)[1]


def packed(trial: Trial, content: bytes = b"PK of a bundle") -> DeployBundle:
    """A bundle as a worker leaves it, but for its content."""
    bundle: DeployBundle = trial.bundles.create()
    assert bundles.claim(bundle_id=bundle.pk, worker="data-1")
    file = save_by_hash(default_storage, "bundles", content, ".zip")
    found = {"arena": ArenaMeasurement(**ARENA), "arena_note": "", "npu": NPU}
    assert bundles.complete(bundle_id=bundle.pk, worker="data-1", file=file, **found)
    bundle.refresh_from_db()
    return bundle
