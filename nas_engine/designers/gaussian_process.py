"""Bayesian search: Vizier's GP-UCB-PE, made quick enough to run beside training.

Vizier models the reward as a Gaussian process and suggests where its upper confidence bound is highest; further
suggestions of a batch, and those made while others are pending, explore where the model knows least among the
promising. Four things keep that cheap: sizes padded to powers of two (a compilation each), length scales fitted from
the last ones and only now and then (`warm_fit`), an acquisition search made for categorical parameters
(`coordinate_ascent`), and one thread (`jax_setup`).
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import jax
import numpy as np
from vizier import algorithms as vza
from vizier._src.algorithms.designers.gp_ucb_pe import VizierGPUCBPEBandit
from vizier.pyvizier.converters import padding

from nas_engine.architecture import Architecture
from nas_engine.designers import jax_setup
from nas_engine.designers.base import Outcome, State, Suggestion, accepted_state
from nas_engine.designers.coordinate_ascent import optimizer_factory
from nas_engine.designers.distinct import new_anywhere, new_neighbour
from nas_engine.designers.random import RandomDesigner
from nas_engine.designers.vizier_problem import VizierProblem
from nas_engine.designers.warm_fit import WarmFit
from nas_engine.search_space import SearchSpace

FORMAT = "gaussian_process-1"
_FIRST_RANDOM = 10  # rewards to collect at random before there is something to model
_STARTS = 8
_SWEEPS = 3
_DAWN = datetime(2000, 1, 1, tzinfo=UTC)  # Vizier only compares times with each other


class GaussianProcessDesigner:
    """GP-UCB-PE over one categorical parameter a block.

    The data come from the outcomes; the state holds the fitted length scales and counters.
    """

    def __init__(
        self, space: SearchSpace, seed: int, state: State | None = None, history: Sequence[Outcome] = ()
    ) -> None:
        state = accepted_state(state, FORMAT)
        jax_setup.configure()
        self._space = space
        self._seed = seed
        self._problem = VizierProblem(space)
        self._outcomes: dict[str, Outcome] = {}  # by architecture: a repeated result is no new evidence
        self._random = RandomDesigner(space, seed, state["random"] if state else None, history)
        self._suggested: int = state["suggested"] if state else len(history)
        self._known_at_last: int = state["known_at_last"] if state else 0
        self._fit: State | None = state["fit"] if state else None
        self.update(history)

    def suggest(self, count: int, pending: Sequence[Architecture]) -> list[Suggestion]:
        rewards = sum(outcome.reward is not None for outcome in self._outcomes.values())
        if rewards < _FIRST_RANDOM:
            return self._random.suggest(count, pending)
        taken = {architecture.hash for architecture in pending}
        rng = np.random.default_rng([self._seed, len(self._outcomes), self._suggested])
        suggestions = []
        for chosen in self._ask_vizier(count, pending, rng):
            suggestion = self._translate(chosen, taken, rng)
            taken.add(suggestion.architecture.hash)
            suggestions.append(suggestion)
        self._suggested += count
        self._known_at_last = len(self._outcomes)
        return suggestions

    def update(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            self._outcomes[outcome.architecture.hash] = outcome

    def dump(self) -> State:
        return {
            "format": FORMAT,
            "random": self._random.dump(),
            "suggested": self._suggested,
            "known_at_last": self._known_at_last,
            "fit": self._fit,
        }

    def _ask_vizier(self, count: int, pending: Sequence[Architecture], rng: np.random.Generator) -> Sequence[Any]:
        known = len(self._outcomes)
        fit = WarmFit(self._fit, known)
        bandit = VizierGPUCBPEBandit(
            self._problem.statement,
            rng=jax.random.PRNGKey(int(rng.integers(2**32))),
            padding_schedule=padding.PaddingSchedule(num_trials=padding.PaddingType.POWERS_OF_2),
            acquisition_optimizer_factory=optimizer_factory(self._problem.sizes, _STARTS, _SWEEPS),
            ard_optimizer=fit,
            ard_random_restarts=1,
            use_trust_region=False,
            num_seed_trials=0,
        )
        finished = [
            self._problem.trial(outcome, _DAWN + timedelta(seconds=i))
            for i, outcome in enumerate(self._outcomes.values(), start=1)
        ]
        # Vizier exploits where a trial has ended since it was last asked, and explores otherwise. It knows by times.
        asked_at = _DAWN if known > self._known_at_last else _DAWN + timedelta(seconds=known + 1)
        active = [
            self._problem.active_trial(i, architecture, asked_at) for i, architecture in enumerate(pending, start=1)
        ]
        bandit.update(vza.CompletedTrials(finished), vza.ActiveTrials(active))
        chosen: Sequence[Any] = bandit.suggest(count)
        self._fit = fit.dump()
        return chosen

    def _translate(self, chosen: Any, taken: set[str], rng: np.random.Generator) -> Suggestion:
        architecture = self._problem.architecture(chosen.parameters)
        prediction = chosen.metadata.ns("google_gp_ucb_pe_bandit").ns("prediction_in_warped_y_space")
        metadata = {"source": "exploitation" if prediction.get("use_ucb") == "True" else "exploration"}
        if architecture.hash in taken:
            architecture = (
                new_neighbour(self._space, architecture, taken, rng)
                or new_anywhere(self._space, taken, rng)
                or architecture
            )
        return Suggestion(architecture, metadata)
