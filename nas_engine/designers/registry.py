"""Designers by name. Importing this module loads neither Vizier nor JAX; `create` imports them where needed."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from nas_engine.designers.base import Designer, DesignerSettings, Outcome, State
from nas_engine.search_space.paper_spaces import SearchSpace

_Maker = Callable[[SearchSpace, int, State | None, Sequence[Outcome]], Designer]


def _random(settings: DesignerSettings) -> _Maker:
    from nas_engine.designers.random import RandomDesigner

    return RandomDesigner


def _eagle(settings: DesignerSettings) -> _Maker:
    from nas_engine.designers.firefly.eagle import EagleDesigner

    return EagleDesigner


def _gaussian_process(settings: DesignerSettings) -> _Maker:
    from nas_engine.designers.jax_setup import tensorflow_kept_out

    with tensorflow_kept_out():
        from nas_engine.designers.gaussian_process.designer import GaussianProcessDesigner
    return partial(GaussianProcessDesigner, penalty=settings.penalty, uncertain_forecasts=settings.by_compute)


def _evolution(settings: DesignerSettings) -> _Maker:
    from nas_engine.designers.evolutionary.evolution import EvolutionDesigner

    return EvolutionDesigner


def _hyperfirefly(settings: DesignerSettings) -> _Maker:
    from nas_engine.designers.firefly.hyperfirefly import HyperFireflyDesigner

    return HyperFireflyDesigner


def _hybrid(settings: DesignerSettings) -> _Maker:
    from nas_engine.designers.hybrid import HybridDesigner

    first = partial(_gaussian_process, settings)
    return partial(HybridDesigner, first=first, switch_at=settings.switch_at, by_compute=settings.by_compute)


def _nsga2(settings: DesignerSettings) -> _Maker:
    from nas_engine.designers.evolutionary.nsga2 import NSGA2Designer

    return NSGA2Designer


_LOADERS: Mapping[str, Callable[[DesignerSettings], _Maker]] = {
    "random": _random,
    "eagle": _eagle,
    "gaussian_process": _gaussian_process,
    "evolution": _evolution,
    "hyperfirefly": _hyperfirefly,
    "hybrid": _hybrid,
    "nsga2": _nsga2,
}
NAMES: tuple[str, ...] = tuple(_LOADERS)
DEFAULT_SETTINGS = DesignerSettings()


def create(
    name: str,
    space: SearchSpace,
    seed: int,
    state: State | None = None,
    history: Sequence[Outcome] = (),
    settings: DesignerSettings = DEFAULT_SETTINGS,
) -> Designer:
    """Designer `name` (one of `NAMES`), restored from `state` and informed of all of `history`.

    `history` is every outcome of the study so far, including those already in `state`, in the order of trial numbers.
    `settings` must be the same at every call. Without `state` the designer is rebuilt from the history alone. Equal
    arguments make equal designers. Raises ValueError for an unknown name and for an outcome outside the space.
    """
    if name not in _LOADERS:
        raise ValueError(f"there is no designer {name!r}; known are {', '.join(NAMES)}")
    return _LOADERS[name](settings)(space, seed, state, history)
