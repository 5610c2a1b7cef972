"""Hyper-Firefly (Speckhard et al., section 5): a firefly whose hyper-parameters another firefly tunes.

Every 50 trials the lower firefly gets new hyper-parameters, and the best reward of the 50 is reported to the upper one.
The pool of flies is kept at such a change: Vizier's `MetaLearningDesigner` makes a new designer and passes all trials
to it, after which a single fly makes every suggestion.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.designers.base import Outcome, State, Suggestion, accepted_state
from nas_engine.designers.firefly.eagle import EagleDesigner
from nas_engine.designers.firefly.tuner import FireflyTuner
from nas_engine.search_space.paper_spaces import SearchSpace

FORMAT = "hyperfirefly-1"
WINDOW = "firefly_window"  # key of the suggestion's metadata: the number of the window in which it was made
TRIALS_A_WINDOW = 50
MOST_FLIES = 16
"""Vizier would take 26 for twelve blocks, whose first round is half a window of random networks.

With 16 the median best reward after 100 trials is higher, on the simulated reward and on landscapes fitted to recorded
trainings; after 300 it is higher without noise of training, and with it the two are equal within their scatter.
"""
MOVES_COMPARED = 4
"""On landscapes fitted to recorded trainings, of 10 searches each with seeds that no published figure uses: with 4 the
median best reward after 300 trials is 0.853, after 1,000 0.877; with 1 it is 0.846 and 0.861.
"""


class HyperFireflyDesigner:
    """An `EagleDesigner` under a `FireflyTuner`.

    A window counts the trials suggested in it only: outcomes of other designers, such as the Gaussian process before
    the hybrid's switch, update the lower firefly but are no evidence on its hyper-parameters. The same holds for
    outcomes that end after their window and for results answered from the store. In a designer made from a history
    without a state, the best networks of others become the first flies.
    """

    def __init__(
        self, space: SearchSpace, seed: int, state: State | None = None, history: Sequence[Outcome] = ()
    ) -> None:
        state = accepted_state(state, FORMAT)
        self._tuner = FireflyTuner(seed, state["tuner"] if state else None)
        self._window: int = state["window"] if state else 0
        self._counted: int = state["heard"] if state else 0
        self._best: float | None = state["best"] if state else None
        # A rebuild without state must not begin the quasi-random sequence again: its start is in the history.
        firefly_seed = int(np.random.SeedSequence([seed, len(history)]).generate_state(1)[0])
        self._firefly = EagleDesigner(
            space,
            firefly_seed,
            state["firefly"] if state else None,
            most_flies=MOST_FLIES,
            moves_compared=MOVES_COMPARED,
        )
        self._firefly.tune(self._tuner.config)
        self._firefly.remember(history)
        if state is None:
            self._firefly.adopt([outcome for outcome in history if WINDOW not in outcome.metadata])
        self.update([outcome for outcome in history if outcome.number not in self._firefly.seen])

    def suggest(self, count: int, pending: Sequence[Architecture]) -> list[Suggestion]:
        """Moves of the lower firefly, marked with the current window."""
        mark = {"source": "hyperfirefly", WINDOW: str(self._window)}
        moves = self._firefly.suggest(count, pending)
        return [replace(move, metadata={**move.metadata, **mark}) for move in moves]

    def update(self, outcomes: Sequence[Outcome]) -> None:
        """Learn from outcomes one by one, so that a batch ends as many windows as single calls would."""
        for outcome in outcomes:
            counts = outcome.number not in self._firefly.seen and outcome.metadata.get(WINDOW) == str(self._window)
            self._firefly.update([outcome])
            if counts:
                self._count(outcome.reward)

    def dump(self) -> State:
        """Format, window and its counters, and the states of tuner and firefly."""
        return {
            "format": FORMAT,
            "window": self._window,
            "heard": self._counted,
            "best": self._best,
            "tuner": self._tuner.dump(),
            "firefly": self._firefly.dump(),
        }

    def _count(self, reward: float | None) -> None:
        self._counted += 1
        if reward is not None:
            self._best = reward if self._best is None else max(self._best, reward)
        if self._counted < TRIALS_A_WINDOW:
            return
        self._tuner.end_window(self._best)
        self._firefly.tune(self._tuner.config)
        self._window, self._counted, self._best = self._window + 1, 0, None
