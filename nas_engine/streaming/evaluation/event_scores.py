"""Event-based F1 and PSD scores by sed_scores_eval, the library of the DCASE challenges, where it is installed.

They are about when a sound is there, not about alarms: refractory time and collar of the loop do not enter. The score
of a window stands for one hop around the middle of what it heard (with a moving average, of all that was averaged); the
first and the last one reach to the ends of the stream. Events are merged and times rounded to 1 ms before, a detection
is a score strictly above its threshold, and every stream is listed, whether it has events or not.

The library credits a class without any detection with a precision of 1; here it has 0. It rejects classes without
events and events that touch: the former are left out, the latter are merged.

Sources: Ebbers, Serizel, Haeb-Umbach, "Threshold-independent evaluation of sound event detection scores", ICASSP 2022;
Bilen et al., "A framework for the robust evaluation of sound event detection", ICASSP 2020 (PSDS). Collars and the
parameters of scenarios 1 and 2 are those of DCASE 2021, task 4.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nas_engine.errors import TransientError
from nas_engine.statistics.stored_value import StoredValue
from nas_engine.streaming.loop import LoopSettings, evidence, score_of
from nas_engine.streaming.values import StreamScores, in_ms, merged_events

INSTALL = (
    "Event-based and PSD scores need sed_scores_eval, which is compiled when it is installed: with a C compiler on "
    "this machine, run `make event-scores`."
)
VARIABLE = "EARSHOT_EVENT_SCORES_PYTHON"
"""Environment variable that names the interpreter of the library's environment, if it is not `.venv-events`."""
ONSET_COLLAR_S, OFFSET_COLLAR_S, OFFSET_COLLAR_SHARE = 0.2, 0.2, 0.2
_PROGRAM = Path(__file__).with_name("library_program.py")
_TIMEOUT_S = 600.0
_DECIMALS: dict[str, Any] = {"time_decimals": 3}
_PSDS = _DECIMALS | {"unit_of_time": "hour", "max_efpr": 100.0, "alpha_st": 1.0}
_SCENARIOS = (
    _PSDS | {"dtc_threshold": 0.7, "gtc_threshold": 0.7, "alpha_ct": 0.0},
    _PSDS | {"dtc_threshold": 0.1, "gtc_threshold": 0.1, "cttc_threshold": 0.3, "alpha_ct": 0.5},
)


@dataclass(frozen=True, slots=True)
class EventF1(StoredValue):
    """Event-based F1, precision and recall (0..1) of a class at its threshold, from counts of events."""

    label: str
    hits: int
    detections: int
    events: int
    f1: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class EventScores(StoredValue):
    """Scores of all classes that have events: F1 of each and their mean, PSD scores (0..1) of DCASE's two scenarios."""

    classes: tuple[EventF1, ...]
    macro_f1: float
    psds_1: float
    psds_2: float


def interpreter() -> Path | None:
    """Python of the environment with the library, None where there is none; `INSTALL` states how it is made."""
    own = Path(sys.prefix).with_name(".venv-events") / "bin" / "python"
    path = Path(os.environ.get(VARIABLE) or own)
    return path if path.exists() else None


def event_scores(
    streams: Sequence[StreamScores], settings: LoopSettings, onset_collar_s: float = ONSET_COLLAR_S
) -> EventScores | None:
    """Scores of the streams at the thresholds of `settings`; None without the library, and without events.

    Raises TransientError where the library fails, with the last line of its words.
    """
    python = interpreter()
    present = {event.label for one in streams for event in one.events}
    labels = [label for label in settings.detected_classes(streams[0].classes) if label in present] if streams else []
    if python is None or not labels:
        return None
    collars = {"onset_collar": onset_collar_s, "offset_collar": OFFSET_COLLAR_S}
    result = _run(python, {
        "labels": labels,
        "streams": [_stream(one, labels, settings) for one in streams],
        "thresholds": {label: settings.threshold_of(label) for label in labels},
        "collars": collars | {"offset_collar_rate": OFFSET_COLLAR_SHARE} | _DECIMALS,
        "scenarios": _SCENARIOS if len(labels) > 1 else [_without_cross_triggers(one) for one in _SCENARIOS],
    })  # fmt: skip
    classes = tuple(_f1(label, result["counts"][label]) for label in labels)
    return EventScores(classes, float(np.mean([one.f1 for one in classes])), *result["psds"])


def _without_cross_triggers(scenario: dict[str, Any]) -> dict[str, Any]:
    """The scenario for one class, which no other can trigger: the library computes a mean over no classes and fails."""
    return {name: value for name, value in scenario.items() if name != "cttc_threshold"} | {"alpha_ct": 0.0}


def _run(python: Path, given: dict[str, Any]) -> dict[str, Any]:
    try:
        done = subprocess.run(
            [str(python), "-E", str(_PROGRAM)], input=json.dumps(given), capture_output=True, text=True,
            timeout=_TIMEOUT_S,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TransientError(f"sed_scores_eval did not answer: {error}") from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"it ended with status {done.returncode}"])[-1]
        raise TransientError(f"sed_scores_eval failed: {last}. Make its environment again: remove .venv-events.")
    try:
        result: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        raise TransientError(f"sed_scores_eval gave no scores: {done.stdout[:80]!r}. Remove .venv-events.") from error
    return result


def _stream(stream: StreamScores, labels: Sequence[str], settings: LoopSettings) -> dict[str, Any]:
    """A stream with its merged events, and the scores of the classes over time, each from edge to edge.

    A stream without a score has one of 0, so that its events are missed and not left out.
    """
    first = settings.smoothing_windows - 1
    columns = [stream.classes.index(label) for label in labels]
    scores = np.maximum(score_of(evidence(stream, settings)[first:, columns], stream, settings), 0.0)
    edges = np.rint(stream.times_ms[first:] - 1e3 * (stream.first_s + (first + 1) * stream.hop_s) / 2)
    duration_s = in_ms(stream.duration_s) / 1e3
    return {
        "edges_s": [0.0, *(float(edge) / 1e3 for edge in edges[1:]), duration_s],
        "scores": scores.tolist() or [[0.0] * len(labels)],
        "events": _truth(stream, labels),
        "duration_s": duration_s,
    }


def _truth(stream: StreamScores, labels: Sequence[str]) -> list[tuple[float, float, str]]:
    return [(one.onset_s, one.offset_s, one.label) for one in merged_events(stream.events) if one.label in labels]


def _f1(label: str, counts: dict[str, Any]) -> EventF1:
    hits, events = int(counts["tps"]), int(counts["n_ref"])
    detections = hits + int(counts["fps"])
    return EventF1(
        label, hits, detections, events, 2 * hits / (detections + events), hits / detections if detections else 0.0,
        hits / events,
    )  # fmt: skip
