"""One search that pays for every epoch and second, and its record.

An entrant sees a curve only as it pays for it. Counted are float epochs, those with simulated quantisation, and
trainings of networks that were trained before. A training ends with the epoch after which it is stopped. Seconds are
those of the simulated trainings, which grow with FLOPs and have a fixed part a trial, and the measured ones of every
call of the entrant.
"""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol, Self, TypeVar

from benchmarks.compute.landscapes import Landscape
from nas_engine.architecture import Architecture
from nas_engine.evaluation_result import EpochResult, Evaluation, EvaluationResult

_T = TypeVar("_T")
_DIGITS = 5
Signal = Literal["accuracy", "loss"]
"""What an entrant reads of an epoch, where it reads one value."""
BUDGETS = (300, 1_000, 3_000, 10_000)
"""Epochs at which searches are compared."""


class Entrant(Protocol):
    """Search by one trainer. Calls: `begin`, `stops` after each float epoch until it returns True, `end`, and again."""

    def begin(self) -> Architecture:
        """Network to train next."""
        ...

    def stops(self, point: EpochResult) -> bool:
        """Whether the training stops after this float epoch."""
        ...

    def end(self, result: EvaluationResult | None) -> None:
        """Result of the training; None where it was stopped."""
        ...

    def incumbent(self) -> Architecture | None:
        """Network that the entrant would hand over now; None where it has none."""
        ...


@dataclass(frozen=True, slots=True)
class Handover:
    """What an entrant would hand over once `epochs` and `seconds` are spent: reward without noise, or None."""

    epochs: int
    seconds: float
    reward: float | None


@dataclass(frozen=True, slots=True)
class ComputeRecord:
    """Search by one entrant. `handovers`: after each trial at which the reward changed.

    `edition` is that of the landscape: what was found in another one cannot be compared.
    `seconds` are those spent when each of the `BUDGETS` that the search reached was.
    """

    landscape: str
    edition: str
    part: str
    entrant: str
    seed: int
    epochs: int
    trials: int
    stopped: int
    repeated: int
    thinking_seconds: float
    seconds: tuple[float, ...]
    handovers: tuple[Handover, ...]

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        return self.landscape, self.edition, self.part, self.entrant, self.seed

    def at_epochs(self, epochs: float) -> float | None:
        """Reward of the network that would be handed over after `epochs`; None where there is none yet."""
        return next((one.reward for one in reversed(self.handovers) if one.epochs <= epochs), None)

    def line(self) -> str:
        """One line of JSON."""
        handovers = [[one.epochs, one.seconds, one.reward] for one in self.handovers]
        return json.dumps(asdict(self) | {"handovers": handovers}, separators=(",", ":")) + "\n"

    @classmethod
    def parse(cls, line: str) -> Self:
        """Inverse of `line`."""
        fields: dict[str, Any] = json.loads(line)
        handovers = tuple(Handover(*one) for one in fields["handovers"])
        return cls(**fields | {"handovers": handovers, "seconds": tuple(fields["seconds"])})


def read(path: Path) -> list[ComputeRecord]:
    """Records of a file; an incomplete last line, left by an interrupted run, is ignored."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
    return [ComputeRecord.parse(line) for line in lines if line.endswith("\n")]


def write(path: Path, records: Iterable[ComputeRecord]) -> None:
    """Write all records of a file again, at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text("".join(record.line() for record in records), encoding="utf-8")
    unfinished.replace(path)


class Purse:
    """Epochs and seconds spent so far, of at most `epochs`."""

    def __init__(self, epochs: int) -> None:
        self.most_epochs = epochs
        self.epochs = 0
        self.seconds = 0.0
        self.seconds_at_budgets: list[float] = []
        self.thinking_seconds = 0.0

    @property
    def is_empty(self) -> bool:
        return self.epochs >= self.most_epochs

    def train(self, seconds: float, epochs: int = 1) -> None:
        """Pay for epochs that take so long together."""
        self.epochs += epochs
        self.seconds += seconds
        reached = sum(budget <= self.epochs for budget in BUDGETS)
        if reached > len(self.seconds_at_budgets):
            self.seconds_at_budgets.append(round(self.seconds, 2))

    def timed(self, call: Callable[[], _T]) -> _T:
        """What `call` returns; its seconds are paid for."""
        started = time.perf_counter()
        value = call()
        passed = time.perf_counter() - started
        self.seconds += passed
        self.thinking_seconds += passed
        return value


class PaidSearch:
    """A search of `landscape` by `entrant` for `epochs`."""

    def __init__(self, entrant: Entrant, landscape: Landscape, seed: int, epochs: int) -> None:
        self._entrant = entrant
        self._landscape = landscape
        self._seed = seed
        self._purse = Purse(epochs)
        self._trials = 0
        self._stopped = 0
        self._trained: set[str] = set()
        self._handovers: list[Handover] = []

    def run(self, landscape: str, edition: str, part: str, entrant: str) -> ComputeRecord:
        """Search until the epochs are spent; the training that they run out in has no result."""
        while not self._purse.is_empty:
            self._trials += 1
            self._trial()
        return ComputeRecord(
            landscape,
            edition,
            part,
            entrant,
            self._seed,
            self._purse.most_epochs,
            self._trials,
            self._stopped,
            self._trials - len(self._trained),
            round(self._purse.thinking_seconds, 3),
            tuple(self._purse.seconds_at_budgets),
            tuple(self._handovers),
        )

    def _trial(self) -> None:
        purse, entrant = self._purse, self._entrant
        architecture = purse.timed(entrant.begin)
        self._trained.add(architecture.network_hash)
        evaluation = self._landscape.train(architecture, self._seed, self._trials)
        is_stopped = self._train(evaluation)
        if is_stopped is None:
            return
        self._stopped += bool(is_stopped)
        purse.timed(lambda: entrant.end(None if is_stopped else evaluation.result))
        self._hand_over()

    def _train(self, evaluation: Evaluation) -> bool | None:
        """Whether the training was stopped; None where the epochs ran out in it."""
        purse, before = self._purse, 0.0
        for point in evaluation.curve:
            if purse.is_empty:
                return None
            purse.train(point.seconds - before)
            before = point.seconds
            if point.phase == "float" and purse.timed(partial(self._entrant.stops, point)):
                return True
        purse.train(sum(evaluation.result.seconds.values()) - before, epochs=0)
        return False

    def _hand_over(self) -> None:
        network = self._purse.timed(self._entrant.incumbent)
        reward = None if network is None else round(self._landscape.noise_free(network), _DIGITS)
        if not self._handovers or reward != self._handovers[-1].reward:
            self._handovers.append(Handover(self._purse.epochs, round(self._purse.seconds, 2), reward))
