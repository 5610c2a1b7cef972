"""Jobs of a data worker's child: networks for bench kits, measurements on this computer, scores for deploy bundles."""

import platform
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.audio.cache import open_pack
from nas_engine.deployment.scoring import scored_inputs
from nas_engine.deployment.vectors import ScoredInputs
from nas_engine.energy import rapl
from nas_engine.errors import ConversionError, InfeasibleArchitecture
from nas_engine.network.host_benchmark import benchmark
from nas_engine.network.untrained import untrained_files
from webapp.worker.child.messages import Benchmark, MakeNetworks, ScoreClips


def load() -> Callable[[MakeNetworks | Benchmark | ScoreClips, object], Mapping[str, Any] | ScoredInputs]:
    """TensorFlow is loaded with this module."""
    return _work


def _work(job: MakeNetworks | Benchmark | ScoreClips, _: object) -> Mapping[str, Any] | ScoredInputs:
    match job:
        case MakeNetworks():
            return make(job)
        case Benchmark():
            return _measure(job)
        case ScoreClips():
            return _score(job)


def _score(job: ScoreClips) -> ScoredInputs:
    with np.load(job.sounds_path) as sounds:
        pack = open_pack(Path(job.pack_path))
        return scored_inputs(Path(job.path).read_bytes(), pack, job.clips, [sounds[name] for name in sounds.files])


def make(job: MakeNetworks) -> dict[str, str]:
    refused = {}
    for digest, spec in job.architectures.items():
        try:
            _, packed = untrained_files(Architecture.from_json(spec))
        except (ConversionError, InfeasibleArchitecture) as error:
            refused[digest] = str(error)
        else:
            (Path(job.folder) / f"{digest}.tflite").write_bytes(packed)
    return refused


def _measure(job: Benchmark) -> dict[str, Any]:
    counters = rapl.RaplCounters.find()
    try:
        measured = benchmark(Path(job.path).read_bytes(), job.seconds, counters)
    except ValueError as error:
        raise ConversionError(f"TensorFlow Lite cannot run this network: {error}") from error
    note = (
        "Energy is that of all processor packages, by their own counters (RAPL)."
        if counters
        else rapl.unavailable_reason()
    )
    return {**measured.to_json(), "machine": platform.node() or "this computer", "energy_note": note}
