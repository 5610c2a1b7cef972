"""Datasets, studies, trials and dry runs in every state, made by the services that the application itself uses."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from nas_engine.architecture import Architecture
from nas_engine.early_stopping.base import Curve, Forecast, compare
from nas_engine.energy.estimators.analytical import SOURCE
from nas_engine.evaluation_result import Evaluation, Progress
from nas_engine.search_space.paper_spaces import SearchSpace
from nas_engine.simulation.simulated_evaluation import SimulatedPlan, report_progress, simulate
from tests.webapp.factories import make_dry_run, make_workers
from webapp import translation
from webapp.models import Dataset, EnergyModel, Study, Trial, Worker
from webapp.services import baselines, datasets, dry_runs, energy_estimates, preparation, requests, studies, trials
from webapp.storage import save_by_hash
from webapp.worker.suggesting import suggest_for

CLASSES = ("alarm", "dog", "negative")
NAME, PASSWORD = "ada", "a password for tests"
WORKER = "machine-a/trainer-1"
PLAN = SimulatedPlan(trial_epochs=6, qat_epochs=2)
SAMPLE_RATE_HZ, SECONDS = 16_000, 0.4
_EDITED_BLOCKS = 3


def make_person() -> User:
    return User.objects.create_user(NAME, password=PASSWORD)


def make_datasets(owner: User) -> Dataset:
    """One that is READY, from short sounds, one that FAILED, and two that wait; the first of them."""
    with tempfile.TemporaryDirectory() as folder:
        _write_sounds(Path(folder))
        ready = datasets.create_from_folder(name="Kitchen", path=Path(folder), owner=owner)
        assert preparation.prepare(dataset_id=ready.pk, worker=WORKER)
    Dataset.objects.filter(pk=ready.pk).update(options={})  # the folder is gone, and its name is this machine's
    bad = ContentFile(b"This is no archive.", name="sounds.zip")
    failed = datasets.create_from_upload(name="Broken", file=bad, owner=owner)
    preparation.prepare(dataset_id=failed.pk, worker=WORKER)
    datasets.create_synthetic(name="Still waiting", seed=5, owner=owner, recipe={"train_clips_per_class": 3})
    waiting = ContentFile(b"Not read yet.", name="sounds.tar")
    datasets.create_from_upload(name="Waiting upload", file=waiting, owner=owner, frontend={"frames": 98})
    ready.refresh_from_db()
    assert ready.state == Dataset.State.READY, ready.error
    return ready


def _write_sounds(folder: Path) -> None:
    """A tone a clip, higher for each class: what is so simple takes few bytes as FLAC and as features."""
    seconds = np.arange(int(SAMPLE_RATE_HZ * SECONDS)) / SAMPLE_RATE_HZ
    for split in ("train", "eval", "test"):
        for number, label in enumerate(CLASSES):
            path = folder / split / label / f"{split}-{label}.wav"
            path.parent.mkdir(parents=True)
            hertz = 250 * 2**number * {"train": 1, "eval": 2, "test": 3}[split]
            soundfile.write(path, 0.5 * np.sin(2 * np.pi * hertz * seconds), SAMPLE_RATE_HZ)


def make_finished_study(dataset: Dataset, owner: User) -> Study:
    """A search that has ended on the published figures."""
    study = _started("Finished search", dataset, owner, designer="random", trial_budget=3, notes="Three at random.")
    for trial in _requested(study, _sampled(study, 3)):
        complete(trial)
    study.refresh_from_db()
    assert study.state == Study.State.COMPLETED
    return study


def make_study_by_model(dataset: Dataset, owner: User, energy_model: EnergyModel) -> Study:
    """A search whose first trial ended on the published figures and is re-estimated, the second by the model."""
    study = _started(
        "Search by an energy model", dataset, owner, trial_budget=4, energy_threshold_mj=2.5, energy_step_points=1.5
    )
    networks = _sampled(study, 3, seed=1)
    complete(_requested(study, networks[:1])[0])
    energy_estimates.reestimate(study_id=study.pk, energy_model_id=energy_model.pk, actor=owner)
    complete(_requested(study, networks[1:2])[0])
    _requested(study, networks[2:])
    return studies.pause(study_id=study.pk, actor=owner)


def make_running_study(dataset: Dataset, owner: User) -> Study:
    """A search with hard limits and early stopping, and a trial in each state that a running study can have."""
    study = _started(
        "Running search", dataset, owner, designer="evolution", trial_budget=12, early_stopping="exponential_decay",
        enforce_constraints=True, flash_limit_kb=300.0, peak_ram_limit_kb=900.0, energy_limit_mj=9.0, seed=3,
    )  # fmt: skip
    networks = _sampled(study, 6, seed=2)
    refused = requests.ViolatingTrial(networks[5], "flash estimate 372.3 kB exceeds the hard limit of 300 kB")
    wanted = [requests.RequestedTrial(network, {"designer": "evolution"}) for network in networks[:5]]
    ids = requests.request_trials(study_id=study.pk, requested=wanted, refused=[refused], designer_state=None)
    made = {pk: Trial.objects.select_related("architecture", "study").get(pk=pk) for pk in ids}
    completed, stopped, infeasible, failed, running = made.values()
    complete(completed)
    _stop(stopped)
    _claim(infeasible)
    why = "block b3: a depthwise convolution cannot have the unequal strides (2, 1)"
    assert trials.infeasible(trial_id=infeasible.pk, worker=WORKER, reason=why)
    _claim(failed)
    why = "the training process was ended by signal 11 (SIGSEGV)"
    assert trials.fail(trial_id=failed.pk, worker=WORKER, reason=why)
    retry = Trial.objects.get(retried_from=failed)
    complete(retry)
    _begin(running)
    suggest_for(study.pk)
    study.refresh_from_db()
    assert study.designer_state
    return study


def make_other_studies(dataset: Dataset, owner: User, finished: Study) -> None:
    """A draft, a clone, one that was stopped, one that stops, one that failed."""
    hybrid = {"designer": "hybrid", "switch_at": 50, "trial_budget": 80, "early_stopping": "none"}
    draft = Study(name="Draft", dataset=dataset, space="paper_1d", **hybrid)
    studies.create_study(study=draft, owner=owner)
    studies.clone(study_id=finished.pk, owner=owner)
    stopped = _started("Stopped search", dataset, owner, trial_budget=5)
    _requested(stopped, _sampled(stopped, 1, seed=4))
    studies.stop(study_id=stopped.pk, actor=owner)
    draining = _started("Search that stops", dataset, owner, trial_budget=5)
    _begin(_requested(draining, _sampled(draining, 1, seed=5))[0])
    studies.stop(study_id=draining.pk, actor=owner)
    failed = _started("Failed search", dataset, owner, trial_budget=5)
    reason = "No suggestion could be made: ValueError: a made-up one."
    Study.objects.filter(pk=failed.pk).update(state=Study.State.FAILED, reason=reason, suggest_failures=5)


def make_study_of_edited_space(dataset: Dataset, owner: User) -> Study:
    """A search in a space of few blocks, whose one network is small and will be stored as a real file."""
    values = {"name": "Edited space", "dataset": dataset, "trial_budget": 2, "early_stopping": "none"}
    draft = studies.create_study(study=Study(**values), owner=owner)
    space = SearchSpace.from_json(draft.space_spec)
    spec = space.to_json() | {"name": "Edited", "positions": space.to_json()["positions"][:_EDITED_BLOCKS]}
    Study.objects.filter(pk=draft.pk).update(space=Study.Space.EDITED, space_spec=spec)
    study = studies.start(study_id=draft.pk, actor=owner)
    smallest = min(_sampled(study, 200, seed=6), key=lambda network: translation.architecture_row(network).parameters)
    _requested(study, [smallest])
    return study


def make_baselines(dataset: Dataset, owner: User) -> Study:
    """Two published networks: the cheaper one trained, the other one waiting."""
    names = ("MobileNetV1", "MobileNetV2")
    study = baselines.train_baselines(dataset_id=dataset.pk, names=names, full_epochs=60, owner=owner).study
    first = study.trials.select_related("architecture", "study").order_by("number")[0]
    complete(first)
    return study


def make_dry_runs(dataset: Dataset, owner: User) -> None:
    """One that is done, one that failed, one that waits."""
    make_dry_run(dataset, name="", energy_limit_mj=3.0)
    ordered = [dry_runs.request_dry_run(study=Study(dataset=dataset, designer="random"), owner=owner) for _ in range(2)]
    assert dry_runs.begin(dry_run_id=ordered[0].pk, worker="worker")
    dry_runs.fail(dry_run_id=ordered[0].pk, worker="worker", reason="No network may be trained: the limits refuse all.")


def make_processes() -> None:
    """A worker of each role, which has been silent for long."""
    make_workers(trainers=2, searchers=1, silent_seconds=3600)
    Worker.objects.filter(name="machine-a/training-2").update(name="machine-a/data-2", role=Worker.Role.DATA)


def _started(name: str, dataset: Dataset, owner: User, **settings: object) -> Study:
    values = {"name": name, "dataset": dataset, "full_epochs": 8, "early_stopping": "none", **settings}
    draft = studies.create_study(study=Study(**values), owner=owner)
    return studies.start(study_id=draft.pk, actor=owner)


def _sampled(study: Study, count: int, seed: int = 0) -> list[Architecture]:
    space, rng = SearchSpace.from_json(study.space_spec), np.random.default_rng(seed)
    return [space.sample(rng) for _ in range(count)]


def _requested(study: Study, networks: Sequence[Architecture]) -> list[Trial]:
    wanted = [requests.RequestedTrial(network, {"designer": study.designer}) for network in networks]
    ids = requests.request_trials(study_id=study.pk, requested=wanted, designer_state=None)
    return list(Trial.objects.filter(pk__in=ids).select_related("architecture", "study").order_by("number"))


def _claim(trial: Trial) -> Evaluation:
    """What training would find, simulated, with the source that an energy has where a network was trained."""
    assert trials.claim(trial_id=trial.pk, worker=WORKER)
    evaluation = simulate(translation.architecture(trial.architecture), PLAN)
    return replace(evaluation, result=replace(evaluation.result, energy_source=SOURCE))


def _reports(evaluation: Evaluation) -> list[Progress]:
    reports: list[Progress] = []
    report_progress(evaluation, reports.append)
    return [report for report in reports if report.epoch]


def complete(trial: Trial, network: bytes = b"") -> None:
    """REQUESTED -> COMPLETED with a curve; the stored file is `network`, or one that says that there is none."""
    evaluation = _claim(trial)
    for report in _reports(evaluation):
        assert trials.record_curve_point(trial_id=trial.pk, worker=WORKER, progress=report)
    name = save_by_hash(default_storage, "tflite", network or evaluation.tflite, ".tflite")
    assert trials.complete(trial_id=trial.pk, worker=WORKER, evaluation=evaluation, tflite_name=name)


def _begin(trial: Trial) -> None:
    """REQUESTED -> RUNNING, two epochs along."""
    for report in _reports(_claim(trial))[:2]:
        assert trials.record_curve_point(trial_id=trial.pk, worker=WORKER, progress=report)


def _stop(trial: Trial) -> None:
    """REQUESTED -> STOPPED after four epochs; the forecasts after the third and the fourth are made up."""
    for report in _reports(_claim(trial))[:4]:
        assert trials.record_curve_point(trial_id=trial.pk, worker=WORKER, progress=report)
    stopping = {"rule": "exponential_decay", "confidence": 0.95, "penalty": 0.01, "decisions": _decisions()}
    reason = "Stopped after epoch 4: its reward is forecast as 0.512, below the best (0.700) with probability 0.970."
    assert trials.stop_early(trial_id=trial.pk, worker=WORKER, stopping=stopping, reason=reason)


def _decisions() -> list[dict[str, object]]:
    running = (Curve((0.5,) * seen, (), penalty=0.01) for seen in (3, 4))
    return [compare(curve, Forecast(0.512, 0.1), best=0.7, required=0.95).to_json() for curve in running]
