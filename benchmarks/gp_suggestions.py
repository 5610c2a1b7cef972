"""Time and memory of a suggestion by the Gaussian process after 20, 100, 300 and 1,000 finished trials.

    python -m benchmarks.gp_suggestions --json OUT [--trials 20 100 300 1000] [--batches 1 4]

The finished trials are those of an eagle search with simulated training, so that they concentrate where rewards are
high, as in a study. Each case runs in its own process, like a newly started worker: `first` is its first suggestion,
which compiles (or loads JAX's cache in the folder `EARSHOT_JAX_CACHE`) and fits the model from scratch; `warm` are the
following ones, each after one more outcome; `light_fit` and `full_fit` are warm ones that also update the model's
parameters (`warm_start`). `seconds` are wall time, `cpu` processor time, which is more reliable on a busy machine.
`load` is the number of runnable processes.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.memory import peak_bytes
from benchmarks.search_landscapes import PENALTY, made_up
from benchmarks.search_run import OurSearcher, search
from nas_engine.designers import registry
from nas_engine.designers.base import Designer, DesignerSettings, Outcome, State
from nas_engine.search_space.paper_spaces import SearchSpace, paper_2d

WARM = 8  # suggestions
SEED = 0
SETTINGS = DesignerSettings(penalty=PENALTY)


def measure(known: int, batch: int) -> dict[str, Any]:
    """All figures of one case, in this process."""
    space = paper_2d()
    searcher = OurSearcher("eagle", space, SEED, SETTINGS)
    outcomes = [searcher.last_outcome for _ in search(searcher, made_up(), SEED, known + WARM)]
    before, later = outcomes[:known], outcomes[known:]
    designer = registry.create("gaussian_process", space, SEED, history=before, settings=SETTINGS)
    first = _timed(designer, batch)
    _timed(designer, batch)  # both ways of choosing are compiled now, mostly
    warm = []
    for outcome in later:
        designer.update([outcome])
        warm.append(_timed(designer, batch))
    state = designer.dump()
    return {
        "trials": known,
        "batch": batch,
        "first": first,
        "warm": _summary(warm),
        "light_fit": _refitting(space, outcomes, state, batch, "fitted_at"),
        "full_fit": _refitting(space, outcomes, state, batch, "full_at"),
        "peak_rss_mb": round(peak_bytes() / 1e6),
        "load": round(os.getloadavg()[0], 1),
    }


def _refitting(
    space: SearchSpace, outcomes: Sequence[Outcome], state: State, batch: int, counter: str
) -> dict[str, float]:
    """Figures of a suggestion at which the fit named `counter` is due."""
    due = {**state, "fit": {**state["fit"], counter: 0}}
    return _timed(registry.create("gaussian_process", space, SEED, due, outcomes, SETTINGS), batch)


def _timed(designer: Designer, batch: int) -> dict[str, float]:
    started, worked = time.perf_counter(), time.process_time()
    designer.suggest(batch, [])
    return {
        "seconds": round(time.perf_counter() - started, 3),
        "cpu_seconds": round(time.process_time() - worked, 3),
    }


def _summary(timings: Sequence[dict[str, float]]) -> dict[str, float]:
    seconds = [timing["seconds"] for timing in timings]
    return {
        "median_seconds": statistics.median(seconds),
        "slowest_seconds": max(seconds),
        "median_cpu_seconds": statistics.median(timing["cpu_seconds"] for timing in timings),
    }


def _measured_alone(known: int, batch: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.gp_suggestions", "--trials", str(known), "--batches", str(batch)]
    done = subprocess.run([*command, "--here"], stdout=subprocess.PIPE, check=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--trials", type=int, nargs="+", default=[20, 100, 300, 1000])
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        print(json.dumps(measure(arguments.trials[0], arguments.batches[0])))
        return
    cases = [(known, batch) for known in arguments.trials for batch in arguments.batches]
    results = []
    for known, batch in cases:
        results.append(_measured_alone(known, batch))
        print(json.dumps(results[-1]), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps({"cases": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
