"""Tuner of a firefly's hyper-parameters: the upper level of Hyper-Firefly (Speckhard et al., section 5).

A second firefly algorithm with few flies searches the hyper-parameters. A window of trials made with one setting is one
trial of it, and the best reward of the window is its objective.

Vizier's own version (`meta_learning`) searches a thousandfold around the defaults with 24 flies, which takes 1,200
trials of mostly poor settings before it begins to learn. This one starts at the defaults, stays within a factor of two
of them, and has six flies.
"""

from typing import Any

from vizier import algorithms as vza
from vizier import pyvizier as vz
from vizier._src.algorithms.designers.eagle_strategy.eagle_strategy import EagleStrategyDesigner
from vizier._src.algorithms.designers.eagle_strategy.eagle_strategy_utils import FireflyAlgorithmConfig

from nas_engine.designers.base import State
from nas_engine.designers.firefly.eagle import dumped
from nas_engine.designers.vizier_problem import REWARD, restore_metadata

# Hyper-parameters with an effect where all parameters are categorical. `perturbation` decides only when a fly is given
# up, as its ratio to `perturbation_lower_bound`, so that one of the two is tuned.
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
    """Chooses the hyper-parameters of a firefly for one window of trials after another."""

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
        """Hyper-parameters of the current window."""
        return FireflyAlgorithmConfig(**self._values)

    def end_window(self, best_reward: float | None) -> None:
        """Report the best reward of the window (None if no trial had one) and choose the setting of the next."""
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
        """Current hyper-parameters, the fly they belong to, and Vizier's state as text."""
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
