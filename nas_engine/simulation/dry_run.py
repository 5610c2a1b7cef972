"""Dry run of a study: expected rewards and durations from simulated searches, without training.

The designer is the real one, and suggestions, constraints and repetitions are handled as in a study; results and
durations of trainings come from `simulated_evaluation` or `recorded_trainings`. Time is simulated: trainers take the
next trial as soon as one ends, and as many trials are open as in a study, so that designers know as little as they
would. The stopping rule is the real one, too, and sees each curve epoch by epoch, with the trials that have ended by
then. Where it has a finished network confirmed, this is a trial of the budget, as in a study.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.constraints import Constraints, EnergyFunction, constraint_check, penalty_of
from nas_engine.cost import cost
from nas_engine.designers import registry
from nas_engine.designers.base import DesignerSettings, NothingFeasible, Outcome, SpaceExhausted, Suggestion
from nas_engine.designers.deduplication import fill
from nas_engine.early_stopping import registry as stopping_registry
from nas_engine.early_stopping.base import Curve, StoppingRule
from nas_engine.energy.estimators.analytical import analytical_energy_mj
from nas_engine.evaluation_result import Evaluation
from nas_engine.reward import RewardParameters
from nas_engine.search_space.paper_spaces import SearchSpace
from nas_engine.simulation.simulated_evaluation import Simulate, SimulatedPlan, on_streams
from nas_engine.simulation.simulated_trials import SimulatedSearch, SimulatedTraining, SimulatedTrial
from nas_engine.trial_plan import QAT_EPOCHS, TRIAL_EPOCHS, open_trials


@dataclass(frozen=True, slots=True)
class DryRunSettings:
    """Settings of a study that a simulation depends on. Raises ValueError naming the one that is wrong.

    `designer` is one of `registry.NAMES`, `early_stopping` one of `early_stopping.registry.NAMES`. A search is
    simulated for each number of `workers` with each of the seeds `seed`, `seed` + 1, ...; suggestions that
    violate `limits` or cannot be built are not trained. `energy_mj` estimates the energy of every network.
    With `on_streams` rewards take the simulated accuracy on streams (`simulated_evaluation.on_streams`).
    """

    space: SearchSpace
    designer: str
    budget: int
    rewards: RewardParameters = field(default_factory=RewardParameters)
    limits: Constraints = field(default_factory=Constraints)
    energy_mj: EnergyFunction = analytical_energy_mj
    trial_epochs: int = TRIAL_EPOCHS
    qat_epochs: int = QAT_EPOCHS
    early_stopping: str = "none"
    stop_confidence: float = 0.95
    workers: tuple[int, ...] = (1, 4, 16)
    seed: int = 0
    seeds: int = 5
    designer_settings: DesignerSettings = registry.DEFAULT_SETTINGS
    on_streams: bool = False

    def __post_init__(self) -> None:
        for name in ("budget", "trial_epochs", "seeds"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if not self.workers or min(self.workers) < 1:
            raise ValueError(f"workers must be numbers of at least 1, not {self.workers}")
        self.stopping_rule(self.seed)

    def stopping_rule(self, seed: int) -> StoppingRule | None:
        """Stopping rule of the search `seed`; None where every training runs to its end."""
        rule = stopping_registry.create(
            self.early_stopping,
            epochs=self.trial_epochs,
            qat_epochs=self.qat_epochs,
            confidence=self.stop_confidence,
            seed=seed,
            is_linked=self.on_streams,
        )
        return None if self.early_stopping == "none" else rule


@dataclass(frozen=True, slots=True)
class Quartiles:
    """Quartiles of one quantity over the simulated searches with different seeds, in its unit."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True)
class Expectation:
    """Expected course of a study with `workers` trainers, from simulated searches.

    `best_rewards[n]` is after n + 1 trials, up to the length of the shortest search. `saved_seconds` is the training
    time saved by early stopping, `saved_share` (0..1) its share of training the same trials to their ends. `stopped`,
    `violating` and `duplicates_answered` are numbers of trials. `trials` and `ended_early` are per search, by seed.
    """

    workers: int
    best_rewards: tuple[Quartiles, ...]
    training_seconds: Quartiles
    wall_seconds: Quartiles
    saved_seconds: Quartiles
    saved_share: Quartiles
    stopped: Quartiles
    violating: Quartiles
    duplicates_answered: Quartiles
    trials: tuple[int, ...]
    ended_early: tuple[str, ...]


