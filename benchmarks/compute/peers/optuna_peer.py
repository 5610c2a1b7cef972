"""Optuna as its users run it: samplers with pruners, reporting each epoch's accuracy or loss, stopping at once.

They get no deduplication: a network that is suggested again is trained again.
"""

from collections.abc import Callable, Mapping

import optuna

from benchmarks.compute.spending import Signal
from benchmarks.search_landscapes import PARAMETERS, PENALTY
from nas_engine.architecture import Architecture
from nas_engine.evaluation_result import EpochResult, EvaluationResult
from nas_engine.reward import reward
from nas_engine.search_space.space import SearchSpace

SAMPLERS: Mapping[str, Callable[[int], optuna.samplers.BaseSampler]] = {
    "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed),
    "nsga2": lambda seed: optuna.samplers.NSGAIISampler(seed=seed),
    "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
}
_WARM_UPS = (0, 10, 14)  # epochs
_FIRST_RUNGS = (1, 5)  # epochs: the default, and where losses begin to be informative


def _hyperband(first_rung: int) -> Callable[[int], optuna.pruners.BasePruner]:
    return lambda epochs: optuna.pruners.HyperbandPruner(min_resource=first_rung, max_resource=epochs)


def _asha(first_rung: int) -> Callable[[int], optuna.pruners.BasePruner]:
    return lambda epochs: optuna.pruners.SuccessiveHalvingPruner(min_resource=first_rung)


def _median(warm_up: int) -> Callable[[int], optuna.pruners.BasePruner]:
    return lambda epochs: optuna.pruners.MedianPruner(n_warmup_steps=warm_up)


def _percentile(warm_up: int) -> Callable[[int], optuna.pruners.BasePruner]:
    """The quarter with the best values so far goes on."""
    return lambda epochs: optuna.pruners.PercentilePruner(25.0, n_warmup_steps=warm_up)


PRUNERS: Mapping[str, Callable[[int], optuna.pruners.BasePruner]] = {
    "none": lambda epochs: optuna.pruners.NopPruner(),
    **{f"hyperband_{epochs}": _hyperband(epochs) for epochs in _FIRST_RUNGS},
    **{f"asha_{epochs}": _asha(epochs) for epochs in _FIRST_RUNGS},
    **{f"median_{warm_up}": _median(warm_up) for warm_up in _WARM_UPS},
    **{f"percentile_{warm_up}": _percentile(warm_up) for warm_up in _WARM_UPS},
}


class OptunaEntrant:
    """Study in memory; its best finished trial is handed over.

    Accuracies are reported less Equation 1's penalty, which is known before, so that they are rewards; losses negative.
    """

    def __init__(
        self,
        space: SearchSpace,
        seed: int,
        sampler: optuna.samplers.BaseSampler,
        pruner: optuna.pruners.BasePruner,
        signal: Signal,
    ) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._space = space
        name = f"search-{seed}"  # Hyperband draws brackets from it; by default it is another one each time
        self._study = optuna.create_study(study_name=name, direction="maximize", sampler=sampler, pruner=pruner)
        self._signal = signal
        self._trial: optuna.Trial | None = None
        self._architecture: Architecture | None = None
        self._penalty = 0.0
        self._best: tuple[float, Architecture] | None = None

    def begin(self) -> Architecture:
        self._trial = trial = self._study.ask()
        self._architecture = self._space.decode(
            [
                trial.suggest_categorical(f"block_{number:02d}", range(len(position.options)))
                for number, position in enumerate(self._space.positions, start=1)
            ]
        )
        self._penalty = PENALTY(self._architecture)
        return self._architecture

    def stops(self, point: EpochResult) -> bool:
        assert self._trial is not None
        value = point.eval_accuracy - self._penalty if self._signal == "accuracy" else -point.loss
        self._trial.report(value, point.epoch)
        return self._trial.should_prune()

    def end(self, result: EvaluationResult | None) -> None:
        assert self._trial is not None
        assert self._architecture is not None
        if result is None:
            self._study.tell(self._trial, state=optuna.trial.TrialState.PRUNED)
            return
        found = reward(result.int8_accuracy, result.energy_mj, result.flash_bytes, PARAMETERS)
        self._study.tell(self._trial, found)
        if self._best is None or found > self._best[0]:
            self._best = found, self._architecture

    def incumbent(self) -> Architecture | None:
        return self._best[1] if self._best else None


def optuna_entrant(
    space: SearchSpace, seed: int, epochs: int, *, sampler: str, pruner: str, signal: Signal
) -> OptunaEntrant:
    """Entrant for trainings of `epochs` float epochs."""
    return OptunaEntrant(space, seed, SAMPLERS[sampler](seed), PRUNERS[pruner](epochs), signal)
