"""Energy predictor of a study: its energy model, or the analytical cost model of published figures without one.

Single source of energy estimates for evaluation, constraint checks, designers, dry runs and pages. Needs NumPy alone,
so the web process can use it, too.
"""

from functools import lru_cache

from django.core.files.storage import default_storage

from nas_engine.constraints import EnergyFunction
from nas_engine.cost import ArchitectureCost
from nas_engine.energy.estimators.base import AnalyticalCostModel, EnergyPredictor, LearnedPredictor, load
from webapp.caches import kept
from webapp.models import EnergyModel, Study

ANALYTICAL: EnergyPredictor = AnalyticalCostModel()
_NETWORKS_KEPT = 20_000


def predictor_of(study: Study) -> EnergyPredictor:
    """Predictor of the model that the study points at; a model is loaded once a process."""
    return predictor(study.energy_model)


def predictor(energy_model: EnergyModel | None) -> EnergyPredictor:
    """Predictor of a READY model; the published figures without one."""
    return ANALYTICAL if energy_model is None else _loaded(str(energy_model.arrays.name))


def energy_estimate(study: Study) -> EnergyFunction:
    """Predicted mJ of one inference, for constraint checks and penalties. Repeated queries of a network are cached."""
    found = predictor_of(study)

    @lru_cache(maxsize=_NETWORKS_KEPT)
    def energy_mj(counted: ArchitectureCost) -> float:
        return found.estimate(counted).energy_mj

    return energy_mj


@kept("energy predictors")
def _loaded(name: str) -> LearnedPredictor:
    """Load a stored model; the name holds its content's hash, so it never changes."""
    with default_storage.open(name) as file:
        return load(file.read())
