"""Whole studies and datasets at once, as they look after hours of work: plausible numbers, real shapes, no training.

Rows are written in bulk, past the services, so that a study of 2,000 trials takes a second. Results are simulated
(`nas_engine.simulation.simulated_evaluation`); what the pages show of them is not under test here, how they show it is.
"""

import io
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import soundfile
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.utils import timezone

from nas_engine import architecture as engine
from nas_engine.audio.frontend import FrontendConfig
from nas_engine.baselines import NAMES
from nas_engine.early_stopping.base import Curve, Forecast, compare
from nas_engine.energy.estimators.analytical import SOURCE
from nas_engine.evaluation_result import Evaluation
from nas_engine.reward import reward
from nas_engine.search_space.paper_spaces import spec_by_name
from nas_engine.search_space.spec import SpaceSpec
from nas_engine.simulation.simulated_evaluation import SimulatedPlan, simulate
from webapp.models import Clip, CurvePoint, Dataset, DryRun, Event, StoredArchitecture, Study, Trial, Worker
from webapp.services.baselines import train_baselines
from webapp.services.dry_runs import request_dry_run
from webapp.storage import save_by_hash
from webapp.translation import architecture, architecture_row, new_search_space, reward_parameters
from webapp.worker import dry_running

CLASSES = [
    "alarm", "baby_cry", "dog_bark", "door_knock", "doorbell", "phone_ring", "siren", "water", "negative",
]  # fmt: skip
SECONDS_A_TRIAL = 40
REFUSAL = "flash estimate 72.3 kB exceeds the hard limit of 60 kB"
PLAN = SimulatedPlan(trial_epochs=12, qat_epochs=3)
_numbers = itertools.count(1)


def make_user(name: str = "ada", password: str = "correct horse") -> User:
    return User.objects.create_user(name, password=password)


def make_dataset(*, clips_a_class: int = 0, **values: Any) -> Dataset:
    """A READY dataset of nine classes; with `clips_a_class`, that many real sound files in each class and split."""
    counts = {split: dict.fromkeys(CLASSES, clips_a_class or 20) for split in ("train", "eval", "test")}
    defaults = {
        "name": f"kitchen {next(_numbers)}",
        "state": Dataset.State.READY,
        "prepared_at": timezone.now(),
        "classes": CLASSES,
        "frontend": FrontendConfig().to_json(),
        "counts": counts,
        "pack": f"packs/{next(_numbers):064x}.pack",
        "problems": [
            {
                "kind": "group_in_two_splits",
                "severity": "warning",
                "where": "recording 2-1042",
                "message": "3 clips of one recording lie in several splits (2 in train, 1 in eval).",
            },
        ],
    }
    dataset = Dataset.objects.create(**{**defaults, **values})
    rng = np.random.default_rng(1)
    for split, labels in counts.items() if clips_a_class else ():
        Clip.objects.bulk_create(_clips(dataset, split, list(labels), clips_a_class, rng))
    return dataset


def make_dry_run(dataset: Dataset, **settings: Any) -> DryRun:
    """A dry run that has ended, of twelve trials at random; hard limits among `settings` refuse."""
    values = {"designer": "random", "trial_budget": 12, "full_epochs": 8, "enforce_constraints": True, **settings}
    ordered = request_dry_run(study=Study(dataset=dataset, **values), owner=None)
    dry_running.run(ordered.pk, "worker")
    return DryRun.objects.get(pk=ordered.pk)


def _clips(
    dataset: Dataset, split: str, labels: Sequence[str], clips_a_class: int, rng: np.random.Generator
) -> Iterable[Clip]:
    for position, (label, number) in enumerate(itertools.product(labels, range(clips_a_class))):
        seconds = float(rng.uniform(2.0, 6.0))
        yield Clip(
            dataset=dataset,
            split=split,
            label=label,
            position=position,
            seconds=seconds,
            group=f"{label}-{number // 2}",
            source_name=f"{split}/{label}/{number:03d}.wav",
            audio=save_by_hash(default_storage, "clips", flac(seconds, rng), ".flac"),
        )


def flac(seconds: float, rng: np.random.Generator, sample_rate_hz: int = 16_000) -> bytes:
    """A sweep that comes and goes, in noise."""
    t = np.arange(int(seconds * sample_rate_hz)) / sample_rate_hz
    low, high = rng.uniform(200, 800), rng.uniform(1500, 5000)
    sweep = np.sin(2 * np.pi * (low + (high - low) * t / seconds / 2) * t)
    envelope = np.exp(-(((t - seconds * 0.6) / (seconds * 0.15)) ** 2))
    samples = 0.5 * envelope * sweep + 0.02 * rng.normal(size=t.size)
    file = io.BytesIO()
    soundfile.write(file, samples.astype(np.float32), sample_rate_hz, format="FLAC")
    return file.getvalue()


