"""Versions of a device's energy model: requested by a user, trained by a worker, READY or FAILED with a reason.

A version keeps its training table as it was when it was requested, so that it can be trained again, whatever becomes of
the runs.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from nas_engine.deployment.vela import ACCELERATORS
from nas_engine.energy.estimators.base import LEAST_MEASURED
from webapp.models import Device, EnergyModel
from webapp.queries.training_table import TrainingRow, TrainingSet, table_rows, training_set
from webapp.services import jobs
from webapp.services.artifacts import GRACE_AFTER_DELETE, collect_artifacts
from webapp.services.errors import Conflict

KNOWN = "known"
"""Key of `EnergyModel.settings`: the id of another device's model, which the new one corrects."""
TABLE, DIGEST = "table", "digest"
"""Keys of `EnergyModel.runs`: rows as `TrainingRow`'s values, and the SHA-256 of them."""


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """Result of training: the name of the stored arrays, and the report as JSON."""

    arrays: str
    report: Mapping[str, Any]


def request_model(*, device_id: int, known_id: int | None = None, seed: int = 1) -> EnergyModel:
    """Request a new version, trained on all runs of the device that have a network and an energy.

    `known_id` is a READY model of another device. Raises Conflict with what is missing where there are too few runs.
    """
    with transaction.atomic():
        device = Device.objects.select_for_update(no_key=True).get(pk=device_id)
        found = training_set(device_id)
        if is_too_few(found):
            raise Conflict(too_few(found))
        _require_other(device, known_id)
        table = [list(astuple(row)) for row in table_rows(device_id)]
        ordered = EnergyModel.objects.create(
            device=device,
            version=_next_version(device),
            seed=seed,
            settings={KNOWN: known_id},
            runs={TABLE: table, DIGEST: _digest(table)},
        )
        jobs.send(jobs.MODELS, ordered.pk)
    return ordered


def create_npu_model(*, device_id: int, accelerator: str, power_mw: float, power_source: str) -> EnergyModel:
    """A version that is READY at once: the time that Vela estimates for an accelerator, by a power that a user states.

    Raises Conflict for an accelerator that Vela does not have, and for a power that is not above 0 or has no source.
    """
    if accelerator not in ACCELERATORS:
        raise Conflict(f"Vela has no accelerator {accelerator}: choose one of {', '.join(ACCELERATORS)}.")
    if not (power_mw > 0 and power_source.strip()):
        raise Conflict("State a power above 0 mW and where it is from: a measurement, or a page of a data sheet.")
    with transaction.atomic():
        device = Device.objects.select_for_update(no_key=True).get(pk=device_id)
        return EnergyModel.objects.create(
            device=device,
            version=_next_version(device),
            state=EnergyModel.State.READY,
            trained_at=Now(),
            accelerator=accelerator,
            power_mw=power_mw,
            power_source=power_source.strip(),
        )


def _next_version(device: Device) -> int:
    last = EnergyModel.objects.filter(device=device).aggregate(last=Max("version"))["last"] or 0
    return int(last) + 1


def is_too_few(found: TrainingSet) -> bool:
    return found.networks < LEAST_MEASURED


def too_few(found: TrainingSet) -> str:
    """Missing data, and how to get it."""
    wanting = [
        f"{count} {what}"
        for count, what in (
            (found.without_network, "without a network: choose the one that they measured"),
            (found.without_energy, "without an energy"),
            (found.unfinished, "not computed"),
        )
        if count
    ]
    rest = f" Of the other runs, {', '.join(wanting)}." if wanting else ""
    return (
        f"{found.networks} network{'s are' if found.networks != 1 else ' is'} measured on this device; an energy model "
        f"needs at least {LEAST_MEASURED}.{rest} Measure more, or import a table."
    )


def _require_other(device: Device, known_id: int | None) -> None:
    if known_id is None:
        return
    known = EnergyModel.objects.filter(pk=known_id, state=EnergyModel.State.READY, accelerator="").first()
    if known is None or known.device_id == device.pk:
        raise Conflict("Choose a ready energy model of another device to begin from, or none.")


def _digest(table: Sequence[Sequence[Any]]) -> str:
    return hashlib.sha256(json.dumps(table).encode()).hexdigest()


def table_of(model: EnergyModel) -> list[TrainingRow]:
    """Runs that the version is trained on."""
    return [TrainingRow(*values) for values in model.runs.get(TABLE, ())]


def train_again(*, model_id: int) -> None:
    """FAILED -> TRAINING, from the same table."""
    if not EnergyModel.objects.filter(pk=model_id, state=EnergyModel.State.FAILED).exists():
        raise Conflict("Only a model whose training failed can be trained again; request a new version instead.")
    with transaction.atomic():
        jobs.reopen(jobs.MODELS, model_id, reason="")


def delete_model(*, model_id: int) -> str:
    """Delete a version that no study uses and no trial was estimated by; returns its name."""
    with transaction.atomic():
        model = EnergyModel.objects.select_for_update(of=("self",)).select_related("device").get(pk=model_id)
        name = str(model)
        used = list(model.studies.values_list("name", flat=True)[:3])
        if used:
            raise Conflict(f"{name} is used by {', '.join(used)}: choose another energy model for these studies first.")
        if EnergyModel.objects.filter(settings__known=model_id).exists():
            raise Conflict(f"Another device's model was built on {name}: it cannot be deleted.")
        model.energy_estimates.all().delete()
        arrays = str(model.arrays.name or "")
        model.delete()
        collect_artifacts(names=[arrays], grace=GRACE_AFTER_DELETE)
    return name


def claim(*, model_id: int, worker: str) -> EnergyModel | None:
    """Claim the version to train; None if another worker trains it or there is nothing to train."""
    if not jobs.claim(jobs.MODELS, model_id, worker):
        return None
    return EnergyModel.objects.select_related("device").get(pk=model_id)


def complete(*, model_id: int, worker: str, outcome: TrainingOutcome) -> bool:
    """TRAINING -> READY. False if another worker has taken it over."""
    return _end(model_id, worker, state=EnergyModel.State.READY, trained_at=Now(), reason="", **asdict(outcome))


def fail(*, model_id: int, worker: str, reason: str) -> bool:
    """TRAINING -> FAILED, with what is wrong and what to do."""
    return _end(model_id, worker, state=EnergyModel.State.FAILED, reason=reason)


def _end(model_id: int, worker: str, **values: Any) -> bool:
    return bool(jobs.MODELS.held(model_id, worker).update(**jobs.FREE, **values))
