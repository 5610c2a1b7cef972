"""Conversion to Vizier: a search space as a problem of one categorical parameter per block, outcomes as trials.

One categorical per block, and not one parameter each for kind, kernel and filters: an identity has no kernel, no
designer of Vizier accepts conditional parameters, and its firefly finds better networks this way.
"""

import logging
from collections.abc import Mapping
from typing import Any

from vizier import pyvizier as vz

from nas_engine.architecture import Architecture
from nas_engine.designers.base import Outcome
from nas_engine.search_space.paper_spaces import SearchSpace

REWARD = "reward"

logging.getLogger("absl").setLevel(logging.WARNING)  # Vizier reports every step and every array of it as INFO


class VizierProblem:
    """Search space as a Vizier problem statement; values of a parameter are indices of options, as text.

    Positions with a single option are not parameters, except one where all are such, as Vizier needs one.
    `sizes` [parameters] are the numbers of values.
    """

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        sizes = [len(position.options) for position in space.positions]
        self._free = [number for number, size in enumerate(sizes) if size > 1] or [0]
        self.sizes = tuple(sizes[number] for number in self._free)
        self.statement: Any = vz.ProblemStatement()
        for name, size in zip(self._names, self.sizes, strict=True):
            self.statement.search_space.root.add_categorical_param(name, [str(index) for index in range(size)])
        self.statement.metric_information.append(vz.MetricInformation(REWARD, goal=vz.ObjectiveMetricGoal.MAXIMIZE))

    @property
    def _names(self) -> list[str]:
        return [f"block_{number + 1:02d}" for number in self._free]

    def parameters(self, architecture: Architecture) -> dict[str, str]:
        """Value of each parameter by name. Raises ValueError where the architecture is not in the space."""
        indices = self._space.encode(architecture)
        return {name: str(indices[number]) for name, number in zip(self._names, self._free, strict=True)}

    def architecture(self, parameters: Any) -> Architecture:
        """Inverse of `parameters`, from Vizier's ParameterDict."""
        indices = [0] * len(self._space.positions)
        for name, number in zip(self._names, self._free, strict=True):
            indices[number] = int(parameters.get_value(name))
        return self._space.decode(indices)

    def trial(self, outcome: Outcome) -> Any:
        """Completed vz.Trial with the reward as its only metric; infeasible without a reward."""
        trial = vz.Trial(parameters=self.parameters(outcome.architecture))
        if outcome.reward is None:
            trial.complete(vz.Measurement(), infeasibility_reason="infeasible architecture")
        else:
            trial.complete(vz.Measurement(metrics={REWARD: outcome.reward}))
        return trial


def flatten_metadata(metadata: Any) -> dict[str, dict[str, str]]:
    """vz.Metadata as {namespace: {key: value}}, where every value is text."""
    return {
        namespace.encode(): {key: str(value) for key, value in metadata.abs_ns(namespace).items()}
        for namespace in metadata.namespaces()
    }


def restore_metadata(flat: Mapping[str, Mapping[str, str]]) -> Any:
    """Inverse of `flatten_metadata`."""
    metadata = vz.Metadata()
    for namespace, values in flat.items():
        metadata.abs_ns(vz.Namespace.decode(namespace)).update(dict(values))
    return metadata