def edited_spec(blocks: int = 10, **stem: Any) -> SpaceSpec:
    """The paper's 2-D space with its first blocks alone."""
    paper = spec_by_name("paper_2d", len(CLASSES))
    stem_value = replace(paper.stem, **stem)
    return replace(paper, name="Edited from Paper, 2-D", positions=paper.positions[:blocks], stem=stem_value)


def unsaved_study(**values: Any) -> Study:
    """What `create_study` takes."""
    dataset = values.pop("dataset", None) or make_dataset()
    return Study(**{"name": f"study {next(_numbers)}", "dataset": dataset, "early_stopping": "none", **values})


def make_study(
    *,
    completed: int = 0,
    running: int = 0,
    waiting: int = 0,
    failed: int = 0,
    infeasible: int = 0,
    refused: int = 0,
    curves: int = 0,
    seed: int = 1,
    **values: Any,
) -> Study:
    """A study with so many trials in these states, numbered in this order; `curves` of the completed have curves.

    The `refused` come last and, as everywhere, use up no budget; the caller gives `enforce_constraints` and a limit.
    """
    total = completed + running + waiting + failed + infeasible
    defaults = {
        "name": f"study {next(_numbers)}",
        "state": Study.State.RUNNING if running or waiting else Study.State.COMPLETED,
        "trial_budget": max(1, total),
        "early_stopping": Study.EarlyStopping.NONE,
        "started_at": timezone.now() - timedelta(seconds=SECONDS_A_TRIAL * total),
    }
    study = Study(**{**defaults, **values})
    study.dataset = values.get("dataset") or make_dataset()
    study.space_spec = new_search_space(study).to_json()
    study.save()
    states = (
        [Trial.State.COMPLETED] * completed
        + [Trial.State.FAILED] * failed
        + [Trial.State.INFEASIBLE] * infeasible
        + [Trial.State.RUNNING] * running
        + [Trial.State.REQUESTED] * waiting
        + [Trial.VIOLATING] * refused
    )
    _add_trials(study, states, curves, seed)
    return study


def _add_trials(study: Study, states: Sequence[str], curves: int, seed: int) -> None:
    space, rng = new_search_space(study), np.random.default_rng(seed)
    add_trials(study, [space.sample(rng) for _ in states], states, curves)


def add_trials(study: Study, networks: Sequence[engine.Architecture], states: Sequence[str], curves: int) -> None:
    """Trials of these networks in these states, numbered from 1."""
    now = timezone.now()
    rows = {network.hash: architecture_row(network) for network in networks}
    StoredArchitecture.objects.bulk_create(rows.values(), ignore_conflicts=True)
    numbered = enumerate(zip(networks, states, strict=True), start=1)
    trials = [_trial(study, number, network, state, now) for number, (network, state) in numbered]
    Trial.objects.bulk_create(trials)
    Event.objects.bulk_create(_events(study, trials))
    for trial, network in list(zip(trials, networks, strict=True))[:curves]:
        CurvePoint.objects.bulk_create(_curve(trial, simulate(network, PLAN)))


def stopped_early(trial: Trial, epoch: int = 8) -> Trial:
    """Make of a completed trial with a curve one that a stopping rule ended after float epoch `epoch`."""
    decisions = []
    for seen in range(4, epoch + 1):
        deviation = 0.2 / seen
        forecast = Forecast((trial.reward or 0.0) - 0.02, deviation)
        running = Curve((0.5,) * seen, (), penalty=0.01)
        decisions.append(compare(running, forecast, best=(trial.reward or 0.0) + 0.04, required=0.98).to_json())
    trial.curve.exclude(phase="float", epoch__lte=epoch).delete()
    stopping = {"rule": "tsgp", "confidence": 0.98, "decisions": decisions}
    nothing = dict.fromkeys(("reward", "float_accuracy", "int8_accuracy", "flash_bytes", "energy_mj", "confusion"))
    reason = f"Stopped after epoch {epoch}."
    changes = {"state": "STOPPED", "reason": reason, "stopping": stopping, "seconds": {}, "tflite": "", **nothing}
    Trial.objects.filter(pk=trial.pk).update(**changes)
    trial.refresh_from_db()
    return trial