def dry_run(
    settings: DryRunSettings, simulate: Callable[[int], Simulate], enough: Callable[[], bool] = lambda: False
) -> Mapping[int, Expectation]:
    """Expectation by number of workers. `simulate(seed)` returns the simulated training of the search `seed`.

    A simulation with several possible landscapes should use another for each seed, so that the quartiles include its
    uncertainty. After each seed, `enough()` may end the dry run with fewer seeds than set. Raises ValueError for an
    unknown designer.
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
    """Median and quartiles of at least one search with `workers` trainers."""
    shortest = min(len(run.trials) for run in searches)
    return Expectation(
        workers=workers,
        best_rewards=tuple(_quartiles([run.best_rewards[n] for run in searches]) for n in range(shortest)),
        training_seconds=_quartiles([run.training_seconds for run in searches]),
        wall_seconds=_quartiles([run.wall_seconds for run in searches]),
        saved_seconds=_quartiles([run.saved_seconds for run in searches]),
        saved_share=_quartiles([run.saved_share for run in searches]),
        stopped=_quartiles([len(run.stopped) for run in searches]),
        violating=_quartiles([run.violating for run in searches]),
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
    return SimulatedSearch(tuple(run.trials()), run.violating, run.duplicates_answered, run.ended_early)


class _Waiting(NamedTuple):
    """Requested trial that no trainer has begun."""

    number: int
    suggestion: Suggestion
    is_confirmation: bool


class _Search:
    """State of one simulated search: running trainings, waiting suggestions, finished trials."""

    def __init__(self, settings: DryRunSettings, workers: int, seed: int, simulate: Simulate) -> None:
        self.violating = 0
        self.duplicates_answered = 0
        self.ended_early = ""
        self._settings = settings
        self._workers = workers
        self._seed = seed
        self._simulate = simulate
        self._check = constraint_check(settings.limits, settings.energy_mj)
        penalty = penalty_of(settings.rewards, settings.energy_mj, settings.limits)
        by_compute = settings.early_stopping in stopping_registry.BY_COMPUTE
        designer_settings = replace(settings.designer_settings, penalty=penalty, by_compute=by_compute)
        self._designer = registry.create(settings.designer, settings.space, seed, settings=designer_settings)
        self._finished: dict[str, Outcome] = {}
        self._waiting: deque[_Waiting] = deque()
        self._rule = settings.stopping_rule(seed)
        self._ended: list[Curve] = []
        self._running: list[tuple[float, int, SimulatedTraining]] = []  # a heap by their next moments
        self._requested = 0
        self._numbered = 0  # trials and violating suggestions, as a study counts them

    def trials(self) -> Iterator[SimulatedTrial]:
        """Trials as they end, until the budget is spent or no suggestion can be had."""
        now_seconds = 0.0
        while self._request() or self._waiting or self._running:
            while self._waiting and len(self._running) < self._workers:
                self._start(now_seconds)
            if not self._running:
                return
            now_seconds, number, training = heapq.heappop(self._running)
            if not training.advance(self._ended):
                heapq.heappush(self._running, (training.moment_seconds, number, training))
                continue
            self._ended.append(training.curve)
            if not training.is_confirmation:
                self._finished[training.outcome.architecture.hash] = training.outcome
                self._designer.update([training.outcome])
            yield training.trial

    def _request(self) -> bool:
        """Open as many trials as a study would; returns whether any was added."""
        missing = open_trials(self._workers) - len(self._waiting) - len(self._running)
        count = min(missing, self._settings.budget - self._requested)
        if count < 1 or self.ended_early:
            return False
        pending = [waiting.suggestion.architecture for waiting in self._waiting]
        pending += [training.suggestion.architecture for _, _, training in self._running]
        if (confirmed := self._to_confirm(pending)) is not None:
            self._wait(Suggestion(confirmed), is_confirmation=True)
            self._request()  # what else is missing
            return True
        try:
            filled = fill(
                self._designer,
                count,
                space=self._settings.space,
                finished=self._finished,
                pending=pending,
                rng=np.random.default_rng([self._seed, self._numbered]),
                check=self._check,
                next_number=self._numbered + 1,
            )
        except (SpaceExhausted, NothingFeasible) as error:
            return self._give_up(error)
        self.duplicates_answered += filled.duplicates_answered
        for violating in filled.violating:
            self._remember_violating(violating.outcome)
        for suggestion in filled.suggestions:
            self._wait(suggestion)
        return True

    def _to_confirm(self, pending: Sequence[Architecture]) -> Architecture | None:
        """Finished network that the rule would train again before a new one."""
        if self._rule is None:
            return None
        network = stopping_registry.to_confirm(self._rule, self._ended, {waiting.hash for waiting in pending})
        return None if network is None else self._finished[network].architecture

    def _wait(self, suggestion: Suggestion, *, is_confirmation: bool = False) -> None:
        self._requested += 1
        self._numbered += 1
        self._waiting.append(_Waiting(self._numbered, suggestion, is_confirmation))

    def _give_up(self, error: SpaceExhausted | NothingFeasible) -> bool:
        """End the search unless a trial is open, whose result may have feasible neighbours. Always returns False."""
        for violating in getattr(error, "violating", ()):
            self._remember_violating(violating.outcome)
        if not (self._waiting or self._running):
            self.ended_early = str(error)
        return False

    def _remember_violating(self, outcome: Outcome) -> None:
        self.violating += 1
        self._numbered += 1
        self._finished[outcome.architecture.hash] = outcome

    def _start(self, now_seconds: float) -> None:
        number, suggestion, is_confirmation = self._waiting.popleft()
        settings = self._settings
        seed = int(np.random.SeedSequence([self._seed, number]).generate_state(1)[0])
        plan = SimulatedPlan(settings.trial_epochs, settings.qat_epochs, seed)
        evaluation = self._re_estimated(self._simulate(suggestion.architecture, plan), suggestion)
        if settings.on_streams:
            evaluation = on_streams(evaluation)
        training = SimulatedTraining(
            number, suggestion, evaluation, now_seconds, settings.rewards, self._rule, is_confirmation=is_confirmation
        )
        heapq.heappush(self._running, (training.moment_seconds, number, training))

    def _re_estimated(self, evaluation: Evaluation, suggestion: Suggestion) -> Evaluation:
        energy_mj = self._settings.energy_mj(cost(suggestion.architecture))
        return replace(evaluation, result=replace(evaluation.result, energy_mj=energy_mj))


def _quartiles(values: Sequence[float]) -> Quartiles:
    low, median, high = np.quantile(values, (0.25, 0.5, 0.75))
    return Quartiles(float(low), float(median), float(high))
