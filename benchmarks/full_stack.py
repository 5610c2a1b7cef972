"""A long study through the real stack, with restarts and simulated training.

    python -m benchmarks.full_stack --json OUT [--trials 2000] [--switch-at 1000] [--workers 4] [--restarts 2]
        [--designer hybrid] [--report-seconds 0] [--compare]

Embedded PostgreSQL, queue, web server, search workers, trainers and reaper run as under `manage.py up`. Restarts are at
equal distances, alternately a stop (SIGINT) and a crash (kill -9, children included).
Reported: seconds; whether every trial is accounted for; response times of the study's page meanwhile; processor time by
process. `--compare` runs the same study again, undisturbed, and compares architectures and rewards: they are equal
if there is one worker; with several, the order in which trials end determines the designer's data.
"""

import argparse
import json
import os
import statistics
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.simulated_study import (
    Settings,
    Visitor,
    account_of,
    add_few_sounds,
    sequence_of,
    simulating,
    start_study,
    wait_until_ended,
)
from benchmarks.throw_away import data_folder


def run(name: str, settings: Settings, workers: int, report_seconds: float, restarts: int) -> dict[str, Any]:
    """One study from its start to its end, with `restarts` restarts."""
    began, study_id, visitor, processor = time.monotonic(), 0, None, Counter[str]()
    stages = [settings.trials * part // (restarts + 1) for part in range(restarts + 2)]
    for life, (_, until) in enumerate(pairwise(stages)):
        with simulating(workers, report_seconds) as machine:
            if visitor is None:
                study_id = start_study(name, settings)
                visitor, began = Visitor(study_id), time.monotonic()
            with visitor.looking_at(machine):
                wait_until_ended(study_id, until)
            processor.update(machine.processor_seconds())
            if until == settings.trials:
                seconds = time.monotonic() - began
                account, sequence = account_of(study_id), sequence_of(study_id)
            elif life % 2:
                machine.kill()
    assert visitor is not None
    return {
        "seconds": round(seconds, 1),
        "restarts": restarts,
        **account,
        "page": {
            "loaded": len(visitor.seconds),
            "failures": visitor.failures,
            "median_ms": round(1e3 * statistics.median(visitor.seconds or [0.0])),
            "slowest_ms": round(1e3 * max(visitor.seconds, default=0.0)),
        },
        "processor_seconds": {name: round(value, 1) for name, value in processor.items()},
        "sequence": sequence,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--trials", type=int, default=2_000)
    parser.add_argument("--designer", default="hybrid")
    parser.add_argument("--switch-at", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=4, help="training workers")
    parser.add_argument("--report-seconds", type=float, default=0.0, help="a simulated trial sleeps ten times as long")
    parser.add_argument("--restarts", type=int, default=2)
    parser.add_argument("--compare", action="store_true", help="run the study without restarts as well")
    given = parser.parse_args()
    settings = Settings(given.trials, given.designer, given.switch_at)
    result: dict[str, Any] = {"trials": given.trials, "workers": given.workers, "load_before": os.getloadavg()}
    with data_folder() as folder:
        with simulating(0, 0.0):
            add_few_sounds(folder / "clips")
        result["study"] = run("restarted", settings, given.workers, given.report_seconds, given.restarts)
        sequence = result["study"].pop("sequence")
        if given.compare:
            result["undisturbed"] = run("undisturbed", settings, given.workers, given.report_seconds, 0)
            other = result["undisturbed"].pop("sequence")
            result["same_sequence"] = sequence == other
    result["load_after"] = os.getloadavg()
    given.json.write_text(json.dumps(result, indent=1))
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
