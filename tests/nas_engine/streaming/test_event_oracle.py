"""PSD scores against psds_eval, another library, at every threshold that the scores of the streams can tell apart.

It has an environment of its own (`make event-oracle`), which no other test needs and the set-up leaves out.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nas_engine.streaming.evaluation.event_scores import event_scores, interpreter
from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.values import StreamScores, merged_events
from tests.nas_engine.streaming.made import CLASSES, detected_spans, random_events, random_outputs, scores_of

PYTHON = Path(__file__).resolve().parents[3] / ".venv-event-oracle" / "bin" / "python"
PROGRAM = Path(__file__).with_name("psds_eval_program.py")
SCENARIOS = (
    ({"dtc_threshold": 0.7, "gtc_threshold": 0.7}, {"alpha_ct": 0.0, "alpha_st": 1.0, "max_efpr": 100.0}),
    (
        {"dtc_threshold": 0.1, "gtc_threshold": 0.1, "cttc_threshold": 0.3},
        {"alpha_ct": 0.5, "alpha_st": 1.0, "max_efpr": 100.0},
    ),
)
"""Scenarios 1 and 2 of DCASE 2021, task 4, in the words of psds_eval."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON.exists(), reason="`make event-oracle` has not been run"),
    pytest.mark.skipif(interpreter() is None, reason="`make event-scores` has not been run"),
]


def psds_eval(streams: list[StreamScores]) -> list[float]:
    """What psds_eval makes of the spans above every threshold, of which each is between two scores that occur."""
    levels = sorted({int(level) for stream in streams for level in stream.outputs[:, :2].ravel()})
    thresholds = [(level + 128 - 0.5) / 256 for level in levels]
    given: dict[str, Any] = {
        "files": [(stream.name, round(1000 * stream.duration_s)) for stream in streams],
        "truth": [
            (stream.name, round(1000 * event.onset_s), round(1000 * event.offset_s), event.label)
            for stream in streams
            for event in merged_events(stream.events)
        ],
        "points": [
            [
                (stream.name, *span, stream.classes[column])
                for stream in streams
                for column in range(2)
                for span in detected_spans(stream, column, threshold)
            ]
            for threshold in thresholds
        ],
        "scenarios": SCENARIOS,
    }
    done = subprocess.run([PYTHON, PROGRAM], input=json.dumps(given), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    scores: list[float] = json.loads(done.stdout)
    return scores


def listened(seed: int) -> list[StreamScores]:
    """Three streams, together 25 minutes, one of them without events; most events raise the scores of their class."""
    rng = np.random.default_rng(seed)
    streams = []
    for name, windows, count in (("a", 1_800, 60), ("b", 600, 25), ("c", 600, 0)):
        outputs = random_outputs(windows, rng).astype(int) - 60
        events = random_events(1.0 + 0.5 * windows, count, rng)
        for event in events:
            if rng.uniform() < 0.8:
                first, last = (round((edge - 0.25) / 0.5) for edge in (event.onset_s, event.offset_s))
                outputs[max(first, 0) : max(first, 0, last - 1) + 1, CLASSES.index(event.label)] += 120
        streams.append(scores_of((np.clip(outputs, -128, 127) // 8 * 8).astype(np.int8), events, name=name))
    return streams


@pytest.mark.parametrize("seed", range(4))
def test_psd_scores_are_those_of_psds_eval_at_the_same_thresholds(seed: int) -> None:
    streams = listened(seed)
    ours = event_scores(streams, LoopSettings(hop_s=0.5))
    assert ours is not None
    oracle = psds_eval(streams)
    print(f"seed {seed}: sed_scores_eval {ours.psds_1:.6f} {ours.psds_2:.6f}, psds_eval", *(f"{x:.6f}" for x in oracle))
    assert min(oracle) > 0.02
    assert [ours.psds_1, ours.psds_2] == pytest.approx(oracle, abs=1e-9)
