"""Program that calls psds_eval in the environment that holds it: JSON from standard input to standard output.

It imports nothing of Earshot, whose packages that environment does not have (`test_event_oracle` starts it).

Input: `files` [[name, duration]], `truth` [[name, onset, offset, label]], `points`, a list like `truth` for each
operating point, all times in whole ms, and `scenarios`, each with the keyword arguments of `PSDSEval` and of its
`psds`, which are (rates are per hour). Output: one number a scenario.
"""

import json
import sys
from typing import Any

COLUMNS = ["filename", "onset", "offset", "event_label"]


def evaluate(given: dict[str, Any]) -> list[float]:
    """PSD scores of the library for the input of this program."""
    import pandas as pd
    from psds_eval import PSDSEval

    truth = pd.DataFrame(given["truth"], columns=COLUMNS)
    files = pd.DataFrame(given["files"], columns=["filename", "duration"])
    scores = []
    for tolerances, options in given["scenarios"]:
        evaluator = PSDSEval(ground_truth=truth, metadata=files, duration_unit="hour", **tolerances)
        # Of times in s, the shares of events that detections cover would come out on either side of a tolerance.
        evaluator.nseconds *= 1000
        for point in given["points"]:
            evaluator.add_operating_point(pd.DataFrame(point, columns=COLUMNS))
        scores.append(float(evaluator.psds(**options).value))
    return scores


if __name__ == "__main__":
    json.dump(evaluate(json.load(sys.stdin)), sys.stdout)
