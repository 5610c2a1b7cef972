"""Three-objective Pareto fronts of 10,000 points: ours and other libraries', in time and in what a NaN does to them.

    python -m benchmarks.pareto_fronts --json benchmarks/results/pareto_fronts.json [--peers FOLDER]

The peers (moocore, Optuna, pymoo, paretoset) are no dependencies. `--peers` names the folder of packages of an
environment of their own, which is searched last, so that all run on one NumPy. Without it only ours are measured.
Times are seconds of the processor, which other programs of the machine hardly change; each is the best of `REPEATS`,
or of as many as fit in `MOST_SECONDS`.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.search_landscapes import made_up
from nas_engine.pareto import Points, front

POINTS = 10_000
REPEATS = 9
MOST_SECONDS = 3.0
Mask = NDArray[np.bool_]
Front = Callable[[Points], Mask]
"""Points [n, 3], of which less is better in each objective, to a mask [n]."""


def point_sets() -> dict[str, Points]:
    """Points [n, 3] to minimise: few, a thousand and all of them on the front, and simulated trials."""
    generator = np.random.default_rng(0)
    directions = np.abs(generator.normal(size=(POINTS, 3)))
    sphere = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    return {
        "uniform": generator.random((POINTS, 3)),
        "trade_off": -sphere * (1 - 0.2 * generator.random((POINTS, 1))),
        "all_on_front": -sphere,
        "simulated_trials": _simulated_trials(generator),
    }


def _simulated_trials(generator: np.random.Generator) -> Points:
    """Error, energy in mJ and flash in bytes of networks drawn from the paper's space, on the synthetic landscape."""
    landscape = made_up()
    found = (landscape.observed(landscape.space.sample(generator), 0, number)[1] for number in range(POINTS))
    return np.array([(1 - one.int8_accuracy, one.energy_mj, one.flash_bytes) for one in found], dtype=np.float64)


def ours(points: Points) -> Mask:
    return front(points, (False, False, False))


def peers() -> dict[str, Front]:
    """Those of the other libraries, by name and version."""
    import moocore
    from optuna.study._multi_objective import _is_pareto_front
    from paretoset import paretoset
    from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

    def by_pymoo(points: Points) -> Mask:
        mask = np.zeros(len(points), dtype=bool)
        mask[NonDominatedSorting().do(points, only_non_dominated_front=True)] = True
        return mask

    found: dict[str, Front] = {
        "moocore": lambda points: moocore.is_nondominated(points, keep_weakly=True),
        "optuna": lambda points: _is_pareto_front(points, assume_unique_lexsorted=False),
        "pymoo": by_pymoo,
        "paretoset": lambda points: paretoset(points, distinct=False, use_numba=False),
    }
    return {f"{name} {version(name)}": one for name, one in found.items()}


def timed(find: Front, points: Points, known: Mask) -> dict[str, Any]:
    """Least milliseconds of the processor, the first run also warms up; points on the front, and whether it is ours."""
    times: list[float] = []
    while len(times) < REPEATS and sum(times) < MOST_SECONDS:
        started = time.process_time()
        mask = find(points)
        times.append(time.process_time() - started)
    return {"ms": round(min(times) * 1e3, 2), "on_front": int(mask.sum()), "as_ours": bool((mask == known).all())}


def lost_to_nan(find: Front) -> int | str:
    """How many of a front's points leave it when points with a NaN come, or the error that these cause."""
    points = np.random.default_rng(1).random((1_000, 3))
    unknown = np.full((3, 3), -1.0)
    unknown[range(3), range(3)] = np.nan
    try:
        return int((find(points) & ~find(np.concatenate((points, unknown)))[: len(points)]).sum())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def measure(entrants: Mapping[str, Front], sets: Mapping[str, Points]) -> dict[str, Any]:
    """By set and by entrant: milliseconds, points on the front, and whether the front is ours."""
    rows: dict[str, dict[str, Any]] = {name: {} for name in sets}
    for set_name, points in sets.items():
        known = ours(points)
        for name, find in entrants.items():
            rows[set_name][name] = timed(find, points, known)
            print(f"{set_name}, {name}: {rows[set_name][name]}", flush=True)
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--peers", type=Path, help="site-packages of an environment with the peers")
    arguments = parser.parse_args()
    entrants: dict[str, Front] = {"ours": ours}
    if arguments.peers:
        sys.path.append(str(arguments.peers))
        entrants |= peers()
    found = {
        "points": POINTS,
        "repeats": REPEATS,
        "numpy": version("numpy"),
        "fronts": measure(entrants, point_sets()),
        "lost_to_nan": {name: lost_to_nan(find) for name, find in entrants.items()},
    }
    arguments.json.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
