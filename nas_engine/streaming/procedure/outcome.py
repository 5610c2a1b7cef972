"""Outcome of an evaluation on streams, as it is stored and shown; free of SciPy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nas_engine.statistics.stored_value import StoredValue
from nas_engine.statistics.values import Interval95
from nas_engine.streaming.evaluation.results import ClassMeasures, StreamMeasures

MISS, FALSE_ALARM = "miss", "false alarm"


@dataclass(frozen=True, slots=True)
class LevelMeasures(StoredValue):
    """Measures of all streams of one signal-to-noise ratio; `snr_db` is None for all ratios, and for recordings.

    `miss_rate` is the mean over classes with events, None without any.
    """

    snr_db: float | None
    hours: float
    events: int
    false_alarms: int
    false_alarms_per_hour: float
    false_alarms_interval: Interval95
    miss_rate: float | None
    classes: tuple[ClassMeasures, ...]


@dataclass(frozen=True, slots=True)
class DetPoints(StoredValue):
    """Some points of a class's DET curve, thresholds ascending (0..1); miss rates (0..1) are empty without events."""

    label: str
    thresholds: tuple[float, ...]
    false_alarms_per_hour: tuple[float, ...]
    miss_rates: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Mistake(StoredValue):
    """A missed event, from `time_s` to `end_s`, or a false alarm at `time_s`, in stream number `stream`.

    `score` (0..1) is the highest that the loop saw of the class while it could have hit the event, or that of the
    alarm. `sound` is the number of the clip that was missed, or heard in the alarm's window; None where there was none.
    `heard` is the class of that clip, "background" without one.
    """

    kind: str
    stream: int
    time_s: float
    end_s: float
    label: str
    score: float
    threshold: float
    sound: int | None
    heard: str

    @property
    def is_suppressed(self) -> bool:
        """Whether it was missed with a score above the threshold: the class was detected less than the refractory time
        ago, or its detection hit another event.
        """
        return self.kind == MISS and self.score > self.threshold

    @property
    def distance(self) -> float:
        """How far the score lies on the wrong side of the threshold; below 0 for what was suppressed."""
        return self.threshold - self.score if self.kind == MISS else self.score - self.threshold


@dataclass(frozen=True, slots=True)
class MeasuredStream(StoredValue):
    """Stream that was measured. `layout` is that of `layout.StreamLayout.to_json`, empty for a recording."""

    name: str
    snr_db: float | None
    layout: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EvaluationOutcome(StoredValue):
    """Thresholds (in `loop`, which is that of `LoopSettings.to_json`) and what they give on the measured streams.

    `chosen_misses` and `chosen_false_alarms` by class, in `chosen_hours`, are those of the streams that thresholds were
    chosen on. `mistakes` are at most so many as are shown, of `mistakes_in_all`. `event_scores` has macro_f1, psds_1
    and psds_2 (0..1), and is empty where the library is not installed.
    """

    loop: Mapping[str, Any]
    chosen_hours: float
    chosen_misses: Mapping[str, int]
    chosen_false_alarms: Mapping[str, int]
    levels: tuple[LevelMeasures, ...]
    together: LevelMeasures
    det: tuple[DetPoints, ...]
    streams: tuple[MeasuredStream, ...]
    mistakes: tuple[Mistake, ...]
    mistakes_in_all: int
    event_scores: Mapping[str, float]
    notes: tuple[str, ...]

    @property
    def thresholds(self) -> Mapping[str, float]:
        """Threshold (0..1) of each class that is detected."""
        thresholds: Mapping[str, float] = self.loop["thresholds"]
        return thresholds


def level_of(measures: StreamMeasures, snr_db: float | None) -> LevelMeasures:
    """Measures without their matchings."""
    return LevelMeasures(
        snr_db,
        measures.hours,
        measures.events,
        sum(one.false_alarms for one in measures.classes),
        measures.false_alarms_per_hour,
        measures.false_alarms_interval,
        measures.miss_rate,
        measures.classes,
    )
