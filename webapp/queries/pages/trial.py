"""One trial in full: learning curve, confusion matrix, terms of its reward."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery

from nas_engine.evaluation_result import RuntimeResult, StreamResult
from nas_engine.reward import reward_breakdown
from webapp.models import (
    CurvePoint,
    DeployBundle,
    RecordingSet,
    Runtime,
    ShortlistedTrial,
    StoredNpuEstimate,
    StreamEvaluation,
    Study,
    Trial,
)
from webapp.models.study import BYTES_PER_KB
from webapp.queries.accuracy import recordings
from webapp.queries.detection import measure_words
from webapp.queries.energy_estimates import CurrentEstimate, all_estimates, current_estimate
from webapp.queries.energy_models import large_fields
from webapp.queries.pages.blocks import block_table
from webapp.queries.pages.bundle import HAS_BUNDLES, bundle_context
from webapp.queries.pages.clip_mistakes import MISTAKES, MistakeFilter, clip_mistakes_context, mistakes_subquery
from webapp.queries.pages.compare import choices
from webapp.queries.pages.confusion import confusion_rows
from webapp.queries.pages.constraints import estimates
from webapp.queries.pages.measured import measured_on
from webapp.queries.pages.npu import HAS_ESTIMATES, npu_blocks
from webapp.queries.pages.relatives import relatives_context
from webapp.queries.pages.shortlist import IS_SHORTLISTED
from webapp.queries.pages.streams import HAS_RECORDINGS, HAS_STREAMS, streams_context
from webapp.queries.pages.study import trial_events
from webapp.queries.pages.trials import seconds_between
from webapp.queries.reproduction import Repetitions, repetitions_of
from webapp.queries.spaces import space_facts
from webapp.translation import reward_parameters

CURVE_PHASES = ("float", "qat")
TIMED_PHASES = (
    "build", "float_trace", "float", "quantise", "qat_trace", "qat", "convert", "streams", "evaluate", "compare",
    "write",
)  # fmt: skip
_PREVIOUS, _NEXT, _RECORDINGS = "previous_number", "next_number", "evaluation_recordings"
_IS_REPEATED, _ORIGINAL = "is_repeated", "original_"
_CONFIRMED, _CONFIRMATIONS = "confirmed_number", "confirmation_numbers"


@dataclass(frozen=True, slots=True)
class Penalty:
    """One ReLU of Equation 1: how far a resource lies above its threshold and what that costs in accuracy (0..1)."""

    value: float
    threshold: float
    excess: float
    cost: float


@dataclass(frozen=True, slots=True)
class RewardParts:
    """Equation 1 with its numbers: reward = accuracy - energy.cost - flash.cost. Energy in mJ, flash in kB."""

    accuracy: float
    energy: Penalty
    flash: Penalty
    reward: float


@dataclass(frozen=True, slots=True)
class RuntimeRow:
    """Result of one runtime, whether the study optimises for it, and whether it saw as many clips as the study's."""

    label: str
    result: RuntimeResult
    is_the_studys: bool
    saw_all: bool


