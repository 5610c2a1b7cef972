"""Vela's estimates of a network before it is trained: compiled with weights at random, kept by architecture.

Making the file takes seconds, compiling it about one, in the training worker: no suggestion waits for it.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

from nas_engine.architecture import Architecture
from nas_engine.deployment.npu.limits import npu_violations
from nas_engine.deployment.vela import NpuEstimate, estimate
from nas_engine.errors import EarshotError, TransientError
from nas_engine.files.time_axis import time_along_width
from webapp import translation
from webapp.models import StoredNpuEstimate, Study
from webapp.services import npu_estimates
from webapp.services.persistence import persist
from webapp.worker.child.messages import MakeNetworks
from webapp.worker.child.process import ChildProcess

PATIENCE_SECONDS = 600.0
"""Longest time to make a network's file; TensorFlow may have to be loaded first."""


def violation_of(study: Study, architecture: Architecture, trainer: ChildProcess, check: Callable[[], object]) -> str:
    """Why the study may not train the network, by Vela's estimates; "" if it may, or has no NPU.

    `trainer` makes the network's file where it was never compiled; `check` may raise to end that. Raises TransientError
    where this machine has no Vela or the file cannot be made now.
    """
    reasons: list[str] = []
    for accelerator, limits in translation.npu_limits(study).items():
        row = _estimate_of(architecture, accelerator, trainer, check)
        if row.reason:
            reasons.append(row.reason)
        else:
            figures = row.seconds or 0.0, row.sram_bytes or 0, row.fallbacks or 0
            reasons += npu_violations(accelerator, *figures, limits)
    return "; ".join(reasons)


def _estimate_of(
    architecture: Architecture, accelerator: str, trainer: ChildProcess, check: Callable[[], object]
) -> StoredNpuEstimate:
    key = {"architecture_hash": architecture.hash, "accelerator": accelerator}
    known = persist(lambda: npu_estimates.stored(**key))
    if known is not None:
        return known
    found = _compiled(architecture, accelerator, trainer, check)
    return persist(lambda: npu_estimates.store(**key, found=found))


def _compiled(
    architecture: Architecture, accelerator: str, trainer: ChildProcess, check: Callable[[], object]
) -> NpuEstimate | str:
    with tempfile.TemporaryDirectory(prefix="npu-") as folder:
        job = MakeNetworks(folder, {architecture.hash: architecture.to_json()})
        if refused := trainer.call(job, PATIENCE_SECONDS, check).get(architecture.hash):
            return refused
        return estimate_or_reason((Path(folder) / f"{architecture.hash}.tflite").read_bytes(), accelerator)


def estimate_or_reason(network: bytes, accelerator: str) -> NpuEstimate | str:
    """Vela's estimate of a network, a 1-D one with time along the width, or why it refuses the network."""
    try:
        return estimate(time_along_width(network), accelerator)
    except TransientError:
        raise
    except EarshotError as error:
        return str(error)
