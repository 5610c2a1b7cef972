"""Ways to predict, fitted and weighted on the measured rows: what `device_model` makes a model of."""

from dataclasses import dataclass

from nas_engine.energy.regression.model import ModelPart
from nas_engine.energy.regression.schema import Values


@dataclass(frozen=True, slots=True)
class Combined:
    """`parts` with their weights, in words `name`; mean and standard deviation [n] of each row predicted without it.

    All on the transformed scale. `impurity_importance` is the forest's, by column.
    """

    name: str
    parts: tuple[tuple[float, ModelPart], ...]
    mean: Values
    sd: Values
    impurity_importance: dict[str, float]
