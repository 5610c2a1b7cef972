"""The firefly that tunes another one: Hyper-Firefly's upper half (Speckhard et al., section 5).

Its few flies live in the space of the other's hyper-parameters. A window of trials made by one setting of them is one
trial up here, and the best reward of the window is its objective.

Vizier's own attempt (`meta_learning`) searches a thousandfold around the defaults with 24 flies, which takes 1,200
trials of other than good settings before it begins to learn. Here it is the defaults first, then within a factor of
two of them, with six flies.
"""

from typing import Any

from vizier import algorithms as vza
from vizier import pyvizier as vz
from vizier._src.algorithms.designers.eagle_strategy.eagle_strategy import EagleStrategyDesigner
from vizier._src.algorithms.designers.eagle_strategy.eagle_strategy_utils import FireflyAlgorithmConfig

from nas_engine.designers.base import State
from nas_engine.designers.firefly.eagle import dumped
from nas_engine.designers.vizier_problem import REWARD, restore_metadata

# Those that change anything where all parameters are categorical. `perturbation` decides only when a fly is given up,
# as its ratio to `perturbation_lower_bound`, so one of the two will do.
TUNED = (
    "gravity",
    "negative_gravity",
    "categorical_visibility",
    "pure_categorical_perturbation",
    "perturbation_lower_bound",
)
FACTOR = 2.0
_FLIES = 6


class FireflyTuner:
    """Gives a firefly its hyper-parameters, one window of trials after another."""

    def __init__(self, seed: int, state: State | None = None) -> None:
        self._eagle: Any = EagleStrategyDesigner(
            _problem(), config=FireflyAlgorithmConfig(max_pool_size=_FLIES), seed=seed
        )
        self._values: dict[str, float] = state["values"] if state else _defaults()
        self._fly: str = state["fly"] if state else ""
        if state:
            self._eagle.load(restore_metadata(state["vizier"]))

    @property
    def config(self) -> FireflyAlgorithmConfig:
        """The hyper-parameters of the present window."""
        return FireflyAlgorithmConfig(**self._values)

    def end_window(self, best_reward: float | None) -> None:
        """Learn what the present setting led to, None if no trial of the window had a reward, and go on to the next."""
        trial = vz.Trial(parameters=self._values)
        if self._fly:
            trial.metadata.ns("eagle")["parent_fly_id"] = self._fly
        if best_reward is None:
            trial.complete(vz.Measurement(), infeasibility_reason="no reward in the window")
        else:
            trial.complete(vz.Measurement(metrics={REWARD: best_reward}))
        self._eagle.update(vza.CompletedTrials([trial]), vza.ActiveTrials())
        (suggestion,) = self._eagle.suggest(1)
        self._values = {name: float(suggestion.parameters.get_value(name)) for name in TUNED}
        self._fly = suggestion.metadata.ns("eagle")["parent_fly_id"]

    def dump(self) -> State:
        return {"values": dict(self._values), "fly": self._fly, "vizier": dumped(self._eagle)}


def _defaults() -> dict[str, float]:
    config = FireflyAlgorithmConfig()
    return {name: getattr(config, name) for name in TUNED}


def _problem() -> Any:
    problem = vz.ProblemStatement()
    for name, value in _defaults().items():
        problem.search_space.root.add_float_param(
            name, value / FACTOR, value * FACTOR, default_value=value, scale_type=vz.ScaleType.LOG
        )
    problem.metric_information.append(vz.MetricInformation(REWARD, goal=vz.ObjectiveMetricGoal.MAXIMIZE))
    return problem
