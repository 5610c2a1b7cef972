"""Time of a data worker for the report of a study of 2,000 trials, and the size of its files.

    python -m benchmarks.report --json OUT

Rows are the tests' (results simulated, shapes real): finalists, baselines, openings and runs besides 2,000 trials.
"""

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

from benchmarks.throw_away import database

TRIALS = 2_000
REPEATS = 3


def measure() -> dict[str, Any]:
    from tests.webapp.reports import complete_study, text_of, written

    study = complete_study(TRIALS)
    reports = [written(study) for _ in range(REPEATS)]
    return {
        "trials": TRIALS,
        "worker_seconds_first": round(reports[0].seconds or 0.0, 2),
        "worker_seconds_median": round(statistics.median(report.seconds or 0.0 for report in reports), 2),
        "document_bytes": len(text_of(reports[-1]).encode()),
        "tables_bytes": reports[-1].tables.size,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    with database():
        result = measure()
    arguments.json.write_text(json.dumps(result))


if __name__ == "__main__":
    main()
