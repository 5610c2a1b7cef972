"""Networks drawn from a space as options, and results that follow a known truth."""

import numpy as np
from numpy.typing import NDArray

from nas_engine.search_space.space import SearchSpace
from nas_engine.statistics.explanation.factors import Aspect, Factors

Values = NDArray[np.float64]


def drawn_options(space: SearchSpace, networks: int, rng: np.random.Generator) -> NDArray[np.int16]:
    """Options [networks, positions], each drawn uniformly."""
    columns = [rng.integers(len(position.options), size=networks) for position in space.positions]
    return np.stack(columns, axis=1).astype(np.int16)


def index_of(factors: Factors, position: int, aspect: Aspect) -> int:
    """Index of a choice of the space."""
    found = (i for i, one in enumerate(factors.factors) if (one.position, one.aspect) == (position, aspect))
    return next(found)


def effect(factors: Factors, codes: NDArray[np.int16], index: int, variance: float) -> Values:
    """Contribution [n] of a choice that grows by the same from level to level, of this variance over the options."""
    values = np.append(np.linspace(-1.0, 1.0, len(factors.factors[index].levels)), 0.0)  # the last: says nothing
    of_options = values[factors.codes_of_options[index]]
    scale = (variance / of_options.var()) ** 0.5
    return np.asarray(scale * (values[codes[:, index]] - of_options.mean()), np.float64)


def levels_of(factors: Factors) -> list[int]:
    """How many levels each choice has."""
    return [len(factor.levels) for factor in factors.factors]
