"""Energy models as pages show them: the versions of a device, and one with its training runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import Count, Q, QuerySet

from webapp.models import Device, EnergyModel, Run, StoredArchitecture, StoredNpuEstimate, Worker
from webapp.queries.budget import live_workers
from webapp.queries.energy_models import doubts_of, has_too_few, is_worse_than_mean
from webapp.queries.training_table import TrainingRow, training_set

_HASHES_AT_ONCE = 5_000
_FLOPS_A_MILLION = 1e6


@dataclass(frozen=True, slots=True)
class ModelRow:
    """What a device's page shows of a version. Errors are of networks that it had not seen; None until it is ready."""

    id: int
    version: int
    state: str
    state_label: str
    networks: int | None
    r2: float | None
    rmse_mj: float | None
    noise_mj: float | None
    reason: str
    created_at: datetime
    accelerator: str = ""
    power_mw: float | None = None

    @property
    def is_live(self) -> bool:
        return self.state == EnergyModel.State.TRAINING

    @property
    def is_worse_than_mean(self) -> bool:
        return is_worse_than_mean(self.r2)

    @property
    def has_too_few(self) -> bool:
        return has_too_few(self.networks)


@dataclass(frozen=True, slots=True)
class MeasuredRuns:
    """Training runs of a version, as columns in their order."""

    rows: tuple[TrainingRow, ...]
    flops_millions: tuple[float, ...]

    @property
    def energies_mj(self) -> tuple[float, ...]:
        return tuple(row.energy_mj for row in self.rows)


def model_rows(device: Device) -> tuple[ModelRow, ...]:
    """The device's versions, the newest first. One query, without their tables and points."""
    names = ("networks", "r2", "rmse_mj", "noise_mj")
    values = EnergyModel.objects.filter(device=device).order_by("-version")
    own = ("pk", "version", "state", "reason", "created_at", "accelerator", "power_mw")
    found = values.values_list(*own, *(f"report__{name}" for name in names))
    return tuple(
        ModelRow(
            id=pk,
            version=version,
            state=state,
            state_label=str(EnergyModel.State(state).label),
            reason=reason,
            created_at=created_at,
            accelerator=accelerator,
            power_mw=power_mw,
            **dict(zip(names, figures, strict=True)),
        )
        for pk, version, state, reason, created_at, accelerator, power_mw, *figures in found
    )


def shown_models(device_id: int) -> QuerySet[EnergyModel]:
    """The energy models of a device, each with it."""
    return EnergyModel.objects.select_related("device").filter(device=device_id)


def ready_models_of(device_id: int) -> QuerySet[EnergyModel]:
    """Those that have a report."""
    return shown_models(device_id).filter(state=EnergyModel.State.READY, accelerator="")


def energy_models_context(device: Device) -> dict[str, Any]:
    """The versions of a device, and what another one could be trained on."""
    return {"device": device, "models": model_rows(device), "found": training_set(device.pk)}


def energy_model_context(model: EnergyModel) -> dict[str, Any]:
    """The page of a version from `shown_models`: its report, and the runs that its charts are of, once it is READY."""
    context = energy_model_live_context(model)
    if model.state != EnergyModel.State.READY:
        return context
    if model.accelerator:
        return context | {"studies": list(model.studies.order_by("name")), "compiled": compiled_by(model)}
    runs = measured_runs(model)
    held_back, known_id = held_back_runs(model.report, runs.rows), model.settings.get("known")
    return context | {
        "report": model.report,
        "doubts": doubts_of(model),
        "measured_runs": runs,
        "residuals": residuals(held_back),
        "furthest_off": furthest_off(held_back),
        "studies": list(model.studies.order_by("name")),
        "known": known_id and EnergyModel.objects.select_related("device").filter(pk=known_id).first(),
    }


def compiled_by(model: EnergyModel) -> Mapping[str, int]:
    """Architectures that were compiled for the accelerator of a model, and those that have no time. One query."""
    rows = StoredNpuEstimate.objects.filter(accelerator=model.accelerator)
    return rows.aggregate(networks=Count("pk"), without_time=Count("pk", filter=~Q(fallbacks=0)))


def energy_model_live_context(model: EnergyModel) -> dict[str, Any]:
    """The polled part while the version is trained. At most one query."""
    is_live = model.state == EnergyModel.State.TRAINING
    return {
        "model": model,
        "device": model.device,
        "is_live": is_live,
        "nobody_trains": is_live and not live_workers(Worker.Role.DATA),
    }


def measured_runs(model: EnergyModel) -> MeasuredRuns:
    """A query for each 5,000 networks."""
    rows = tuple(TrainingRow(*values) for values in model.runs.get("table", ()))
    hashes, flops = sorted({row.architecture_hash for row in rows}), dict[str, int]()
    for start in range(0, len(hashes), _HASHES_AT_ONCE):
        some = StoredArchitecture.objects.filter(hash__in=hashes[start : start + _HASHES_AT_ONCE])
        flops |= dict(some.values_list("hash", "flops"))
    return MeasuredRuns(rows, tuple(flops.get(row.architecture_hash, 0) / _FLOPS_A_MILLION for row in rows))


@dataclass(frozen=True, slots=True)
class HeldBackRun:
    """A run with a cross-fitted prediction of its network; mJ, between `low_mj` and `high_mj` in 90 %.

    `run_id` is None where the run was deleted since.
    """

    run_id: int | None
    architecture_hash: str
    measured_mj: float
    predicted_mj: float
    low_mj: float
    high_mj: float
    outside: bool

    @property
    def is_inside(self) -> bool:
        return self.low_mj <= self.measured_mj <= self.high_mj

    @property
    def residual_mj(self) -> float:
        return self.predicted_mj - self.measured_mj


@dataclass(frozen=True, slots=True)
class Residuals:
    """Predicted less measured energies of held-back runs: their mean, and below what half and 90 % of them stay."""

    runs: int
    inside: int
    mean_mj: float
    half_mj: float
    ninety_mj: float


def held_back_runs(report: Mapping[str, Any], rows: Sequence[TrainingRow]) -> tuple[HeldBackRun, ...]:
    """The held-back runs in the order of the table. No query."""
    names = ("predicted_mj", "low_mj", "high_mj", "outside")
    return tuple(
        HeldBackRun(row.run_id, row.architecture_hash, row.energy_mj, **{name: point[name] for name in names})
        for point in report.get("held_back", ())
        for row in [rows[point["index"]]]
    )


def residuals(runs: Sequence[HeldBackRun]) -> Residuals | None:
    """None without runs."""
    if not runs:
        return None
    off = np.array([run.residual_mj for run in runs])
    half, ninety = np.quantile(np.abs(off), (0.5, 0.9))
    inside = sum(run.is_inside for run in runs)
    return Residuals(len(runs), inside, float(off.mean()), float(half), float(ninety))


def furthest_off(runs: Sequence[HeldBackRun], limit: int = 10) -> tuple[HeldBackRun, ...]:
    """The runs outside their intervals, the furthest first. One query."""
    outside = sorted((run for run in runs if not run.is_inside), key=lambda run: -abs(run.residual_mj))[:limit]
    known = set(Run.objects.filter(pk__in=[run.run_id for run in outside]).values_list("pk", flat=True))
    return tuple(run if run.run_id in known else replace(run, run_id=None) for run in outside)
