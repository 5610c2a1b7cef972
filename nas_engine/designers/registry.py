"""The designers by name. Importing this module loads neither Vizier nor JAX; `create` loads what it needs."""

from collections.abc import Callable, Mapping, Sequence

from nas_engine.designers.base import Designer, Outcome, State
from nas_engine.search_space import SearchSpace

_Maker = Callable[[SearchSpace, int, State | None, Sequence[Outcome]], Designer]


def _random() -> _Maker:
    from nas_engine.designers.random import RandomDesigner

    return RandomDesigner


def _eagle() -> _Maker:
    from nas_engine.designers.eagle import EagleDesigner

    return EagleDesigner


def _gaussian_process() -> _Maker:
    from nas_engine.designers.jax_setup import tensorflow_kept_out

    with tensorflow_kept_out():
        from nas_engine.designers.gaussian_process import GaussianProcessDesigner
    return GaussianProcessDesigner


_LOADERS: Mapping[str, Callable[[], _Maker]] = {
    "random": _random,
    "eagle": _eagle,
    "gaussian_process": _gaussian_process,
}
NAMES: tuple[str, ...] = tuple(_LOADERS)


def create(
    name: str, space: SearchSpace, seed: int, state: State | None = None, history: Sequence[Outcome] = ()
) -> Designer:
    """The designer called `name` (one of `NAMES`), as it was when it dumped `state`, told of all of `history`.

    `history` is every outcome of the study so far, whether or not the designer knew it when it dumped; order it by
    the trial's number. Without `state` the designer is rebuilt from the history alone. Equal arguments make equal
    designers. Raises ValueError for an unknown name and for an outcome outside the space.
    """
    if name not in _LOADERS:
        raise ValueError(f"there is no designer {name!r}; known are {', '.join(NAMES)}")
    return _LOADERS[name]()(space, seed, state, history)
