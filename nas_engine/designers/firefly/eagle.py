"""Vizier's Eagle Strategy, its open-source Firefly algorithm (Speckhard et al., section 5, call it Firefly).

A pool of flies, each holding the best architecture it has found. In turn each fly is pulled towards better flies, away
from worse ones, and perturbed: that is the next suggestion, and the fly's number travels in its metadata. Vizier's
class implements the algorithm; this one keeps its state as JSON and corrects its bookkeeping where a history is passed
to a new designer or trials end out of order (see `_reserve_numbers`).
"""

from collections.abc import Sequence, Set
from dataclasses import replace
from heapq import nlargest
from typing import Any

import numpy as np
from vizier import algorithms as vza
from vizier._src.algorithms.designers.eagle_strategy.eagle_strategy import EagleStrategyDesigner
from vizier._src.algorithms.designers.eagle_strategy.eagle_strategy_utils import FireflyAlgorithmConfig

from nas_engine.architecture import Architecture
from nas_engine.designers.base import Outcome, State, Suggestion, accepted_state
from nas_engine.designers.firefly.block_effects import BlockEffects
from nas_engine.designers.new_architectures import new_anywhere, new_neighbour
from nas_engine.designers.vizier_problem import VizierProblem, flatten_metadata, restore_metadata
from nas_engine.search_space.paper_spaces import SearchSpace

FORMAT = "eagle-1"
FLY = "eagle_fly"  # key of the suggestion's metadata: the number of the fly that made it
_EAGLE = "eagle"  # Vizier's namespace


