"""Energy models as pages show them: the versions of a device, and one with what it learnt from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webapp.models import Architecture, Device, EnergyModel
from webapp.queries.training_table import TableRow

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

    @property
    def is_live(self) -> bool:
        return self.state == EnergyModel.State.TRAINING


@dataclass(frozen=True, slots=True)
class MeasuredRuns:
    """The runs a version learnt from, as columns in their order."""

    rows: tuple[TableRow, ...]
    flops_millions: tuple[float, ...]

    @property
    def energies_mj(self) -> tuple[float, ...]:
        return tuple(row.energy_mj for row in self.rows)


def model_rows(device: Device) -> tuple[ModelRow, ...]:
    """The device's versions, the newest first. One query, without their tables and points."""
    names = ("networks", "r2", "rmse_mj", "noise_mj")
    values = EnergyModel.objects.filter(device=device).order_by("-version")
    found = values.values_list("pk", "version", "state", "reason", "created_at", *(f"report__{name}" for name in names))
    return tuple(
        ModelRow(
            id=pk,
            version=version,
            state=state,
            state_label=str(EnergyModel.State(state).label),
            reason=reason,
            created_at=created_at,
            **dict(zip(names, figures, strict=True)),
        )
        for pk, version, state, reason, created_at, *figures in found
    )


def model_or_none(device_id: int, version: int) -> EnergyModel | None:
    """One query."""
    return EnergyModel.objects.select_related("device").filter(device=device_id, version=version).first()


def measured_runs(model: EnergyModel) -> MeasuredRuns:
    """A query for each 5,000 networks."""
    rows = tuple(TableRow(*values) for values in model.runs.get("table", ()))
    hashes, flops = sorted({row.architecture_hash for row in rows}), dict[str, int]()
    for start in range(0, len(hashes), _HASHES_AT_ONCE):
        some = Architecture.objects.filter(hash__in=hashes[start : start + _HASHES_AT_ONCE])
        flops |= dict(some.values_list("hash", "flops"))
    return MeasuredRuns(rows, tuple(flops.get(row.architecture_hash, 0) / _FLOPS_A_MILLION for row in rows))


@dataclass(frozen=True, slots=True)
class FlaggedNetwork:
    """A network whose prediction was furthest off, in units of its 90 % interval."""

    architecture_hash: str
    measured_mj: float
    predicted_mj: float
    low_mj: float
    high_mj: float
    outside: bool


def furthest_off(report: Mapping[str, Any], rows: Sequence[TableRow], limit: int = 10) -> tuple[FlaggedNetwork, ...]:
    """The held-back runs outside their intervals, the furthest first. No query."""
    found = []
    for point in report.get("held_back", ()):
        row = rows[point["index"]]
        if not point["low_mj"] <= row.energy_mj <= point["high_mj"]:
            off = abs(row.energy_mj - point["predicted_mj"])
            values = {name: point[name] for name in ("predicted_mj", "low_mj", "high_mj", "outside")}
            found.append((off, FlaggedNetwork(row.architecture_hash, row.energy_mj, **values)))
    return tuple(network for _, network in sorted(found, key=lambda item: -item[0])[:limit])
