"""What a database holds, in words that outlast the names of tables and columns; run as a program, it prints it as JSON.

What the words mean today stands here once. The values are those of the business: figures, states, names and the files'
hashes. Free-form JSON and times are no part of it: `test_upgrade` compares every column besides.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Row = dict[str, Any]


def found() -> Mapping[str, list[Row]]:
    """Every row of every kind, in the order of their ids."""
    from webapp import models

    return {
        "people": [{"name": row.username, "password": row.password} for row in _people()],
        "datasets": _rows(models.Dataset, _dataset),
        "clips": _rows(models.Clip, _clip),
        "architectures": _rows(models.StoredArchitecture, _architecture),
        "studies": _rows(models.Study, _study),
        "trials": _rows(models.Trial, _trial),
        "curve points": _rows(models.CurvePoint, _curve_point),
        "events": _rows(models.Event, _event),
        "energy estimates": _rows(models.TrialEnergyEstimate, _energy_estimate),
        "shown energies": [_shown_energy(trial) for trial in models.Trial.objects.order_by("pk")],
        "dry runs": _rows(models.DryRun, lambda row: {"state": row.state, "reason": row.reason}),
        "devices": _rows(models.Device, _device),
        "campaigns": _rows(models.Campaign, lambda row: {"device": row.device.name, **_of(row, "name notes")}),
        "measurement files": _rows(models.MeasurementFile, _measurement_file),
        "runs": _rows(models.Run, _run),
        "column mappings": _rows(models.MappingProfile, lambda row: {"name": row.name, "mapping": row.mapping}),
        "bench kits": _rows(models.BenchKit, _kit),
        "energy models": _rows(models.EnergyModel, _energy_model),
        "workers": _rows(models.Worker, lambda row: _of(row, "name role machine pid")),
        "stored files": _stored_files(),
    }


def _people() -> Iterable[Any]:
    from django.contrib.auth.models import User

    return User.objects.order_by("pk")


def _rows(model: Any, value: Callable[[Any], Row]) -> list[Row]:
    return [value(row) for row in model.objects.order_by("pk")]


def _of(row: Any, names: str) -> Row:
    return {name: getattr(row, name) for name in names.split()}


def _file(stored: Any) -> str:
    """The SHA-256 of a row's file; empty where it has none."""
    if not stored:
        return ""
    with stored.open("rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def _dataset(row: Any) -> Row:
    plain = _of(row, "name state synthetic classes counts normalisation error")
    return {**plain, "owner": str(row.created_by), "upload": _file(row.upload), "features": _file(row.pack)}


def _clip(row: Any) -> Row:
    return {"dataset": row.dataset.name, **_of(row, "split label position seconds"), "audio": _file(row.audio)}


def _architecture(row: Any) -> Row:
    return _of(row, "hash flops parameters peak_activation_bytes")


def _study(row: Any) -> Row:
    settings = (
        "name notes space designer trial_budget full_epochs batch_size seed energy_threshold_mj energy_step_mj "
        "energy_step_points flash_threshold_kb flash_step_kb flash_step_points flash_limit_kb peak_ram_limit_kb "
        "energy_limit_mj early_stopping stop_confidence switch_at"
    )
    return {
        **_of(row, settings),
        **_of(row, "kind state reason duplicates_answered suggest_failures"),
        "hard limits are on": row.enforce_constraints,
        "dataset": row.dataset.name,
        "owner": str(row.owner),
        "cloned from": str(row.cloned_from),
        "energies by": str(row.energy_model),
    }


def _trial(row: Any) -> Row:
    return {
        "study": row.study.name,
        **_of(row, "number state label seed reason worker phase epoch epochs"),
        "architecture": row.architecture_id,
        "not trained for a hard limit": row.violates_constraints,
        "repeats": row.retried_from.number if row.retried_from else None,
        **_of(row, "float_accuracy int8_accuracy flash_bytes energy_mj energy_source reward confusion"),
        "network": _file(row.tflite),
    }


def _curve_point(row: Any) -> Row:
    return {"trial": row.trial_id, **_of(row, "phase epoch loss train_accuracy eval_accuracy")}


def _event(row: Any) -> Row:
    moves = _of(row, "old_state new_state worker message")
    return {"study": row.study.name, "trial": row.trial.number if row.trial else None, **moves, "by": str(row.actor)}


def _energy_estimate(row: Any) -> Row:
    trial = {"study": row.trial.study.name, "trial": row.trial.number, "by": str(row.energy_model)}
    return {**trial, **_of(row, "energy_mj low_mj high_mj reward outside formula source")}


def _shown_energy(trial: Any) -> Row:
    """What the trial's page shows: by the energy model that its study goes by."""
    from webapp.queries.energy_estimates import current_estimate

    shown = current_estimate(trial, trial.energy_estimates.all())
    return {"study": trial.study.name, "trial": trial.number, **_of(shown, "energy_mj reward source low_mj high_mj")}


def _device(row: Any) -> Row:
    return _of(row, "name core battery_kj supply_v idle_power_mw notes version")


def _measurement_file(row: Any) -> Row:
    plain = _of(row, "original_name sha256 size_bytes options state format title kind error")
    return {"campaign": row.campaign.name, **plain, "content": _file(row.file), "plot": _file(row.plot)}


def _run(row: Any) -> Row:
    figures = _of(row, "label state error energy_mj net_mj latency_ms sd_mj repeats")
    files = sorted(file.original_name for file in row.files.all())
    return {"campaign": row.campaign.name, "architecture": row.architecture_id, "files": files, **figures}


def _kit(row: Any) -> Row:
    return {"campaign": row.campaign.name, **_of(row, "architectures state reason"), "zip": _file(row.file)}


def _energy_model(row: Any) -> Row:
    return {"device": row.device.name, **_of(row, "version state seed reason"), "arrays": _file(row.arrays)}


def _stored_files() -> list[Row]:
    from django.core.files.storage import default_storage

    from webapp.models import ArtifactChunk

    names = sorted(set(ArtifactChunk.objects.values_list("name", flat=True)))
    return [{"name": name, "sha256": hashlib.sha256(default_storage.open(name).read()).hexdigest()} for name in names]


if __name__ == "__main__":
    import django

    django.setup()
    json.dump(found(), sys.stdout)