class EagleDesigner:
    """Firefly search over one categorical parameter per block, with at most `most_flies` flies (default: Vizier's).

    A move to a network that was tried before is replaced by a neighbour that was not: flies come close to each other,
    and a known result reported again only lowers their perturbation. With `moves_compared` above 1, as many moves of a
    fly are compared by their predicted rewards (`block_effects`) and the best is suggested.

    The state holds the pool, Vizier's random generators, and the numbers of the outcomes seen, so that later outcomes
    of the history are passed to Vizier exactly once.
    """

    def __init__(
        self,
        space: SearchSpace,
        seed: int,
        state: State | None = None,
        history: Sequence[Outcome] = (),
        *,
        most_flies: int = FireflyAlgorithmConfig().max_pool_size,
        moves_compared: int = 1,
    ) -> None:
        state = accepted_state(state, FORMAT)
        self._space = space
        self._problem = VizierProblem(space)
        # A rebuild without state must not begin the quasi-random sequence again: its start is in the history.
        self._eagle: Any = EagleStrategyDesigner(
            self._problem.statement,
            config=FireflyAlgorithmConfig(max_pool_size=most_flies),
            seed=int(np.random.SeedSequence([seed, len(history)]).generate_state(1)[0]),
        )
        self._seen: set[int] = set()
        self._tried: set[str] = set()
        self._moves_compared = moves_compared
        self._effects = BlockEffects([len(position.options) for position in space.positions])
        self.remember(history)
        if state:
            self._seen.update(state["seen"])
            self._eagle.load(restore_metadata(state["vizier"]))
        self.update([outcome for outcome in history if outcome.number not in self._seen])

    def suggest(self, count: int, pending: Sequence[Architecture]) -> list[Suggestion]:
        """Moves of the flies in turn; new networks where there are any."""
        taken = self._tried | {architecture.network_hash for architecture in pending}
        suggestions = []
        for _ in range(count):
            suggestion = self._move(taken)
            if suggestion.architecture.network_hash in taken:
                suggestion = self._step_aside(suggestion, taken)
            taken.add(suggestion.architecture.network_hash)
            suggestions.append(suggestion)
        return suggestions

    def update(self, outcomes: Sequence[Outcome]) -> None:
        """Move the flies named in the outcomes' metadata; others found new flies while the pool is not full."""
        self.remember(outcomes)
        trials = [self._trial(outcome) for outcome in outcomes]
        self._reserve_numbers(trials)
        self._eagle.update(vza.CompletedTrials(trials), vza.ActiveTrials())
        self._sort_pool()
        self._seen.update(outcome.number for outcome in outcomes)

    def dump(self) -> State:
        """Format, numbers of the outcomes seen, and Vizier's state as text."""
        return {"format": FORMAT, "seen": sorted(self._seen), "vizier": dumped(self._eagle)}

    @property
    def seen(self) -> Set[int]:
        """Numbers of the outcomes passed to `update` or `adopt`."""
        return self._seen

    def remember(self, outcomes: Sequence[Outcome]) -> None:
        """Exclude the outcomes' networks from suggestions, add rewards to the regression; flies do not move."""
        for outcome in outcomes:
            network = outcome.architecture.network_hash
            if network not in self._tried and outcome.reward is not None:
                self._effects.update(self._space.encode(outcome.architecture), outcome.reward)
            self._tried.add(network)

    def tune(self, config: FireflyAlgorithmConfig) -> None:
        """Use the hyper-parameters of `config` from now on. The flies and the size of the pool do not change."""
        self._eagle._config = config
        self._eagle._utils.config = config

    def adopt(self, outcomes: Sequence[Outcome]) -> None:
        """Start from another designer's outcomes: a fly at each of the best networks; the others only count as seen."""
        networks = {outcome.architecture.network_hash: outcome for outcome in outcomes if outcome.reward is not None}
        capacity = self._eagle._firefly_pool.capacity
        best = nlargest(capacity, networks.values(), key=lambda outcome: outcome.reward or 0.0)
        self.update([replace(outcome, metadata={}) for outcome in best])  # without the fly numbers of another designer
        self._seen.update(outcome.number for outcome in outcomes)
        self.remember(outcomes)

    def _trial(self, outcome: Outcome) -> Any:
        trial = self._problem.trial(outcome)
        fly = outcome.metadata.get(FLY, "")
        if fly.isdecimal():
            trial.metadata.ns(_EAGLE)["parent_fly_id"] = fly
        return trial

    def _move(self, taken: Set[str]) -> Suggestion:
        """The most promising of a few moves of the next fly, a new one if there is any.

        While the pool is not full, it is a quasi-random point instead.
        """
        pool = self._eagle._firefly_pool
        if self._moves_compared == 1 or pool.size < pool.capacity:
            return self._one_move()
        last, moves = pool._last_id, []
        for _ in range(self._moves_compared):
            pool._last_id = last  # the same fly moves again
            moves.append(self._one_move())
        new = [move for move in moves if move.architecture.network_hash not in taken]
        return max(new or moves, key=lambda move: self._effects.predict(self._space.encode(move.architecture)))

    def _one_move(self) -> Suggestion:
        (suggestion,) = self._eagle.suggest(1)
        fly = suggestion.metadata.ns(_EAGLE)["parent_fly_id"]
        return Suggestion(self._problem.architecture(suggestion.parameters), {"source": "eagle", FLY: fly})

    def _step_aside(self, suggestion: Suggestion, taken: set[str]) -> Suggestion:
        """The move changed in one more block, or whatever is left."""
        rng = self._eagle._rng
        other = new_neighbour(self._space, suggestion.architecture, taken, rng) or new_anywhere(self._space, taken, rng)
        return suggestion if other is None else Suggestion(other, suggestion.metadata)

    def _reserve_numbers(self, trials: Sequence[Any]) -> None:
        """Reserve fly numbers that were given out before the designer was rebuilt.

        `EagleStrategyDesigner.update` never raises the pool's `_max_fly_id` for trials that carry a number. In a
        designer rebuilt from the history, it stays 0: new flies then take numbers in use, and
        `get_next_moving_fly_copy`, which counts up to it, lets a single fly make every suggestion.
        """
        pool = self._eagle._firefly_pool
        numbers = [int(trial.metadata.ns(_EAGLE).get("parent_fly_id", default="-1")) for trial in trials]
        pool._max_fly_id = max([pool._max_fly_id, *(number + 1 for number in numbers)])

    def _sort_pool(self) -> None:
        """Put the flies in the order of their numbers.

        `get_next_moving_fly_copy` starts each round at the fly that entered the pool first and counts up. With trials
        ending out of order that need not be the lowest number, and flies below it would never move again.
        """
        pool = self._eagle._firefly_pool
        pool._pool = dict(sorted(pool._pool.items()))


def dumped(eagle: Any) -> dict[str, dict[str, str]]:
    """State of a Vizier designer as `restore_metadata` reads it; equal states have equal dumps."""
    metadata = flatten_metadata(eagle.dump())
    for values in metadata.values():
        if "dump_timestamp" in values:
            values["dump_timestamp"] = "0"
    return metadata