@dataclass(frozen=True, slots=True)
class Original:
    """The trial that a repetition repeats, as a link."""

    study_id: int
    study: str
    number: int


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Numbers of the trials before and after this one in its study."""

    previous: int | None
    next: int | None


def shown_trials(study_id: int) -> QuerySet[Trial]:
    """The trials of a study, each with its study, dataset, architecture, relatives and neighbours."""
    related = ("study__dataset", "study__energy_model__device", "architecture", "retried_from", "retry")
    numbers = Trial.objects.filter(study=study_id).values("number")
    neighbouring = {
        _PREVIOUS: Subquery(numbers.filter(number__lt=OuterRef("number")).order_by("-number")[:1]),
        _NEXT: Subquery(numbers.filter(number__gt=OuterRef("number")).order_by("number")[:1]),
    }
    found = Trial.objects.select_related(*related).filter(study=study_id)
    annotations = {
        **neighbouring,
        **_repeating(),
        **_confirming(),
        _RECORDINGS: recordings("study__dataset"),
        HAS_BUNDLES: Exists(DeployBundle.objects.filter(trial=OuterRef("pk"))),
        HAS_ESTIMATES: Exists(StoredNpuEstimate.objects.filter(architecture=OuterRef("architecture"))),
        IS_SHORTLISTED: Exists(ShortlistedTrial.objects.filter(trial=OuterRef("pk"))),
        HAS_STREAMS: Exists(StreamEvaluation.objects.filter(trial=OuterRef("pk"))),
        HAS_RECORDINGS: Exists(RecordingSet.objects.filter(dataset=OuterRef("study__dataset"), read_at__isnull=False)),
        MISTAKES: mistakes_subquery(),
    }
    return found.defer(*large_fields("study__energy_model")).annotate(**annotations)


def _repeating() -> dict[str, Any]:
    """Whether there are repetitions of a trial, and what it repeats itself, without a query of their own."""
    original = {"study_id": "study", "study": "study__name", "number": "number"}
    columns = {f"{_ORIGINAL}{name}": F(f"reproduces__{column}") for name, column in original.items()}
    return {_IS_REPEATED: Exists(Trial.objects.filter(reproduces=OuterRef("pk"))), **columns}


def _confirming() -> dict[str, Any]:
    """Numbers of the trial that a confirmation confirms, and of the confirmations of a trial, without a query."""
    confirmations = Trial.objects.filter(confirms=OuterRef("pk")).exclude(state=Trial.State.CANCELLED)
    counted = confirmations.exclude(state=Trial.State.FAILED, retry__isnull=False).order_by("number")
    return {_CONFIRMED: F("confirms__number"), _CONFIRMATIONS: ArraySubquery(counted.values("number"))}


def trial_context(trial: Trial, streams_id: int | None = None, mistakes: MistakeFilter | None = None) -> dict[str, Any]:
    """The whole page of a trial from `shown_trials`, but for the data of its charts.

    `streams_id` names the evaluation on streams that is shown, if it is not the newest.
    """
    live, bundles = trial_live_context(trial), bundle_context(trial)
    parts = live | relatives_context(trial, live["estimate"]) | reproduction_context(trial) | bundles
    return (
        parts
        | streams_context(trial, streams_id)
        | clip_mistakes_context(trial, mistakes or MistakeFilter())
        | {
            "blocks": block_table(trial.architecture),
            "npu_blocks": npu_blocks(trial, bundles["ready_bundle"]),
            "choices": choices(trial),
            "own_id": [trial.pk],
            "is_shortlisted": getattr(trial, IS_SHORTLISTED),
            "estimates": estimates(trial),
            "neighbours": neighbours(trial),
            "space": space_facts(trial.study),
            "architecture_json": json.dumps(trial.architecture.spec, indent=1),
        }
    )


def trial_live_context(trial: Trial) -> dict[str, Any]:
    """What changes while the trial runs. Four queries."""
    points, estimates = curve(trial), all_estimates(trial)
    estimate = current_estimate(trial, estimates)
    return {
        "trial": trial,
        "study": trial.study,
        "is_live": trial.state in Trial.OPEN,
        "version": f"{trial.state}-{len(points)}",
        "curve": points,
        "forecasts": (shown := forecasts(trial)),
        "compares_with_new": any(row["threshold"] is not None for row in shown),
        "gain_by_thousand": 1000 * shown[-1]["rate"] if shown and shown[-1]["rate"] is not None else None,
        "estimate": estimate,
        "estimates": estimates,
        "measured": measured_on(trial, estimate),
        "reward": reward_parts(trial, estimate),
        "recordings": getattr(trial, _RECORDINGS),
        "measure": measure_words(trial.study),
        "detected": StreamResult.from_json(trial.streams) if trial.streams else None,
        "runtimes": runtime_rows(trial),
        "other_runtime": other_runtime(trial.study),
        "links_mistakes": getattr(trial, MISTAKES) is not None,
        "confusion": confusion_rows(trial.confusion, trial.study.dataset.classes),
        "seconds": phase_seconds(trial.seconds),
        "wall_seconds": seconds_between(trial.started_at, trial.finished_at),
        "events": trial_events(trial),
        "retry": getattr(trial, "retry", None),
        "original": original(trial),
        "confirmed": getattr(trial, _CONFIRMED),
        "confirmations": getattr(trial, _CONFIRMATIONS),
    }


def reproduction_context(trial: Trial) -> dict[str, Any]:
    """Repetitions of a trial that has any, and how they compare with it. No query without one."""
    found: Repetitions | None = repetitions_of(trial) if getattr(trial, _IS_REPEATED) else None
    return {"trial": trial, "study": trial.study, "repetitions": found}


def original(trial: Trial) -> Original | None:
    """What a repetition repeats. No query."""
    if trial.reproduces_id is None:
        return None
    return Original(**{name: getattr(trial, f"{_ORIGINAL}{name}") for name in ("study_id", "study", "number")})


def neighbours(trial: Trial) -> Neighbours:
    """Of a trial that comes from `shown_trials`. No query."""
    return Neighbours(getattr(trial, _PREVIOUS), getattr(trial, _NEXT))


def curve(trial: Trial) -> tuple[CurvePoint, ...]:
    """The learning curve in the order in which it was made. One query."""
    points = CurvePoint.objects.filter(trial=trial)
    return tuple(sorted(points, key=lambda point: (CURVE_PHASES.index(point.phase), point.epoch)))


def forecasts(trial: Trial) -> tuple[Mapping[str, Any], ...]:
    """Decisions of early stopping after each float epoch with a forecast; see `early_stopping.base.Decision`."""
    decisions = (trial.stopping or {}).get("decisions", ())
    later = {"required": None, "rate": None, "threshold": None}
    return tuple(later | decision for decision in decisions if decision["forecast"] is not None)


def reward_parts(trial: Trial, estimate: CurrentEstimate) -> RewardParts | None:
    """Equation 1 with this trial's numbers and this estimate, None before there is a result."""
    if (
        trial.reward_accuracy is None
        or estimate.energy_mj is None
        or trial.flash_bytes is None
        or estimate.reward is None
    ):
        return None
    study = trial.study
    found = reward_breakdown(trial.reward_accuracy, estimate.energy_mj, trial.flash_bytes, reward_parameters(study))
    return RewardParts(
        accuracy=found.accuracy,
        energy=Penalty(estimate.energy_mj, study.energy_threshold_mj, found.energy_excess_mj, found.energy_penalty),
        flash=Penalty(
            trial.flash_bytes / BYTES_PER_KB,
            study.flash_threshold_kb,
            found.flash_excess_bytes / BYTES_PER_KB,
            found.flash_penalty,
        ),
        reward=found.reward,
    )


def runtime_rows(trial: Trial) -> tuple[RuntimeRow, ...]:
    """Results by runtime; none for trials that were evaluated in one runtime alone."""
    results = {name: RuntimeResult(**trial.runtimes[name]) for name in Runtime.values if name in trial.runtimes}
    most = max((result.clips for result in results.values()), default=0)
    return tuple(
        RuntimeRow(Runtime(name).label, result, name == trial.study.runtime, saw_all=result.clips == most)
        for name, result in results.items()
    )


def other_runtime(study: Study) -> str:
    """The runtime of the device of the study's energy model, if the study optimises for another one."""
    device = study.energy_model.device if study.energy_model else None
    return Runtime(device.runtime).label if device and device.runtime not in ("", study.runtime) else ""


def phase_seconds(seconds: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    """Wall seconds by phase, in the order of the phases."""
    order = {phase: index for index, phase in enumerate(TIMED_PHASES)}
    known = sorted(seconds.items(), key=lambda item: order.get(item[0], len(order)))
    return tuple((phase.replace("_", " "), float(value)) for phase, value in known)
