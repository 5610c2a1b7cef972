"""Bayesian optimisation by Vizier's GP-UCB-PE with a known penalty, fast enough to run during training.

The penalty of Equation 1 for energy and flash is known before the training (`DesignerSettings.penalty`), so only the
accuracy is modelled, as a Gaussian process over the blocks and over features of the whole network (`encoding`). A
suggestion maximises the upper confidence bound less the penalty; further ones of a batch, and those made before a new
outcome, maximise the model's uncertainty among promising points. Costs are kept low by arrays of few shapes
(`reward_model`), warm-started and infrequent fits (`warm_start`), a maximiser for categorical parameters
(`coordinate_ascent`), and a single thread (`jax_setup`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.constraints import Penalty
from nas_engine.designers import jax_setup
from nas_engine.designers.base import Outcome, State, Suggestion, accepted_state
from nas_engine.designers.gaussian_process.encoding import Encoder
from nas_engine.designers.gaussian_process.observations import Observations
from nas_engine.designers.gaussian_process.reward_model import RewardModel
from nas_engine.designers.gaussian_process.warm_start import WarmStart
from nas_engine.designers.new_architectures import new_anywhere, new_neighbour
from nas_engine.designers.random import RandomDesigner
from nas_engine.search_space.paper_spaces import SearchSpace

FORMAT = "gaussian_process-3"
_FIRST_RANDOM = 10  # rewards to collect at random before the first fit


class GaussianProcessDesigner:
    """GP-UCB-PE over one categorical parameter per block and the features of the network.

    The data come from the outcomes; the state holds fitted parameters, counters, and which other architectures of a
    finished network were answered with its result (as trial number and option indices), since no history has those.
    Without `penalty` whole rewards are modelled. With `uncertain_forecasts` the reward of a trial stopped early is an
    observation with the variance of its forecast, else one like that of a finished trial.
    """

    def __init__(
        self,
        space: SearchSpace,
        seed: int,
        state: State | None = None,
        history: Sequence[Outcome] = (),
        *,
        penalty: Penalty | None = None,
        uncertain_forecasts: bool = False,
    ) -> None:
        state = accepted_state(state, FORMAT)
        jax_setup.configure()
        self._space = space
        self._seed = seed
        self._sizes = tuple(len(position.options) for position in space.positions)
        self._encoder = Encoder(space, penalty)
        self._uncertain_forecasts = uncertain_forecasts
        self._outcomes: dict[str, Outcome] = {}  # by architecture: a repeated result is no new evidence
        self._answered: list[tuple[int, list[int]]] = []
        self._random = RandomDesigner(space, seed, state["random"] if state else None, history)
        self._suggested: int = state["suggested"] if state else len(history)
        self._known_at_last: int = state["known_at_last"] if state else 0
        self._fit: State | None = state["fit"] if state else None
        self.update(history)
        self.update(_answers(space, self._outcomes, state["answered"] if state else []))

    def suggest(self, count: int, pending: Sequence[Architecture]) -> list[Suggestion]:
        """Random architectures until there are ten rewards, then points of the highest acquisition one by one."""
        rng = np.random.default_rng([self._seed, len(self._outcomes), self._suggested])
        model = self._model(rng)
        if model is None:
            return self._random.suggest(count, pending)
        waiting = list(pending)
        suggestions = []
        for _ in range(count):
            has_new_outcomes = len(self._outcomes) > self._known_at_last
            choice = model.choose(self._encoder.architectures(waiting), has_new_outcomes, rng)
            architecture = self._other_than(waiting, self._space.decode(choice.point), rng)
            suggestions.append(
                Suggestion(architecture, {"source": "exploitation" if choice.exploits else "exploration"})
            )
            waiting.append(architecture)
            self._known_at_last = len(self._outcomes)
        self._suggested += count
        return suggestions

    def update(self, outcomes: Sequence[Outcome]) -> None:
        """Add outcomes by architecture; a repeated one replaces the former."""
        known = {outcome.number: key for key, outcome in self._outcomes.items()}
        for outcome in outcomes:
            key = outcome.architecture.hash
            if known.setdefault(outcome.number, key) != key and key not in self._outcomes:
                self._answered.append((outcome.number, list(self._space.encode(outcome.architecture))))
            self._outcomes[key] = outcome

    def dump(self) -> State:
        """Format, counters, fitted parameters and the architectures answered with stored results."""
        return {
            "format": FORMAT,
            "random": self._random.dump(),
            "suggested": self._suggested,
            "known_at_last": self._known_at_last,
            "fit": self._fit,
            "answered": self._answered,
        }

    def _model(self, rng: np.random.Generator) -> RewardModel | None:
        """Model of the outcomes with finite penalties; None while these have too few rewards."""
        # By number: the order in which outcomes are reported changes at a restart.
        outcomes = sorted(self._outcomes.values(), key=lambda outcome: (outcome.number, outcome.architecture.hash))
        inputs = self._encoder.architectures([outcome.architecture for outcome in outcomes])
        rewards = np.array([np.nan if o.reward is None else o.reward for o in outcomes], dtype=np.float64)
        deviations = np.array([o.deviation for o in outcomes]) * self._uncertain_forecasts
        is_trained = np.isfinite(inputs.penalties)  # the others are infeasible by their penalty alone
        observations = Observations(inputs, rewards + inputs.penalties, deviations)[is_trained]
        tried = set(observations.inputs.keys)
        if np.count_nonzero(np.isfinite(observations.rewards)) < _FIRST_RANDOM:
            return None
        fit = WarmStart(self._fit, len(observations))
        model = RewardModel(observations.kept(), self._encoder, self._sizes, tried, fit, rng)
        self._fit = fit.dump()
        return model

    def _other_than(
        self, waiting: Sequence[Architecture], architecture: Architecture, rng: np.random.Generator
    ) -> Architecture:
        """This architecture, or a neighbour where it is pending already."""
        taken = {other.network_hash for other in waiting}
        if architecture.network_hash not in taken:
            return architecture
        return (
            new_neighbour(self._space, architecture, taken, rng)
            or new_anywhere(self._space, taken, rng)
            or architecture
        )


def _answers(
    space: SearchSpace, known: Mapping[str, Outcome], answered: Sequence[tuple[int, Sequence[int]]]
) -> list[Outcome]:
    """Stored outcomes under the architectures that were answered with them."""
    by_number = {outcome.number: outcome for outcome in known.values()}
    return [
        replace(by_number[number], architecture=space.decode(indices))
        for number, indices in answered
        if number in by_number
    ]
