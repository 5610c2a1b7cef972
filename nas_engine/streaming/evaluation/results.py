"""Results of streaming evaluation as values that pages render from stored JSON; free of SciPy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from nas_engine.statistics.stored_value import StoredValue
from nas_engine.statistics.values import Interval95
from nas_engine.streaming.evaluation.matching import Matching

COLLAR_S = 4.0
"""Default time after an event's end in which a detection still hits it: a window of the paper's networks is 3.9 s long,
so that an event is still in what they hear."""


@dataclass(frozen=True, slots=True)
class ClassMeasures(StoredValue):
    """One class on all streams. Rates and latencies are None where there are no events, or no hits.

    `latency_90_s` is the latency in seconds that 90 % of the hits do not exceed, `latency_median_s` that of 50 %.
    """

    label: str
    threshold: float
    events: int
    hits: int
    false_alarms: int
    hours: float
    miss_rate: float | None
    miss_rate_interval: Interval95 | None
    false_alarms_per_hour: float
    false_alarms_interval: Interval95
    latency_median_s: float | None
    latency_90_s: float | None


@dataclass(frozen=True, slots=True)
class StreamMeasures:
    """All classes that the loop detects, and each stream's matching, so that mistakes can be listed and heard.

    `hours` and `events` are of all streams; `miss_rate` is the mean over classes with events, None without any.
    """

    classes: tuple[ClassMeasures, ...]
    matchings: Mapping[str, Matching]
    hours: float
    events: int
    false_alarms_per_hour: float
    false_alarms_interval: Interval95
    miss_rate: float | None

    def to_json(self) -> dict[str, Any]:
        """All fields by name; `from_json` is the inverse."""
        stored = {name: getattr(self, name) for name in ("hours", "events", "false_alarms_per_hour", "miss_rate")}
        return stored | {
            "classes": [one.to_json() for one in self.classes],
            "matchings": {name: one.to_json() for name, one in self.matchings.items()},
            "false_alarms_interval": self.false_alarms_interval.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Measures from the JSON of `to_json`. Raises ValueError for values, TypeError for names that are wrong."""
        restored = {
            "classes": tuple(ClassMeasures.from_json(one) for one in data["classes"]),
            "matchings": {name: Matching.from_json(one) for name, one in data["matchings"].items()},
            "false_alarms_interval": Interval95.from_json(data["false_alarms_interval"]),
        }
        return cls(**{**data, **restored})
