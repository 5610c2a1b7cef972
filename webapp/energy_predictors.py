"""Energy predictor of a study: its energy model, or the analytical cost model of published figures without one.

Single source of energy estimates for evaluation, constraint checks, designers, dry runs and pages. Needs NumPy alone,
so the web process can use it, too.

An energy model of an NPU knows the energy of networks that Vela has compiled and of no other (`compiled_energies_mj`).
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from django.core.files.storage import default_storage

from nas_engine.constraints import EnergyFunction
from nas_engine.cost import ArchitectureCost
from nas_engine.deployment.npu.limits import npu_energy_mj
from nas_engine.energy.estimators.base import AnalyticalCostModel, EnergyPredictor, LearnedPredictor, load
from webapp.caches import kept
from webapp.models import EnergyModel, StoredNpuEstimate, Study

ANALYTICAL: EnergyPredictor = AnalyticalCostModel()
_NETWORKS_KEPT = 20_000
_HASHES_AT_ONCE = 5_000


class _UntilCompiled(AnalyticalCostModel):
    """Published figures in place of the energy on an NPU, for networks that nobody has compiled."""

    source = "estimate from published figures, until Vela has compiled the network"


UNTIL_COMPILED: EnergyPredictor = _UntilCompiled()


def predictor_of(study: Study) -> EnergyPredictor:
    """Predictor of the model that the study points at; a model is loaded once a process."""
    return predictor(study.energy_model)


def predictor(energy_model: EnergyModel | None) -> EnergyPredictor:
    """Predictor of a READY model; the published figures without one, and for the model of an NPU."""
    if energy_model is None:
        return ANALYTICAL
    return UNTIL_COMPILED if energy_model.accelerator else _loaded(str(energy_model.arrays.name))


def is_known_once_compiled(study: Study) -> bool:
    """Whether the study goes by an NPU, so that a network has no energy before Vela has compiled it."""
    return study.energy_model is not None and bool(study.energy_model.accelerator)


def compiled_energies_mj(energy_model: EnergyModel, hashes: Iterable[str]) -> Mapping[str, float]:
    """Energies (mJ) by the model of an NPU, of those architectures that were compiled without a fallback to the CPU."""
    wanted, power_mw = sorted(set(hashes)), energy_model.power_mw or 0.0
    whole = StoredNpuEstimate.objects.filter(accelerator=energy_model.accelerator, fallbacks=0)
    return {
        key: npu_energy_mj(seconds, power_mw)
        for start in range(0, len(wanted), _HASHES_AT_ONCE)
        for key, seconds in whole.filter(architecture__in=wanted[start : start + _HASHES_AT_ONCE]).values_list(
            "architecture", "seconds"
        )
    }


def energy_estimate(study: Study) -> EnergyFunction:
    """Predicted mJ of one inference, for constraint checks and penalties before training. Repeated queries of a network
    are cached. By an NPU 0, since nobody knows more before Vela has compiled the network.
    """
    if is_known_once_compiled(study):
        return lambda counted: 0.0
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
