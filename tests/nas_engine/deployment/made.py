"""Untrained networks and contents of bundles for the tests of this package."""

from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.architecture import Architecture
from nas_engine.audio.frontend import FrontendConfig, Normalisation, evaluation_crop
from nas_engine.baselines import nas_bayesian, tc_resnet8
from nas_engine.cost import cost
from nas_engine.deployment.arena import ArenaMeasurement, measure_arena
from nas_engine.deployment.contents import BundleContents
from nas_engine.deployment.frontend.description import describe_frontend
from nas_engine.deployment.model_card import CardFacts, class_accuracies
from nas_engine.deployment.vectors import ScoredInputs
from nas_engine.files.tflite_tensors import input_and_output
from nas_engine.network import runtimes
from nas_engine.network.tflite import quantised_inputs
from nas_engine.network.untrained import untrained_files
from tests.nas_engine.deployment.frontend.sounds import synthetic_clips, training_features

QUICK_RUNTIME = "tflite_micro" if find_spec("tflite_micro") else "tensorflow"
"""For smoke tests of what no runtime changes: loading TensorFlow takes six seconds of processor, this one none."""
LABELS = ("alarm", "baby_cry", "dog_bark", "door_knock", "doorbell", "phone_ring", "siren", "water", "negative")
NETWORKS = {"table 2": nas_bayesian(), "TC-ResNet8": tc_resnet8()}


@lru_cache
def network(name: str = "TC-ResNet8") -> bytes:
    """The packed file of a network with weights at random."""
    return untrained_files(NETWORKS[name])[1]


def facts(**values: object) -> CardFacts:
    confusion = np.diag([18] * 9) + np.eye(9, k=1, dtype=int) * 2
    made: dict[str, Any] = {
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
    return CardFacts(**(made | values))


@lru_cache
def sounds() -> dict[str, NDArray[np.int16]]:
    """Two clips of the generator."""
    return dict(list(synthetic_clips(1).items())[:2])


@lru_cache
def normalisation() -> Normalisation:
    rows = np.concatenate([training_features(pcm, FrontendConfig()) for pcm in sounds().values()])
    return Normalisation(rows.mean(axis=0), rows.std(axis=0))


def frontend(content: bytes, config: FrontendConfig | None = None) -> dict[str, Any]:
    """frontend.json of the network `content`, of Earshot's own front end unless `config` is another."""
    source, sink = input_and_output(content)
    described = describe_frontend(config or FrontendConfig(), normalisation())
    return described | {"input": source.to_json(), "output": sink.to_json()}


@lru_cache
def scored(content: bytes, count: int = 6) -> ScoredInputs:
    """Noise at several levels, then the sounds, with the scores of every runtime of this machine."""
    levels = np.geomspace(0.1, 3, count).reshape(count, 1, 1)
    noise = np.random.default_rng(0).normal(0, levels, (count, 196, 40)).astype(np.float32)
    config = FrontendConfig()
    heard = [evaluation_crop(training_features(pcm, config), config) for pcm in sounds().values()]
    x = np.concatenate([noise, normalisation().apply(np.stack(heard))])
    scores = {name: runtimes.predict(name, content, x) for name in runtimes.available()}
    return ScoredInputs(quantised_inputs(content, x).reshape(len(x), 196, 40), scores, len(heard))


@lru_cache
def arena(content: bytes) -> ArenaMeasurement:
    return measure_arena(content)


def contents(name: str = "TC-ResNet8", **values: object) -> BundleContents:
    architecture: Architecture = NETWORKS[name]
    content = network(name)
    made: dict[str, Any] = {
        "title": "Trial 7 of the study Doorbell watch",
        "network": content,
        "labels": LABELS,
        "frontend": frontend(content),
        "documents": {},
        "card": facts(),
        "arena_estimate_bytes": cost(architecture).peak_activation_bytes,
        "arena": arena(content),
        "vectors": scored(content),
        "sounds": sounds(),
    }
    return BundleContents(**(made | values))
