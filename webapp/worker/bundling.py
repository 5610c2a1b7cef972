"""Packing the deploy bundle of a trial in a data worker: files, test vectors, the tensor arena as measured here."""

import json
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.files.storage import default_storage
from numpy.typing import NDArray

from nas_engine.audio.cache import EVALUATION_SPLIT
from nas_engine.audio.decode import decode
from nas_engine.audio.frontend import FrontendConfig
from nas_engine.deployment.arena import ArenaMeasurement, is_available, measure_arena
from nas_engine.deployment.bundle import bundle
from nas_engine.deployment.contents import BundleContents
from nas_engine.deployment.model_card import CardFacts, class_accuracies
from nas_engine.deployment.vectors import ScoredInputs
from nas_engine.deployment.vela import estimate as estimate_npu
from nas_engine.errors import EarshotError, TransientError
from nas_engine.files.tflite_tensors import input_and_output
from nas_engine.files.time_axis import time_along_width
from webapp.models import Clip, Dataset, DeployBundle, Runtime, Trial
from webapp.queries.energy_estimates import CurrentEstimate, all_estimates, current_estimate
from webapp.queries.pages.streams import chosen_loop
from webapp.services import bundles, jobs
from webapp.services.exports import NETWORK_FILE, plain_name, trial_files
from webapp.services.persistence import persist
from webapp.services.working import Write, never, reason, work
from webapp.storage import save_by_hash
from webapp.worker.child.messages import ScoreClips
from webapp.worker.child.process import call_once
from webapp.worker.packs import discard_if_damaged, local_pack

NPU_FILE = "npu.json"
MOST_VECTORS = 200
"""Clips of the evaluation split that become test vectors: 1.6 MB of features."""
SOUNDS = 3
"""Clips of the evaluation split that are packed as sound."""
MOST_SAMPLES = 66_000
"""Samples of each: with its features and the first second as C, the three take less than 1 MB."""
ACCELERATORS = ("ethos-u55-128", "ethos-u65-256", "ethos-u85-256")
"""NPUs that each bundle has estimates for."""
_DOCUMENTS = ("architecture.json", "metrics.json")
_FULL_SCALE = 32768.0
_NOT_MEASURED = (
    "The tensor arena was not measured: the machine that packed this bundle has no interpreter of TensorFlow Lite "
    "Micro, which is published for Linux on x86-64 alone."
)


def pack_bundle(bundle_id: int, worker: str, stopping: Callable[[], bool] = never) -> None:
    """Pack one deploy bundle, unless another worker does; the zip, or why there is none, is in its row."""
    work(
        jobs.BUNDLES,
        bundle_id,
        worker,
        claim=partial(bundles.claim, bundle_id=bundle_id, worker=worker),
        do=partial(_outcome, worker),
        reject=partial(_refuse, worker),
        stopping=stopping,
    )


def _outcome(worker: str, row: DeployBundle) -> Write:
    contents = contents_of(row.trial_id)
    npu = contents.documents[NPU_FILE]
    packed = bundle(contents, folder_name(row.trial))
    name = persist(partial(save_by_hash, default_storage, "bundles", packed, ".zip"))
    arena = {"arena": contents.arena, "arena_note": contents.arena_note}
    return partial(bundles.complete, bundle_id=row.pk, worker=worker, file=name, npu=npu, **arena)


def _refuse(worker: str, row: DeployBundle, error: Exception) -> bool:
    return bundles.fail(bundle_id=row.pk, worker=worker, reason=reason(error, "It could not be packed"))


def folder_name(trial: Trial) -> str:
    """Folder in the zip, of plain characters: "doorbell-watch-trial-7"."""
    return plain_name(trial.study.name, "trial", trial.number)


def contents_of(trial_id: int) -> BundleContents:
    """Contents of a trial's bundle; a 1-D network has time along the width, for Ethos-U.

    Raises Conflict as `trial_files` does, EarshotError where a child fails.
    """
    files = trial_files(trial_id=trial_id)
    related = ("study__dataset", "study__energy_model", "architecture")
    trial = Trial.objects.select_related(*related).get(pk=trial_id)
    network, frontend = time_along_width(files[NETWORK_FILE]), json.loads(files["frontend.json"])
    frontend["input"]["shape"] = list(input_and_output(network)[0].shape)
    measured, arena_note = arena_of(network)
    sounds = _sounds(trial.study.dataset)
    return BundleContents(
        title=_title(trial),
        network=network,
        labels=tuple(trial.study.dataset.classes),
        frontend=frontend,
        documents={name: json.loads(files[name]) for name in _DOCUMENTS} | {NPU_FILE: estimates_of(network)},
        card=_facts(trial),
        arena_estimate_bytes=trial.architecture.peak_activation_bytes,
        arena=measured,
        arena_note=arena_note,
        loop=chosen_loop(trial),
        vectors=_vectors(trial, network, sounds),
        sounds=sounds,
    )


