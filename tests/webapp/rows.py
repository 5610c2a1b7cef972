"""Rows for tests, made through the services wherever a service exists."""

import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from nas_engine.architecture import Architecture
from nas_engine.audio.frontend import FrontendConfig
from nas_engine.evaluation_result import Evaluation, EvaluationResult
from nas_engine.search_space.paper_spaces import SearchSpace
from webapp.models import Dataset, Study, Trial
from webapp.services import requests, studies, trials
from webapp.storage import save_by_hash

CLASSES = ["alarm", "dog", "negative"]
_counter = itertools.count(1)


def ready_dataset(**values: Any) -> Dataset:
    defaults = {
        "name": f"dataset {next(_counter)}",
        "state": Dataset.State.READY,
        "prepared_at": timezone.now(),
        "classes": CLASSES,
        "pack": "packs/" + "0" * 64 + ".pack",
    }
    return Dataset.objects.create(**{**defaults, **values})


def draft_study(**values: Any) -> Study:
    values.setdefault("name", f"study {next(_counter)}")
    if "dataset" not in values:
        values["dataset"] = ready_dataset()
    values.setdefault("trial_budget", 4)
    values.setdefault("early_stopping", Study.EarlyStopping.NONE)
    return studies.create_study(study=Study(**values), owner=None)


def running_study(**values: Any) -> Study:
    return studies.start(study_id=draft_study(**values).pk)


def networks(study: Study, count: int, seed: int = 0) -> list[Architecture]:
    """Architectures of the study's space."""
    space = SearchSpace.from_json(study.space_spec)
    rng = np.random.default_rng(seed)
    return [space.sample(rng) for _ in range(count)]


def requested_trials(study: Study, count: int = 1, seed: int = 0) -> list[Trial]:
    items = [requests.RequestedTrial(network) for network in networks(study, count, seed)]
    ids = requests.request_trials(study_id=study.pk, requested=items, designer_state=None)
    assert len(ids) == count
    return list(Trial.objects.filter(pk__in=ids).order_by("number"))


def running_trial(study: Study, worker: str = "worker-a", seed: int = 0) -> Trial:
    trial = requested_trials(study, seed=seed)[0]
    assert trials.claim(trial_id=trial.pk, worker=worker) is not None
    trial.refresh_from_db()
    return trial


def completed_trial(study: Study, worker: str = "worker-a", seed: int = 0, **measured: Any) -> Trial:
    trial = running_trial(study, worker, seed)
    assert trials.complete(trial_id=trial.pk, worker=worker, evaluation=evaluation(**measured), tflite_name=TFLITE)
    trial.refresh_from_db()
    return trial


def complete(trial: Trial, worker: str = "worker-a") -> None:
    """Claim and complete a REQUESTED trial."""
    assert trials.claim(trial_id=trial.pk, worker=worker)
    assert trials.complete(trial_id=trial.pk, worker=worker, evaluation=evaluation(), tflite_name=TFLITE)


def store_simulated_network(trial: Trial) -> None:
    """Give a completed trial a stored file in place of a network."""
    name = save_by_hash(default_storage, "tflite", SIMULATED_NETWORK, ".tflite")
    Trial.objects.filter(pk=trial.pk).update(tflite=name)


def until(condition: Callable[[], Any], seconds: float = 20.0, *, fail: bool = True) -> None:
    """Wait for the condition."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            assert not fail, "it did not happen in time"
            return
        time.sleep(0.02)


SIMULATED_NETWORK = b"simulated"
FRONTEND = FrontendConfig().to_json()
TFLITE = "tflite/" + "1" * 64 + ".tflite"


def evaluation(**measured: Any) -> Evaluation:
    values: dict[str, Any] = {
        "float_accuracy": 0.7,
        "int8_accuracy": 0.68,
        "flash_bytes": 90_000,
        "flops": 10_000_000,
        "parameters": 20_000,
        "energy_mj": 2.0,
        "energy_source": "estimate for a test",
        "peak_activation_bytes": 50_000,
        "confusion": ((5, 1, 0), (0, 6, 0), (1, 0, 5)),
        "seconds": {"float": 1.0, "convert": 0.5},
    }
    return Evaluation(
        result=EvaluationResult(**{**values, **measured}), tflite=b"network", curve=(), environment={"tensorflow": "0"}
    )


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Call all from threads of their own, on connections of their own, at the same moment; results or exceptions."""
    barrier = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(index: int, call: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            results[index] = call()
        except Exception as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results