def make_baselines(
    dataset: Dataset, *, names: Sequence[str] = NAMES, completed: int | None = None, full_epochs: int = 60
) -> Study:
    """The dataset's study of published networks, the `completed` cheapest of them (all, unless it says) trained."""
    study = train_baselines(dataset_id=dataset.pk, names=names, full_epochs=full_epochs).study
    now = timezone.now()
    for trial in study.trials.select_related("architecture").order_by("number")[:completed]:
        trial.state, trial.worker, trial.heartbeat_at = Trial.State.COMPLETED, "machine-a/trainer-1", now
        seconds = trial.architecture.flops / 1e6 + SECONDS_A_TRIAL
        trial.started_at, trial.finished_at = now - timedelta(seconds=seconds), now
        _with_result(trial, study, simulate(architecture(trial.architecture), PLAN)).save()
    if not study.trials.filter(state__in=Trial.OPEN).exists():
        Study.objects.filter(pk=study.pk).update(state=Study.State.COMPLETED, finished_at=now)
        study.refresh_from_db()
    return study


def _trial(study: Study, number: int, network: engine.Architecture, state: str, now: datetime) -> Trial:
    started = study.started_at + timedelta(seconds=SECONDS_A_TRIAL * (number - 1)) if study.started_at else now
    trial = Trial(study=study, number=number, architecture_id=network.hash, state=state, seed=1000 + number)
    trial.suggestion = {"designer": study.designer}
    if state == Trial.State.REQUESTED:
        return trial
    if state == Trial.VIOLATING:
        trial.state, trial.violates_constraints, trial.finished_at = Trial.State.INFEASIBLE, True, now
        trial.reason = REFUSAL
        return trial
    trial.worker, trial.started_at, trial.heartbeat_at = f"machine-a/trainer-{number % 2 + 1}", started, now
    if state == Trial.State.RUNNING:
        trial.started_at = now - timedelta(seconds=15)
        trial.phase, trial.epoch, trial.epochs = "float", 5 + number % 4, PLAN.trial_epochs
        return trial
    trial.finished_at = started + timedelta(seconds=SECONDS_A_TRIAL - 2)
    if state == Trial.State.COMPLETED:
        return _with_result(trial, study, simulate(network, PLAN))
    trial.reason = {
        Trial.State.FAILED: "the training process was ended by signal 11 (SIGSEGV)",
        Trial.State.INFEASIBLE: "block b3: a depthwise convolution cannot have the unequal strides (2, 1)",
    }[state]
    return trial


def _with_result(trial: Trial, study: Study, evaluation: Evaluation) -> Trial:
    measured = evaluation.result
    trial.float_accuracy, trial.int8_accuracy = measured.float_accuracy, measured.int8_accuracy
    trial.flash_bytes, trial.energy_mj, trial.energy_source = measured.flash_bytes, measured.energy_mj, SOURCE
    trial.reward = reward(measured.int8_accuracy, measured.energy_mj, measured.flash_bytes, reward_parameters(study))
    trial.confusion = [list(row) for row in measured.confusion]
    trial.seconds = {phase: round(value, 2) for phase, value in measured.seconds.items()}
    trial.environment = {"tensorflow": "2.21.0", "threads": "1"}
    trial.tflite = "tflite/" + "1" * 64 + ".tflite"
    return trial


def _events(study: Study, trials: Sequence[Trial]) -> Iterable[Event]:
    yield Event(study=study, new_state="DRAFT", message="Created.")
    yield Event(study=study, old_state="DRAFT", new_state="RUNNING", message="Started.")
    for trial in trials:
        if trial.state not in Trial.OPEN:
            yield Event(
                study=study,
                trial=trial,
                old_state="" if trial.violates_constraints else "RUNNING",
                new_state=trial.state,
                worker=trial.worker,
                message=trial.reason,
            )


def _curve(trial: Trial, evaluation: Evaluation) -> Iterable[CurvePoint]:
    for point in evaluation.curve:
        values = {name: getattr(point, name) for name in ("phase", "epoch", "loss", "train_accuracy", "eval_accuracy")}
        yield CurvePoint(trial=trial, **values)


def make_workers(*, trainers: int = 2, searchers: int = 1, silent_seconds: float = 0) -> None:
    """Worker processes that were last heard of `silent_seconds` ago."""
    seen_at = timezone.now() - timedelta(seconds=silent_seconds)
    roles = [Worker.Role.TRAINING] * trainers + [Worker.Role.SEARCH, Worker.Role.DELIBERATION] * searchers
    Worker.objects.bulk_create(
        Worker(
            name=f"machine-a/{role}-{number}",
            role=role,
            machine="machine-a",
            pid=number,
            process_started=1.0,
            seen_at=seen_at,
        )
        for number, role in enumerate(roles, start=1)
    )


def with_tflite(trial: Trial, content: bytes) -> Trial:
    """Store `content` as the trial's network."""
    trial.tflite.name = save_by_hash(default_storage, "tflite", content, ".tflite")
    trial.save(update_fields=["tflite"])
    return trial
