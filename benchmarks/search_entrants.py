"""Entrants of the comparison: numbers of trials and seeds, and requirements."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec

from benchmarks.search_landscapes import PENALTY
from benchmarks.search_run import Maker, OurSearcher, Searcher
from nas_engine.designers.base import DesignerSettings
from nas_engine.search_space.paper_spaces import SearchSpace

OURS = "Earshot"
_CHEAP_SEEDS, _CHEAP_TRIALS = 20, 2_000
_DEAR_SEEDS = 3


@dataclass(frozen=True, slots=True)
class SearchEntrant:
    """Entrant. `library` is its library, "" for ours; `needs` its modules; `dearness` the order, cheap ones first."""

    name: str
    title: str
    library: str
    make: Maker
    seeds: int = _CHEAP_SEEDS
    trials: int = _CHEAP_TRIALS
    dearness: int = 0
    needs: tuple[str, ...] = ()

    @property
    def missing(self) -> Sequence[str]:
        """Modules that it needs and that are not installed."""
        return [module for module in self.needs if find_spec(module) is None]

    @property
    def source(self) -> str:
        """Library and its version, if it is installed."""
        if not self.library:
            return OURS
        return self.library if self.missing else f"{self.library} {version(self.library)}"


def _ours(name: str) -> Maker:
    return partial(_our_searcher, name)


def _our_searcher(name: str, space: SearchSpace, seed: int) -> Searcher:
    return OurSearcher(name, space, seed, DesignerSettings(penalty=PENALTY))


def _peer(name: str) -> Maker:
    return partial(_peer_searcher, name)


def _peer_searcher(name: str, space: SearchSpace, seed: int) -> Searcher:
    from benchmarks import search_peers

    make: Callable[[SearchSpace, int], Searcher] = getattr(search_peers, name)
    return make(space, seed)


_OPTUNA, _VIZIER = ("optuna",), ("optuna", "vizier")  # `search_peers` loads both
ENTRANTS: tuple[SearchEntrant, ...] = (
    SearchEntrant("random", "random", "", _ours("random")),
    SearchEntrant("hyperfirefly", "HyperFirefly", "", _ours("hyperfirefly")),
    SearchEntrant("eagle", "eagle", "", _ours("eagle")),
    SearchEntrant("evolution", "evolution", "", _ours("evolution")),
    SearchEntrant("nsga2", "NSGA-II", "", _ours("nsga2")),
    SearchEntrant("gaussian_process", "Gaussian process", "", _ours("gaussian_process"), trials=300, dearness=2),
    SearchEntrant("hybrid", "hybrid", "", _ours("hybrid"), _DEAR_SEEDS, 2_000, 4),
    SearchEntrant("vizier_eagle", "Vizier eagle", "google-vizier", _peer("vizier_eagle"), needs=_VIZIER),
    SearchEntrant("optuna_nsga2", "Optuna NSGA-II", "optuna", _peer("optuna_nsga2"), needs=_OPTUNA),
    SearchEntrant("optuna_tpe", "Optuna TPE", "optuna", _peer("optuna_tpe"), dearness=1, needs=_OPTUNA),
    SearchEntrant(
        "vizier_gp_ucb_pe", "Vizier GP-UCB-PE", "google-vizier", _peer("vizier_gp_ucb_pe"), _DEAR_SEEDS, 50, 3,
        needs=_VIZIER,
    ),
    SearchEntrant(
        "optuna_gp", "Optuna GP", "optuna", _peer("optuna_gp"), trials=100, dearness=3, needs=("optuna", "torch")
    ),
)  # fmt: skip
BY_NAME = {entrant.name: entrant for entrant in ENTRANTS}
