"""Settings of the always-on loop, and what they are in whole steps and windows, as a device counts.

A window, the network's whole input, goes through the network every `hop_s`. Per class, the score is the moving average
of the last `smoothing_windows` outputs; the class is active where at least `needed` of the last `among` scores are
strictly above its threshold; an active class is detected unless it was detected less than `refractory_s` ago.

Outputs are int8. A sum of them above the zero point is an exact integer, and so is the largest sum that is not above a
threshold: a device needs no floating point to decide as Earshot does.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

_MOST_STEPS = 255
_MS = 1e3


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """Settings of the loop; times in seconds, thresholds 0..1 by class, `default_threshold` for the others.

    `silent_classes` are never detected. `gain_db` is a fixed gain before the front end; what it brings beyond full
    scale saturates. Raises ValueError naming the wrong one.
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

    def to_json(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self) | {"thresholds": dict(self.thresholds), "silent_classes": list(self.silent_classes)}


def hop_rows(settings: LoopSettings, parameters: Mapping[str, Any]) -> int:
    """Rows of features from one inference to the next; `parameters` are those of frontend.json.

    Raises ValueError unless the loop's hop is a whole number of the front end's hops.
    """
    row_s = float(parameters["hop_samples"] / parameters["sample_rate_hz"])
    rows = round(settings.hop_s / row_s)
    if rows < 1 or abs(rows * row_s - settings.hop_s) > 1e-9:
        raise ValueError(
            f"The loop's hop of {settings.hop_s:g} s is no multiple of the front end's {row_s:g} s: choose one that is."
        )
    return rows


def refractory_windows(settings: LoopSettings) -> int:
    """Windows from a detection to the first that may be detected again, by times in whole milliseconds."""
    return math.ceil(round(settings.refractory_s * _MS) / (settings.hop_s * _MS) - 1e-9)


def threshold_steps(settings: LoopSettings, label: str, scale: float) -> int:
    """Largest sum of the last `smoothing_windows` outputs above the zero point that is not above the class's threshold.

    `scale` is that of the network's output. A class that is silent has the largest sum there is.
    """
    windows, most = settings.smoothing_windows, _MOST_STEPS * settings.smoothing_windows
    if label in settings.silent_classes:
        return most
    threshold = settings.threshold_of(label)
    steps = min(most, math.ceil(threshold * windows / scale) + 1)
    while steps > 0 and steps * scale / windows > threshold:
        steps -= 1
    return steps
