"""The always-on loop: from a network's outputs over time to detections. NumPy alone.

A window of sound goes through the network every `hop_s`. Per class, the score is the moving average of the last n
outputs; the class is active where at least N of the last M scores are strictly above its threshold; an active class is
detected unless it was detected less than the refractory time ago. A detector whose scores stay at or below the
threshold detects nothing.

Sums of int8 outputs are exact integers, so that a threshold taken from a score never depends on the order of additions.

    symbol   code                shape              unit           meaning
    n        smoothing_windows                      windows        length of the moving average
    N, M     needed, among                          scores         N of M
    S        smoothed            [W - n + 1, C]     output steps   sum of the last n outputs above the zero point
    E        evidence            [W, C]             output steps   Nth largest of the last M sums; -1 before there are N
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nas_engine.streaming.values import Detection, StreamScores, in_ms

NO_EVIDENCE = -1
"""Evidence before enough windows were heard; below every threshold."""


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """Settings of the loop; times in seconds, thresholds 0..1 by class, `default_threshold` for the others.

    One window a second is what energies and battery days are stated for (paper, section 1; `energy.battery`).

    `silent_classes` are never detected. `gain_db` is the fixed gain before the front end: a stream has no peak to be
    divided by, so that the level of a microphone is set once; samples beyond full scale saturate. Raises ValueError
    naming the wrong one.
    """

    hop_s: float = 1.0
    smoothing_windows: int = 1
    needed: int = 1
    among: int = 1
    refractory_s: float = 2.0
    default_threshold: float = 0.5
    thresholds: Mapping[str, float] = field(default_factory=dict)
    silent_classes: tuple[str, ...] = ("negative",)
    gain_db: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 < self.hop_s < math.inf:
            raise ValueError(f"hop_s must be above 0 s, not {self.hop_s}")
        if self.smoothing_windows < 1:
            raise ValueError(f"smoothing_windows must be at least 1, not {self.smoothing_windows}")
        if not 1 <= self.needed <= self.among:
            raise ValueError(f"need 1 <= needed <= among, not {self.needed} of {self.among}")
        if not 0.0 <= self.refractory_s < math.inf:
            raise ValueError(f"refractory_s must be at least 0 s, not {self.refractory_s}")
        if not math.isfinite(self.gain_db):
            raise ValueError(f"gain_db must be finite, not {self.gain_db}")
        for label, threshold in (("default_threshold", self.default_threshold), *self.thresholds.items()):
            if not 0.0 <= threshold <= 1.0:
                raise ValueError(f"thresholds must lie in 0..1, not {threshold} for {label}")

    def threshold_of(self, label: str) -> float:
        """Threshold (0..1) of a class."""
        return self.thresholds.get(label, self.default_threshold)

    def with_thresholds(self, thresholds: Mapping[str, float]) -> Self:
        """The same loop with other thresholds."""
        return replace(self, thresholds=dict(thresholds))

    def detected_classes(self, classes: tuple[str, ...]) -> tuple[str, ...]:
        """Those of `classes` that the loop reports."""
        return tuple(label for label in classes if label not in self.silent_classes)

    def to_json(self) -> dict[str, Any]:
        """All fields by name; `from_json` is the inverse."""
        return asdict(self) | {"thresholds": dict(self.thresholds), "silent_classes": list(self.silent_classes)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Settings from the JSON of `to_json`. Raises ValueError for values, TypeError for names that are wrong."""
        return cls(**{**data, "silent_classes": tuple(data.get("silent_classes", ("negative",)))})


def evidence(scores: StreamScores, settings: LoopSettings) -> NDArray[np.int64]:
    """Evidence int64 [W, C] in output steps: a class is active at threshold x where `score_of(evidence)` > x."""
    n, count = settings.smoothing_windows, len(scores.outputs)
    result = np.full(scores.outputs.shape, NO_EVIDENCE, np.int64)
    if count < n + settings.needed - 1:
        return result
    steps = scores.outputs.astype(np.int64) - scores.zero_point
    totals = np.concatenate([np.zeros_like(steps[:1]), np.cumsum(steps, axis=0)])
    smoothed = totals[n:] - totals[:-n]
    padded = np.pad(smoothed, ((settings.among - 1, 0), (0, 0)), constant_values=NO_EVIDENCE)
    recent = np.lib.stride_tricks.sliding_window_view(padded, settings.among, axis=0)
    result[n - 1 :] = np.sort(recent, axis=2)[:, :, settings.among - settings.needed]
    return result


def score_of(steps: Any, scores: StreamScores, settings: LoopSettings) -> Any:
    """Score (0..1) of evidence in output steps, one or an array; the same number gives the same bits."""
    return steps * scores.scale / settings.smoothing_windows


def detections(scores: StreamScores, settings: LoopSettings) -> tuple[Detection, ...]:
    """Detections of the loop in one stream, by time; those of one moment in the order of the classes."""
    steps, times = evidence(scores, settings), scores.times_ms
    found = []
    for column, label in enumerate(scores.classes):
        if label in settings.silent_classes:
            continue
        values = score_of(steps[:, column], scores, settings)
        active = np.flatnonzero(values > settings.threshold_of(label))
        found += [
            (int(times[at]), column, Detection(int(times[at]) / 1e3, label, float(values[at])))
            for at in _outside_refractory(active, times, in_ms(settings.refractory_s))
        ]
    return tuple(one for _, _, one in sorted(found, key=lambda entry: entry[:2]))


def _outside_refractory(active: NDArray[np.int64], times: NDArray[np.int64], refractory_ms: int) -> Iterator[int]:
    """Windows that are reported, of those where a class is active."""
    place = 0
    while place < len(active):
        at = int(active[place])
        yield at
        later = int(np.searchsorted(times[active], times[at] + refractory_ms))
        place = max(place + 1, later)
