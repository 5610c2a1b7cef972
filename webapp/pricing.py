"""Who prices the networks of a study: its energy model, or the published figures without one.

The one place from which evaluation, screening, designers, dry runs and pages have their prices. With NumPy alone, so
that the web process may ask, too.
"""

from functools import lru_cache

from django.core.files.storage import default_storage

from nas_engine.cost import ArchitectureCost
from nas_engine.energy.pricing import LearnedPricer, Pricer, PriorPricer, load
from nas_engine.screening import EnergyEstimate
from webapp.models import EnergyModel, Study

PRIOR: Pricer = PriorPricer()
_MODELS_KEPT = 8
_NETWORKS_KEPT = 20_000


def pricer_of(study: Study) -> Pricer:
    """Of the model that the study points at; a model is loaded once a process."""
    return pricer(study.energy_model)


def pricer(energy_model: EnergyModel | None) -> Pricer:
    """Of a READY model; the published figures without one."""
    return PRIOR if energy_model is None else _loaded(str(energy_model.arrays.name))


def energy_estimate(study: Study) -> EnergyEstimate:
    """Predicted mJ of one inference, as screens and penalties take it. Networks that are asked for again are known."""
    found = pricer_of(study)

    @lru_cache(maxsize=_NETWORKS_KEPT)
    def energy_mj(counted: ArchitectureCost) -> float:
        return found.price(counted).energy_mj

    return energy_mj


@lru_cache(maxsize=_MODELS_KEPT)
def _loaded(name: str) -> LearnedPricer:
    """The name holds the content's hash: what has it never changes."""
    with default_storage.open(name) as file:
        return load(file.read())
