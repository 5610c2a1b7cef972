"""Ended trials as plain values, and trials restored from such values into a study of another machine."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from nas_engine.architecture import Architecture
from nas_engine.cost import cost
from nas_engine.evaluation_result import Evaluation, EvaluationResult, RuntimeResult, StreamResult
from webapp import translation
from webapp.models import CurvePoint, Trial
from webapp.services import trials
from webapp.services.energy_estimates import reestimate
from webapp.services.requests import save_architectures
from webapp.services.transitions import locked_study, record
from webapp.storage import hash_in_name, save_by_hash

_COPIED = (
    "number", "label", "seed", "state", "suggestion", "reason", "float_accuracy", "int8_accuracy", "flash_bytes",
    "energy_mj", "energy_source", "reward", "confusion", "runtimes", "seconds", "environment", "stopping",
    "violates_constraints",
)  # fmt: skip
_ON_STREAMS = ("stream_accuracy", "streams")  # which values of an earlier version lack
_CURVE = ("phase", "epoch", "loss", "train_accuracy", "eval_accuracy")
NAMES = (*_COPIED, "architecture", "tflite", "curve")
"""What the values of a trial hold at least; those of an earlier version lack when it was started and ended."""
RESTORER = "journal"  # in place of a worker's name
ENDED = (Trial.State.COMPLETED, Trial.State.STOPPED, Trial.State.INFEASIBLE)
"""States of trials that are worth keeping: one that failed or was cancelled is tried again."""


def trial_as_values(trial: Trial) -> dict[str, Any]:
    """An ended trial with its architecture and learning curve; of its network, the name, which holds the SHA-256."""
    return {
        **{name: getattr(trial, name) for name in (*_COPIED, *_ON_STREAMS)},
        "architecture": trial.architecture.spec,
        "tflite": trial.tflite.name,
        "started_at": trial.started_at and trial.started_at.isoformat(),
        "finished_at": trial.finished_at and trial.finished_at.isoformat(),
        "curve": [list(point) for point in trial.curve.order_by("phase", "epoch").values_list(*_CURVE)],
    }


def restore_trials(*, study_id: int, ended: Sequence[Mapping[str, Any]]) -> int:
    """Add ended trials to a study that does not have them, by their number; returns how many.

    The study is a DRAFT or was just started: its designer goes on from them. The files of their networks are not
    restored, so that they can be read but not exported. Raises KeyError or ValueError for values of another form.
    """
    rows = {trial["number"]: translation.violating_architecture_row(_architecture(trial)) for trial in ended}
    save_architectures(list(rows.values()))
    with transaction.atomic():
        study = locked_study(study_id)
        present = set(study.trials.values_list("number", flat=True))
        missing = [trial for trial in ended if trial["number"] not in present]
        now = timezone.now()
        created = Trial.objects.bulk_create(
            Trial(
                study=study,
                architecture_id=rows[trial["number"]].hash,
                tflite=trial["tflite"],
                started_at=_time(trial, "started_at"),
                finished_at=_time(trial, "finished_at") or now,
                **{name: trial[name] for name in _COPIED},
                **{name: trial.get(name) for name in _ON_STREAMS},
            )
            for trial in missing
        )
        CurvePoint.objects.bulk_create(_points(created, missing))
        if created:
            message = f"{len(created)} trials restored from a journal."
            record(study, study.state, study.state, message=message)
    if created:
        reestimate(study_id=study_id, energy_model_id=study.energy_model_id)
    return len(created)


def _time(trial: Mapping[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(trial[name]) if trial.get(name) else None


def _architecture(trial: Mapping[str, Any]) -> Architecture:
    return Architecture.from_json(trial["architecture"])


def _points(created: Sequence[Trial], values: Sequence[Mapping[str, Any]]) -> list[CurvePoint]:
    return [
        CurvePoint(trial=trial, **dict(zip(_CURVE, point, strict=True)))
        for trial, value in zip(created, values, strict=True)
        for point in value["curve"]
    ]


def complete_from(*, trial: Trial, values: Mapping[str, Any], network: bytes | None) -> bool:
    """Complete a REQUESTED trial by the values and the network of the same training, made elsewhere.

    Without `network`, which is lost, the trial can be read but not exported, as in `restore_trials`. False if a worker
    has it already. Raises ValueError where `network` is not the file of those values, or they are of another
    architecture.
    """
    if _architecture(values).hash != trial.architecture_id:
        raise ValueError(f"trial {values['number']} trained another architecture")
    if network is not None and hash_in_name(values["tflite"]) != hashlib.sha256(network).hexdigest():
        raise ValueError(f"the network of trial {values['number']} is not the file that was trained")
    if trials.claim(trial_id=trial.pk, worker=RESTORER) is None:
        return False
    name = values["tflite"] if network is None else save_by_hash(default_storage, "tflite", network, ".tflite")
    CurvePoint.objects.bulk_create(_points([trial], [values]), ignore_conflicts=True)
    return trials.complete(trial_id=trial.pk, worker=RESTORER, evaluation=_evaluation(values), tflite_name=name)


def _evaluation(values: Mapping[str, Any]) -> Evaluation:
    counted = cost(_architecture(values))
    result = EvaluationResult(
        float_accuracy=values["float_accuracy"],
        int8_accuracy=values["int8_accuracy"],
        flash_bytes=values["flash_bytes"],
        flops=counted.flops,
        parameters=counted.parameters,
        energy_mj=values["energy_mj"],
        energy_source=values["energy_source"],
        peak_activation_bytes=counted.peak_activation_bytes,
        confusion=tuple(tuple(row) for row in values["confusion"]),
        seconds=values["seconds"],
        runtimes={name: RuntimeResult(**found) for name, found in values["runtimes"].items()},
        streams=StreamResult.from_json(values["streams"]) if values.get("streams") else None,
    )
    return Evaluation(result, b"", (), values["environment"])
