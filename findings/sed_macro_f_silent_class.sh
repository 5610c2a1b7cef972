#!/usr/bin/env bash
# sed_eval 0.2.1 and psds_eval 0.5.3, beside sed_scores_eval 0.0.4
#
# Behaviour: a class that a detector never reports drops out of the macro-averaged F-score, instead of counting 0. Of a
# dog and an alarm the detector finds the dog: sed_eval's segment-based and event-based class-wise averages and
# psds_eval's compute_macro_f_score say 1.0, a perfect detector. sed_scores_eval says 0.5. If it reports an alarm at a
# wrong time as well, psds_eval still says 1.0; sed_eval now says 0.5, so reporting one false alarm halves its score.
#
# Guess before the first run: F is 2 TP / (2 TP + FP + FN), which is 0 for one missed event, and the average of 1 and 0
# is 0.5 by every library; or NaN, if a library takes F of precision 0 / 0.
# Wrong: both take F of precision and recall, get NaN, and average what is not NaN, which the documentation of neither
# function says.
#
# Hurts: whoever ranks detectors of many classes by macro F1, as benchmarks of sound event detection do, picks
# thresholds by it, or searches networks with it: silencing the classes that one hears badly raises the score, up to
# 1.0. The F-score of a class in sed_eval's own table is NaN, that of the whole is a plausible number.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
    sed_eval==0.2.1 dcase_util==0.2.11 psds_eval==0.5.3 sed_scores_eval==0.0.4 'pandas==2.3.3' 'numpy==2.3.5'
venv/bin/python -W ignore - <<'EOF'
import numpy as np
import pandas as pd
from dcase_util.containers import MetaDataContainer
from psds_eval import PSDSEval
from sed_eval.sound_event import EventBasedMetrics, SegmentBasedMetrics
from sed_scores_eval import intersection_based
from sed_scores_eval.base_modules.scores import create_score_dataframe

CLASSES = ["alarm", "dog"]
EVENTS = [(1, 2, "dog"), (5, 6, "alarm")]
HALF = {"dtc_threshold": 0.5, "gtc_threshold": 0.5}


def averaged(metrics, detected, **more):
    listed = (
        MetaDataContainer([dict(filename="a", event_label=label, onset=on, offset=off) for on, off, label in events])
        for events in (EVENTS, detected)
    )
    metrics.evaluate(*listed, **more)
    return metrics.results_class_wise_average_metrics()["f_measure"]["f_measure"]


def sed_eval_segments(detected):
    return averaged(SegmentBasedMetrics(CLASSES, time_resolution=1.0), detected, evaluated_length_seconds=10)


def sed_eval_events(detected):
    return averaged(EventBasedMetrics(CLASSES, t_collar=0.2), detected)


def psds_eval(detected):
    truth, found = (
        pd.DataFrame([("a", *event) for event in events], columns=["filename", "onset", "offset", "event_label"])
        for events in (EVENTS, detected)
    )
    length = pd.DataFrame({"filename": ["a"], "duration": [10.0]})
    evaluation = PSDSEval(**HALF, cttc_threshold=0.3, ground_truth=truth, metadata=length, class_names=CLASSES)
    return evaluation.compute_macro_f_score(found)[0]


def sed_scores_eval(detected):
    seconds = np.arange(11.0)
    scores = [[float((on, on + 1, label) in detected) for label in CLASSES] for on in seconds[:-1]]
    table = {"a": create_score_dataframe(np.array(scores), seconds, CLASSES)}
    return intersection_based.fscore(table, {"a": EVENTS}, threshold=0.5, **HALF)[0]["macro_average"]


DETECTORS = {
    "both": EVENTS,
    "the dog": EVENTS[:1],
    "the dog, and an alarm 3 s late": [*EVENTS[:1], (8, 9, "alarm")],
}
LIBRARIES = (sed_eval_segments, sed_eval_events, psds_eval, sed_scores_eval)
print("macro F-score of a detector that reports   " + "".join(f"{library.__name__:>19s}" for library in LIBRARIES))
seen = {}
for name, detected in DETECTORS.items():
    seen[name] = tuple(float(library(detected)) for library in LIBRARIES)
    print(f"{name:43s}" + "".join(f"{value:19.2f}" for value in seen[name]))
assert list(seen.values()) == [(1.0, 1.0, 1.0, 1.0), (1.0, 1.0, 1.0, 0.5), (0.5, 0.5, 1.0, 0.5)]
EOF

# Printed:
#
#     macro F-score of a detector that reports     sed_eval_segments    sed_eval_events          psds_eval    sed_scores_eval
#     both                                                      1.00               1.00               1.00               1.00
#     the dog                                                   1.00               1.00               1.00               0.50
#     the dog, and an alarm 3 s late                            0.50               0.50               1.00               0.50
