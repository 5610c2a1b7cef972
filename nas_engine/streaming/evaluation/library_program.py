"""Program that calls sed_scores_eval in the environment that holds it: JSON from standard input to standard output.

It imports nothing of Earshot, whose packages that environment does not have (`event_scores` starts it).

Input: `labels`; `streams`, each with `edges_s` [n + 1], `scores` [n][labels], `events` [[onset_s, offset_s, label]] and
`duration_s`; `thresholds` by label; `collars` and `scenarios`, keyword arguments of the library. Output: `counts` by
label (`tps`, `fps`, `n_ref`) and `psds`, one number a scenario.
"""

import json
import sys
from typing import Any


def evaluate(given: dict[str, Any]) -> dict[str, Any]:
    """Counts and PSD scores of the library for the input of this program, as JSON values."""
    import numpy as np
    from sed_scores_eval import collar_based, intersection_based
    from sed_scores_eval.base_modules.scores import create_score_dataframe

    streams = {str(number): stream for number, stream in enumerate(given["streams"])}
    tables = {
        name: create_score_dataframe(np.array(one["scores"], float), np.array(one["edges_s"], float), given["labels"])
        for name, one in streams.items()
    }
    truth = {name: [tuple(event) for event in one["events"]] for name, one in streams.items()}
    durations = {name: one["duration_s"] for name, one in streams.items()}
    *_, counts = collar_based.fscore(tables, truth, given["thresholds"], **given["collars"])
    psds = [float(intersection_based.psds(tables, truth, durations, **one)[0]) for one in given["scenarios"]]
    wanted = ("tps", "fps", "n_ref")
    return {"counts": {label: {name: int(counts[label][name]) for name in wanted} for label in given["labels"]}} | {
        "psds": psds
    }


if __name__ == "__main__":
    json.dump(evaluate(json.load(sys.stdin)), sys.stdout)
