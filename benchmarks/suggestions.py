"""Time of the next suggestion in a search worker, with history and saving, by number of finished trials.

    python -m benchmarks.suggestions --json OUT [--designers hyperfirefly ...] [--finished 300 1000] [--repeats 20]

On a real PostgreSQL with the real queue; rows are the tests' (results simulated, shapes real). Each repeat ends a trial
and times `suggest_for`, which reads the history, updates the designer, requests suggestions, checks them, saves trials
and state, and offers them to the queue. `history_ms` is the reading alone, `designer_ms` requests and checks. Medians
and maxima of wall time; the first suggestion, which loads and compiles, is reported separately.
"""

import argparse
import json
import os
import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks.throw_away import database


def measure(designer: str, finished: int, repeats: int) -> dict[str, Any]:
    from tests.webapp.factories import make_study
    from webapp.worker import suggesting

    study = make_study(completed=finished, designer=designer, state="RUNNING", trial_budget=2 * finished + 100)
    first_ms = _timed(lambda: suggesting.suggest_for(study.pk))
    request_ms: list[float] = []
    fill = suggesting._fill
    suggesting._fill = lambda *given: _noted(request_ms, lambda: fill(*given))
    whole, reading, processor = [], [], []
    for _ in range(repeats):
        _end_one_trial(study)
        before = time.process_time()
        whole.append(_timed(lambda: suggesting.suggest_for(study.pk)))
        processor.append(1e3 * (time.process_time() - before))
        reading.append(_timed(lambda: suggesting.history_of(study, suggesting._memory)))
    suggesting._fill = fill
    study.refresh_from_db()
    return {
        "first_ms": round(first_ms),
        "whole_ms": round(statistics.median(whole), 1),
        "slowest_ms": round(max(whole), 1),
        "processor_ms": round(statistics.median(processor), 1),
        "history_ms": round(statistics.median(reading), 1),
        "designer_ms": round(statistics.median(request_ms), 1),
        "state_bytes": len(json.dumps(study.designer_state)),
    }


def _end_one_trial(study: Any) -> None:
    from nas_engine.simulation.simulated_evaluation import simulate
    from webapp.services import trials
    from webapp.translation import architecture

    trial = study.trials.filter(state="REQUESTED").order_by("number").first()
    trials.claim(trial_id=trial.pk, worker="bench")
    evaluation = simulate(architecture(trial.architecture))
    trials.complete(trial_id=trial.pk, worker="bench", evaluation=evaluation, tflite_name="tflite/1.tflite")


def _timed(work: Any) -> float:
    began = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - began)


def _noted(times: list[float], work: Any) -> Any:
    began = time.perf_counter()
    answer = work()
    times.append(1e3 * (time.perf_counter() - began))
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--designers", nargs="+", default=["hyperfirefly", "gaussian_process"])
    parser.add_argument("--finished", nargs="+", type=int, default=[300, 1_000])
    parser.add_argument("--repeats", type=int, default=20)
    given = parser.parse_args()
    with database():
        result = {
            designer: {finished: measure(designer, finished, given.repeats) for finished in given.finished}
            for designer in given.designers
        }
    given.json.write_text(json.dumps({"load": os.getloadavg(), "by_finished_trials": result}, indent=1))
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
