"""Importances of choices and those of Optuna and scikit-learn on a known truth: `python -m benchmarks.importances`.

Networks are drawn from the paper's space; the filters of the first block make 60 % of the variance of the results, the
kind of the sixth 20 %, the rest is noise. The second table is of noise alone. Optuna is of requirements-bench.txt.
"""

import time
import warnings
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import permutation_importance

from nas_engine.search_space.paper_spaces import PAPER_2D
from nas_engine.statistics.explanation.factors import Factors, factors_of
from nas_engine.statistics.explanation.importance import importances

NETWORKS = (100, 500, 2_000)
REPEATS = 5
TRUTH = ((0, "filters", 0.6), (5, "kind", 0.2))
Values = NDArray[np.float64]
Method = Callable[[NDArray[np.int16], Factors, Values], Values]


def ours(codes: NDArray[np.int16], factors: Factors, results: Values) -> Values:
    """Shares of the cross-fitted additive model."""
    (found,) = importances(codes, [len(one.levels) for one in factors.factors], results[:, None])
    return np.array([share.value for share in found.shares]) if found else np.zeros(codes.shape[1])


def forest(codes: NDArray[np.int16], factors: Factors, results: Values) -> Values:
    """Permutation importance (scikit-learn) of held-back networks in a forest, as a share of the variance."""
    train = len(codes) * 2 // 3
    grown = RandomForestRegressor(100, random_state=0).fit(codes[:train], results[:train])
    found = permutation_importance(grown, codes[train:], results[train:], n_repeats=5, random_state=0)
    return np.asarray(found.importances_mean) / 2  # a permuted factor costs twice its variance


def ped_anova(codes: NDArray[np.int16], factors: Factors, results: Values) -> Values:
    """Optuna's PED-ANOVA, which states what the best tenth of the networks owe to each choice; shares of 1."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    names = [f"{one.position} {one.aspect}" for one in factors.factors]
    spaces = {
        name: optuna.distributions.CategoricalDistribution((-1, *range(len(one.levels))))
        for name, one in zip(names, factors.factors, strict=True)
    }
    study = optuna.create_study(direction="maximize")
    study.add_trials(
        [
            optuna.trial.create_trial(params=dict(zip(names, row, strict=True)), distributions=spaces, value=value)
            for row, value in zip(codes.tolist(), results.tolist(), strict=True)
        ]
    )
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return np.array([found.get(name, 0.0) for name in names])


METHODS: dict[str, Method] = {"ours": ours, "permutation": forest, "PED-ANOVA": ped_anova}


def drawn(networks: int, seed: int, factors: Factors, *, noise_alone: bool) -> tuple[NDArray[np.int16], Values]:
    """Codes and results of networks drawn uniformly."""
    rng = np.random.default_rng(seed)
    sizes = [len(position.options) for position in PAPER_2D.search_space().positions]
    codes = factors.codes(np.stack([rng.integers(size, size=networks) for size in sizes], axis=1).astype(np.int16))
    if noise_alone:
        return codes, rng.normal(size=networks)
    results = rng.normal(0, 0.2**0.5, networks)
    for index, share in indices(factors):
        values = np.linspace(-1, 1, len(factors.factors[index].levels))
        of_options = values[factors.codes_of_options[index]]
        results += (share / of_options.var()) ** 0.5 * (values[codes[:, index]] - of_options.mean())
    return codes, results


def indices(factors: Factors) -> Iterator[tuple[int, float]]:
    """Indices of the factors of `TRUTH`, with their shares."""
    for position, aspect, share in TRUTH:
        yield next(i for i, f in enumerate(factors.factors) if (f.position, f.aspect) == (position, aspect)), share


def row(name: str, networks: int, factors: Factors, *, noise_alone: bool) -> str:
    """A line: means over the repeats of both true shares and of the greatest other, and the seconds of one call."""
    found, seconds = [], []
    for seed in range(REPEATS):
        codes, results = drawn(networks, seed, factors, noise_alone=noise_alone)
        begin = time.thread_time()
        found.append(METHODS[name](codes, factors, results))
        seconds.append(time.thread_time() - begin)
    values = np.array(found)
    true = [index for index, _ in indices(factors)]
    others = np.delete(values, true, axis=1).max(axis=1)
    cells = [*values[:, true].mean(axis=0), others.mean()]
    return f"{name:12} {networks:6,} " + " ".join(f"{value:8.3f}" for value in cells) + f" {np.median(seconds):8.2f} s"


def main() -> None:
    warnings.filterwarnings("ignore")
    factors = factors_of(PAPER_2D.search_space())
    for noise_alone in (False, True):
        print("noise alone" if noise_alone else "truth: 0.600 and 0.200, others 0")
        print("method       networks    first    sixth  greatest other, processor time")
        for name in METHODS:
            for networks in NETWORKS:
                print(row(name, networks, factors, noise_alone=noise_alone), flush=True)


if __name__ == "__main__":
    main()
