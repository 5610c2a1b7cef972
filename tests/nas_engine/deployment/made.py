"""Untrained networks and contents of bundles for the tests of this package."""

from functools import lru_cache

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.baselines import nas_bayesian, tc_resnet8
from nas_engine.cost import cost
from nas_engine.deployment.arena import measure_arena
from nas_engine.deployment.contents import BundleContents
from nas_engine.deployment.model_card import CardFacts, class_accuracies
from nas_engine.deployment.vectors import ScoredInputs
from nas_engine.network import runtimes
from nas_engine.network.tflite import quantised_inputs
from nas_engine.network.untrained import untrained_files

LABELS = ("alarm", "baby_cry", "dog_bark", "door_knock", "doorbell", "phone_ring", "siren", "water", "negative")
NETWORKS = {"table 2": nas_bayesian(), "TC-ResNet8": tc_resnet8()}


@lru_cache
def network(name: str = "TC-ResNet8") -> bytes:
    """The packed file of a network with weights at random."""
    return untrained_files(NETWORKS[name])[1]


def facts(**values: object) -> CardFacts:
    confusion = np.diag([18] * 9) + np.eye(9, k=1, dtype=int) * 2
    made: dict[str, object] = {
        "title": "Trial 7 of the study Doorbell watch",
        "dataset": "kitchen",
        "dataset_notes": "",
        "licence": "",
        "synthetic": False,
        "counts": {"train": {"alarm": 100}, "eval": {"alarm": 20}},
        "classes": class_accuracies(confusion.tolist(), LABELS),
        "float_accuracy": 0.91,
        "runtime": "TensorFlow Lite Micro",
        "energy": "0.84 mJ, estimated by published figures",
        "flash_bytes": 73_456,
        "flops": 5_000_000,
        "parameters": 60_000,
    }
    return CardFacts(**(made | values))  # type: ignore[arg-type]


def scored(content: bytes, count: int = 6) -> ScoredInputs:
    """Noise at several levels with the scores of every runtime of this machine."""
    levels = np.geomspace(0.1, 3, count).reshape(count, 1, 1)
    x = np.random.default_rng(0).normal(0, levels, (count, 196, 40)).astype(np.float32)
    scores = {name: runtimes.predict(name, content, x) for name in runtimes.available()}
    return ScoredInputs(quantised_inputs(content, x).reshape(count, 196, 40), scores)


def contents(name: str = "TC-ResNet8", **values: object) -> BundleContents:
    architecture: Architecture = NETWORKS[name]
    content = network(name)
    made: dict[str, object] = {
        "title": "Trial 7 of the study Doorbell watch",
        "network": content,
        "labels": LABELS,
        "documents": {"frontend.json": {"format": "earshot-frontend"}},
        "card": facts(),
        "arena_estimate_bytes": cost(architecture).peak_activation_bytes,
        "arena": measure_arena(content),
        "vectors": scored(content),
    }
    return BundleContents(**(made | values))  # type: ignore[arg-type]