def arena_of(network: bytes) -> tuple[ArenaMeasurement | None, str]:
    """The tensor arena as measured here, or None and why it was not. Raises TransientError as `measure_arena` does."""
    if not is_available():
        return None, _NOT_MEASURED
    try:
        return measure_arena(network), ""
    except TransientError:
        raise
    except EarshotError as error:
        return None, str(error)


def _sounds(dataset: Dataset) -> dict[str, NDArray[np.int16]]:
    """Beginnings of clips from all over the evaluation split, 16-bit PCM by class and place in the split."""
    clips = list(Clip.objects.filter(dataset=dataset, split=EVALUATION_SPLIT).order_by("position"))
    chosen = sorted({round(share * (len(clips) - 1)) for share in np.linspace(0, 1, SOUNDS)}) if clips else []
    config = FrontendConfig.from_json(dataset.frontend)
    sounds = {f"{clips[at].label} {clips[at].position}": _pcm(clips[at], config) for at in chosen}
    return {name: pcm for name, pcm in sounds.items() if len(pcm) >= config.window_samples}


def _pcm(clip: Clip, config: FrontendConfig) -> NDArray[np.int16]:
    with clip.audio.open("rb") as file:
        samples = decode(file.read(), config.sample_rate_hz)[:MOST_SAMPLES]
    return np.clip(np.rint(samples * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)


def estimates_of(network: bytes) -> list[dict[str, Any]]:
    """Estimates by accelerator; where Vela refuses the network, takes too long or is not installed, why."""
    found = []
    for accelerator in ACCELERATORS:
        try:
            found.append(estimate_npu(network, accelerator).to_json())
        except EarshotError as error:
            found.append({"accelerator": accelerator, "reason": str(error)})
    return found


def _vectors(trial: Trial, network: bytes, sounds: Mapping[str, NDArray[np.int16]]) -> ScoredInputs:
    settings.DATA_FOLDER.ensure()
    pack = local_pack(trial.study.dataset.pack.name or "")
    with tempfile.TemporaryDirectory(dir=settings.DATA_FOLDER.root, prefix="bundle-") as folder:
        path, sounds_path = Path(folder) / NETWORK_FILE, Path(folder) / "sounds.npz"
        path.write_bytes(network)
        np.savez(sounds_path, *sounds.values())
        job = ScoreClips(str(path), str(pack), str(sounds_path), MOST_VECTORS, trial.architecture.flops)
        try:
            return call_once(job)
        except EarshotError:
            discard_if_damaged(pack)  # another attempt fetches the features again
            raise


def _title(trial: Trial) -> str:
    return f"Trial {trial.number} of the study {trial.study.name}"


def _facts(trial: Trial) -> CardFacts:
    dataset: Dataset = trial.study.dataset
    estimate = current_estimate(trial, all_estimates(trial))
    return CardFacts(
        title=_title(trial),
        dataset=dataset.name,
        dataset_notes=dataset.notes,
        licence=dataset.licence,
        synthetic=dataset.synthetic,
        counts=dataset.counts,
        classes=class_accuracies(trial.confusion or [], dataset.classes if trial.confusion else []),
        float_accuracy=trial.float_accuracy,
        runtime=str(Runtime(trial.study.runtime).label),
        energy=energy_text(estimate),
        flash_bytes=trial.flash_bytes or 0,
        flops=trial.architecture.flops,
        parameters=trial.architecture.parameters,
        limits=energy_limits(estimate),
    )


def energy_text(estimate: CurrentEstimate) -> str:
    """Energy with its origin, such as "0.84 mJ, estimate from published figures"; "" without an estimate."""
    if estimate.energy_mj is None:
        return ""
    within = (
        f", 90 % between {estimate.low_mj:.2f} and {estimate.high_mj:.2f} mJ" if estimate.low_mj is not None else ""
    )
    return f"{estimate.energy_mj:.2f} mJ, {estimate.source_text}{within}"


def energy_limits(estimate: CurrentEstimate) -> tuple[str, ...]:
    """A sentence where the energy is extrapolated: the features that no measured network had."""
    if not estimate.outside:
        return ()
    features = "; ".join(estimate.outside)
    return (
        f"The energy is extrapolated and may be far off: the network lies outside of the measured ones: {features}.",
    )
