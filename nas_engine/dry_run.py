"""What a study with given settings may bring and take, found out by simulating it: nothing is trained.

The designer is the real one, and suggestions, screening and repetitions are handled as in a study; what training
brings and how long it takes comes from `replay` or `recorded`. Time is counted, not waited for: trainers take the next
trial as soon as one ends, and as many trials are open as in a study, so that designers know as little as they would.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.designers import registry
from nas_engine.designers.base import DesignerSettings, NothingPasses, Objectives, Outcome, SpaceExhausted, Suggestion
from nas_engine.designers.deduplication import fill
from nas_engine.energy.prior import predict_energy_mj
from nas_engine.replay import Simulate, SimulatedPlan
from nas_engine.reward import RewardParameters, reward
from nas_engine.screening import HardLimits, screen_of
from nas_engine.search_space import SearchSpace

OPEN_PER_TRAINER = 2  # one in training, one waiting
FEWEST_OPEN = 2


@dataclass(frozen=True, slots=True)
class DryRunSettings:
    """A study's settings as far as a simulation depends on them. Raises ValueError naming the one that is wrong.

    `designer` is one of `registry.NAMES`. A search is simulated for each number of `workers` with each of the seeds
    `seed`, `seed` + 1, ...; what exceeds `limits`, and what cannot be built, is refused before it is trained.
    """

    space: SearchSpace
    designer: str
    budget: int
    rewards: RewardParameters = field(default_factory=RewardParameters)
    limits: HardLimits = field(default_factory=HardLimits)
    trial_epochs: int = 45
    qat_epochs: int = 4
    workers: tuple[int, ...] = (1, 4, 16)
    seed: int = 0
    seeds: int = 5
    designer_settings: DesignerSettings = registry.DEFAULT_SETTINGS

    def __post_init__(self) -> None:
        for name in ("budget", "trial_epochs", "seeds"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if not self.workers or min(self.workers) < 1:
            raise ValueError(f"workers must be numbers of at least 1, not {self.workers}")


@dataclass(frozen=True, slots=True)
class SimulatedTrial:
    """A trial that has ended; begin and end in seconds after the study began, all of them spent on the trial."""

    number: int
    architecture: Architecture
    reward: float
    epochs: int
    begun_seconds: float
    ended_seconds: float


@dataclass(frozen=True, slots=True)
class SimulatedSearch:
    """One search: its trials in the order in which they ended, how many suggestions were refused and repeated.

    `ended_early` says why the budget was not used up; "" where it was.
    """

    trials: tuple[SimulatedTrial, ...]
    refused: int
    duplicates_answered: int
    ended_early: str = ""

    @property
    def best_rewards(self) -> tuple[float, ...]:
        """The best reward after 1, 2, ... trials."""
        return tuple(np.maximum.accumulate([trial.reward for trial in self.trials]).tolist())

    @property
    def training_seconds(self) -> float:
        """Of all trainers together."""
        return sum(trial.ended_seconds - trial.begun_seconds for trial in self.trials)

    @property
    def wall_seconds(self) -> float:
        """From the first trial's beginning to the last one's end."""
        return max((trial.ended_seconds for trial in self.trials), default=0.0)


@dataclass(frozen=True, slots=True)
class Quartiles:
    """Of the simulated searches with different seeds."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True)
class Expectation:
    """What to expect of a study with `workers` trainers. Everything is simulated.

    `best_rewards[n]` is after n + 1 trials; it ends with the shortest search. `trials` and `ended_early` are of the
    searches by seed.
    """

    workers: int
    best_rewards: tuple[Quartiles, ...]
    training_seconds: Quartiles
    wall_seconds: Quartiles
    refused: Quartiles
    duplicates_answered: Quartiles
    trials: tuple[int, ...]
    ended_early: tuple[str, ...]


def dry_run(
    settings: DryRunSettings, simulate: Callable[[int], Simulate], enough: Callable[[], bool] = lambda: False
) -> Mapping[int, Expectation]:
    """By number of workers, what to expect. `simulate(seed)` makes what stands for training in the search `seed`.

    A simulation that may have one of several landscapes should take another for each seed, so that the quartiles show
    what is not known. After each seed, `enough()` may end the dry run with fewer than were wanted. Raises ValueError
    for an unknown designer.
    """
    searches: dict[int, list[SimulatedSearch]] = {workers: [] for workers in settings.workers}
    for seed in range(settings.seed, settings.seed + settings.seeds):
        training = simulate(seed)
        for workers, found in searches.items():
            found.append(search(settings, workers, seed, training))
        if enough():
            break
    return {workers: expectation(workers, found) for workers, found in searches.items()}


def expectation(workers: int, searches: Sequence[SimulatedSearch]) -> Expectation:
    """Median and quartiles of searches with `workers` trainers, at least one of them."""
    shortest = min(len(run.trials) for run in searches)
    return Expectation(
        workers=workers,
        best_rewards=tuple(_quartiles([run.best_rewards[n] for run in searches]) for n in range(shortest)),
        training_seconds=_quartiles([run.training_seconds for run in searches]),
        wall_seconds=_quartiles([run.wall_seconds for run in searches]),
        refused=_quartiles([run.refused for run in searches]),
        duplicates_answered=_quartiles([run.duplicates_answered for run in searches]),
        trials=tuple(len(run.trials) for run in searches),
        ended_early=tuple(run.ended_early for run in searches),
    )


