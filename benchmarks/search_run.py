"""One search of one landscape by any searcher, and its record."""

import json
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np

from benchmarks.search_landscapes import SearchLandscape
from nas_engine.architecture import Architecture
from nas_engine.designers import registry
from nas_engine.designers.base import DesignerSettings, Objectives, Outcome, Suggestion
from nas_engine.designers.deduplication import fill
from nas_engine.search_space.paper_spaces import SearchSpace

OPEN = 2  # trials at any time, as in a study with one trainer: one trains, one waits
_DIGITS = 5
_LATE = 20  # last suggestions, whose median time estimates that of the next


class Searcher(Protocol):
    """Ask-and-tell interface. `ask` is called while `OPEN` - 1 suggestions wait; they are answered in their order."""

    def ask(self) -> Architecture: ...

    def tell(self, architecture: Architecture, reward: float, objectives: Objectives) -> None: ...

    @property
    def answered(self) -> int:
        """Number of suggestions answered from stored outcomes, without a trial."""
        ...


Maker = Callable[[SearchSpace, int], Searcher]
"""Constructor of a searcher for a space and a seed."""


class OurSearcher:
    """Designer of the registry, called as in a study."""

    def __init__(self, name: str, space: SearchSpace, seed: int, settings: DesignerSettings) -> None:
        self.answered = 0
        self._space = space
        self._designer = registry.create(name, space, seed, settings=settings)
        self._rng = np.random.default_rng(seed)
        self._pending: deque[Suggestion] = deque()
        self._finished: dict[str, Outcome] = {}

    @property
    def last_outcome(self) -> Outcome:
        """Outcome reported to the designer last."""
        return next(reversed(self._finished.values()))

    def ask(self) -> Architecture:
        waiting = [suggestion.architecture for suggestion in self._pending]
        filled = fill(
            self._designer, 1, space=self._space, finished=self._finished, pending=waiting, rng=self._rng
        )  # fmt: skip
        self.answered += filled.duplicates_answered
        self._pending.append(filled.suggestions[0])
        return filled.suggestions[0].architecture

    def tell(self, architecture: Architecture, reward: float, objectives: Objectives) -> None:
        metadata = self._pending.popleft().metadata
        outcome = Outcome(len(self._finished) + 1, architecture, reward, metadata, objectives)
        self._finished[architecture.hash] = outcome
        self._designer.update([outcome])


@dataclass(frozen=True, slots=True)
class SearchTrial:
    """Ended trial: result of the network, its reward without noise, seconds of the suggestion."""

    architecture: Architecture
    reward: float
    noise_free: float
    suggest_seconds: float


def search(searcher: Searcher, landscape: SearchLandscape, seed: int, trials: int) -> Iterator[SearchTrial]:
    """Trials of a study whose trials take equally long: the oldest open one ends, a new one begins."""
    waiting: deque[tuple[Architecture, float]] = deque()
    for number in range(1, trials + 1):
        while len(waiting) < min(OPEN, trials - number + 1):
            started = time.perf_counter()
            architecture = searcher.ask()
            waiting.append((architecture, time.perf_counter() - started))
        architecture, seconds = waiting.popleft()
        reward, objectives = landscape.observed(architecture, seed, number)
        searcher.tell(architecture, reward, objectives)
        yield SearchTrial(architecture, reward, landscape.noise_free(architecture), seconds)


@dataclass(frozen=True, slots=True)
class Record:
    """Record of a search. `best` are [trial, reward, reward without noise] where the best reward rose.

    `repeated` counts networks that were trained again, `answered` those answered from the store. `known` is the best
    reward without noise of all networks it trained.
    """

    trials: int
    best: tuple[tuple[int, float, float], ...]
    known: float
    repeated: int
    answered: int
    seconds: float
    late_seconds: float

    @classmethod
    def of(cls, trials: Sequence[SearchTrial], answered: int) -> Self:
        """Record of a search of at least one trial."""
        best: list[tuple[int, float, float]] = []
        for number, trial in enumerate(trials, start=1):
            if not best or round(trial.reward, _DIGITS) > best[-1][1]:
                best.append((number, round(trial.reward, _DIGITS), round(trial.noise_free, _DIGITS)))
        seconds = [trial.suggest_seconds for trial in trials]
        return cls(
            trials=len(trials),
            best=tuple(best),
            known=round(max(trial.noise_free for trial in trials), _DIGITS),
            repeated=len(trials) - len({trial.architecture.network_hash for trial in trials}),
            answered=answered,
            seconds=round(statistics.mean(seconds), _DIGITS),
            late_seconds=round(statistics.median(seconds[-_LATE:]), _DIGITS),
        )

    def at(self, trial: int) -> tuple[float, float]:
        """Best reward after so many trials, and that of the same network without noise."""
        _, reward, noise_free = [item for item in self.best if item[0] <= trial][-1]
        return reward, noise_free

    def write(self, path: Path) -> None:
        """Write the record atomically."""
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".tmp")
        unfinished.write_text(json.dumps(asdict(self)))
        unfinished.replace(path)

    @classmethod
    def read(cls, path: Path) -> Self:
        data: dict[str, Any] = json.loads(path.read_text())
        return cls(**data | {"best": tuple((number, seen, true) for number, seen, true in data["best"])})
