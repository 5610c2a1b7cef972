"""Training a version of a device's energy model in a data worker. Here scikit-learn is loaded."""

import math
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from statistics import fmean

from django.core.files.storage import default_storage

from nas_engine.energy.estimators.base import LearnedPredictor, dump
from nas_engine.energy.estimators.model_report import cross_validate
from nas_engine.energy.estimators.training import MeasuredNetwork, train
from nas_engine.energy.traces.statistics import pooled_sd
from webapp import translation
from webapp.energy_predictors import predictor
from webapp.models import EnergyModel, StoredArchitecture
from webapp.queries.training_table import TrainingRow
from webapp.services import energy_models, jobs
from webapp.services.energy_models import KNOWN, TrainingOutcome, table_of
from webapp.services.persistence import persist
from webapp.services.working import Write, reason, work
from webapp.storage import save_by_hash
from webapp.worker.lifecycle import ThisWorker

_HASHES_AT_ONCE = 2_000


def run(model_id: int, worker: ThisWorker) -> None:
    """Train the version unless another worker does; it ends READY, or FAILED with a reason."""
    work(
        jobs.MODELS,
        model_id,
        worker.name,
        claim=partial(energy_models.claim, model_id=model_id, worker=worker.name),
        do=partial(_outcome, worker.name),
        reject=partial(_refuse, worker.name),
        stopping=worker.stopping.is_set,
    )


def _outcome(worker: str, model: EnergyModel) -> Write:
    return partial(energy_models.complete, model_id=model.pk, worker=worker, outcome=_learn(model))


def _refuse(worker: str, model: EnergyModel, error: Exception) -> bool:
    return energy_models.fail(model_id=model.pk, worker=worker, reason=reason(error, "It could not be trained"))


def _learn(model: EnergyModel) -> TrainingOutcome:
    table = table_of(model)
    networks = _architectures({row.architecture_hash for row in table})
    measured = [
        MeasuredNetwork(translation.architecture(networks[row.architecture_hash]), row.energy_mj, row.latency_ms)
        for row in table
    ]
    known = _known(model)
    trained = train(measured, source=str(model), known=known, seed=model.seed)
    report = cross_validate(measured, known=known, seed=model.seed, noise_mj=_noise_mj(table))
    name = persist(lambda: save_by_hash(default_storage, "energy-models", dump(trained.predictor), ".npz"))
    return TrainingOutcome(name, report.to_json() | {"model": trained.report["model"]})


def _noise_mj(table: Sequence[TrainingRow]) -> float | None:
    """The standard deviation of a run: of networks measured in several runs, else of repeats within runs; or None."""
    by_network: dict[str, list[float]] = defaultdict(list)
    for row in table:
        by_network[row.architecture_hash].append(row.energy_mj)
    within = [row.sd_mj**2 for row in table if row.sd_mj is not None]
    return pooled_sd(by_network.values()) or (math.sqrt(fmean(within)) if within else None)


def _architectures(hashes: set[str]) -> dict[str, StoredArchitecture]:
    wanted = sorted(hashes)
    parts = (wanted[start : start + _HASHES_AT_ONCE] for start in range(0, len(wanted), _HASHES_AT_ONCE))
    return {key: row for part in parts for key, row in StoredArchitecture.objects.in_bulk(part).items()}


def _known(model: EnergyModel) -> LearnedPredictor | None:
    """The other device's model that this one begins from."""
    known_id = model.settings.get(KNOWN)
    if known_id is None:
        return None
    found = predictor(EnergyModel.objects.get(pk=known_id))
    return found if isinstance(found, LearnedPredictor) else None