def search(settings: DryRunSettings, workers: int, seed: int, simulate: Simulate) -> SimulatedSearch:
    """Simulate one search with `workers` trainers; equal arguments give an equal search.

    Suggestions cost no time: they are prepared while trainers train, which holds where a suggestion takes less than a
    trial divided by the workers.
    """
    run = _Search(settings, workers, seed, simulate)
    return SimulatedSearch(tuple(run.trials()), run.refused, run.duplicates_answered, run.ended_early)


class _Search:
    """One search while it goes on: who trains what until when, and what waits."""

    def __init__(self, settings: DryRunSettings, workers: int, seed: int, simulate: Simulate) -> None:
        self.refused = 0
        self.duplicates_answered = 0
        self.ended_early = ""
        self._settings = settings
        self._workers = workers
        self._seed = seed
        self._simulate = simulate
        self._screen = screen_of(settings.limits, lambda counted: predict_energy_mj(counted).energy_mj)
        self._designer = registry.create(settings.designer, settings.space, seed, settings=settings.designer_settings)
        self._finished: dict[str, Outcome] = {}
        self._waiting: deque[tuple[int, Suggestion]] = deque()
        self._running: list[tuple[float, int, Outcome, SimulatedTrial]] = []  # a heap by the time of their ends
        self._requested = 0
        self._numbered = 0  # trials and refused ones, as a study counts them

    def trials(self) -> Iterator[SimulatedTrial]:
        """Trials as they end, until the budget is spent or no suggestion can be had."""
        now_seconds = 0.0
        while self._request() or self._waiting or self._running:
            while self._waiting and len(self._running) < self._workers:
                self._start(now_seconds)
            if not self._running:
                return
            now_seconds, _, outcome, trial = heapq.heappop(self._running)
            self._finished[outcome.architecture.hash] = outcome
            self._designer.update([outcome])
            yield trial

    def _request(self) -> bool:
        """Have as many trials open as a study would; whether any was added."""
        target = max(FEWEST_OPEN, OPEN_PER_TRAINER * self._workers)
        missing = target - len(self._waiting) - len(self._running)
        count = min(missing, self._settings.budget - self._requested)
        if count < 1 or self.ended_early:
            return False
        pending = [suggestion.architecture for _, suggestion in self._waiting]
        pending += [outcome.architecture for _, _, outcome, _ in self._running]
        try:
            filled = fill(
                self._designer,
                count,
                space=self._settings.space,
                finished=self._finished,
                pending=pending,
                rng=np.random.default_rng([self._seed, self._numbered]),
                screen=self._screen,
                next_number=self._numbered + 1,
            )
        except (SpaceExhausted, NothingPasses) as error:
            return self._give_up(error)
        self.duplicates_answered += filled.duplicates_answered
        for refused in filled.refused:
            self._remember_refused(refused.outcome)
        for suggestion in filled.suggestions:
            self._requested += 1
            self._numbered += 1
            self._waiting.append((self._numbered, suggestion))
        return True

    def _give_up(self, error: SpaceExhausted | NothingPasses) -> bool:
        """End the search, unless a trial is open: its result may bring neighbours that pass. Always False."""
        for refused in getattr(error, "refused", ()):
            self._remember_refused(refused.outcome)
        if not (self._waiting or self._running):
            self.ended_early = str(error)
        return False

    def _remember_refused(self, outcome: Outcome) -> None:
        self.refused += 1
        self._numbered += 1
        self._finished[outcome.architecture.hash] = outcome

    def _start(self, now_seconds: float) -> None:
        number, suggestion = self._waiting.popleft()
        settings = self._settings
        seed = int(np.random.SeedSequence([self._seed, number]).generate_state(1)[0])
        plan = SimulatedPlan(settings.trial_epochs, settings.qat_epochs, seed)
        evaluation = self._simulate(suggestion.architecture, plan)
        measured = evaluation.measurement
        trial = SimulatedTrial(
            number,
            suggestion.architecture,
            reward(measured.int8_accuracy, measured.energy_mj, measured.flash_bytes, settings.rewards),
            len(evaluation.curve),
            now_seconds,
            now_seconds + sum(measured.seconds.values()),
        )
        objectives = Objectives(measured.int8_accuracy, measured.energy_mj, measured.flash_bytes)
        outcome = Outcome(number, suggestion.architecture, trial.reward, suggestion.metadata, objectives)
        heapq.heappush(self._running, (trial.ended_seconds, number, outcome, trial))


def _quartiles(values: Sequence[float]) -> Quartiles:
    low, median, high = np.quantile(values, (0.25, 0.5, 0.75))
    return Quartiles(float(low), float(median), float(high))
