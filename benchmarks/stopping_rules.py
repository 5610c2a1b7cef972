"""Stopping rules of the comparison, each with possible settings, the default first."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from benchmarks.stopping_peers import Hyperband, PercentilePruning
from nas_engine.early_stopping import registry
from nas_engine.early_stopping.base import StoppingRule
from nas_engine.trial_plan import QAT_EPOCHS

CONFIDENCES: Mapping[str, tuple[float, ...]] = {
    "tsgp": (0.95, 0.9, 0.8),  # each takes most of the program's time
    "exponential_decay": (0.95, 0.99, 0.9, 0.8, 0.7, 0.6),
}
_PERCENTILES = (50, 25, 75)  # of the finished trials, the upper share that goes on
_STARTUPS = (5, 20)
_REDUCTIONS = (3, 2, 4)


@dataclass(frozen=True, slots=True)
class StoppingEntrant:
    """Rule with a description of its `settings`, for trainings of a number of epochs."""

    rule: str
    settings: str
    make: StoppingRule


def entrants(epochs: int, seed: int) -> Mapping[str, tuple[StoppingEntrant, ...]]:
    """Settings by rule."""
    return {
        "tsgp": _ours("tsgp", epochs, seed),
        "exponential_decay": _ours("exponential_decay", epochs, seed),
        "median_pruning": _pruning(epochs),
        "hyperband": _hyperband(epochs, seed),
    }


def _ours(name: str, epochs: int, seed: int) -> tuple[StoppingEntrant, ...]:
    given = {"epochs": epochs, "qat_epochs": QAT_EPOCHS, "seed": seed}
    return tuple(
        StoppingEntrant(name, f"confidence {value}", registry.create(name, **given, confidence=value))
        for value in CONFIDENCES[name]
    )


def _pruning(epochs: int) -> tuple[StoppingEntrant, ...]:
    warm_ups = [round(epochs * share) for share in (0, 0.25, 0.4, 0.5, 0.65)]
    return tuple(
        StoppingEntrant(
            "median_pruning",
            f"percentile {percentile}, n_startup_trials {startup}, n_warmup_steps {warm_up}",
            PercentilePruning(percentile, startup, warm_up),
        )
        for startup, percentile, warm_up in product(_STARTUPS, _PERCENTILES, warm_ups)
    )


def _hyperband(epochs: int, seed: int) -> tuple[StoppingEntrant, ...]:
    resources = (1, round(epochs * 0.15), round(epochs * 0.25), round(epochs * 0.4))
    return tuple(
        StoppingEntrant(
            "hyperband", f"reduction_factor {factor}, min_resource {least}", Hyperband(epochs, seed, least, factor)
        )
        for factor, least in product(_REDUCTIONS, resources)
    )
