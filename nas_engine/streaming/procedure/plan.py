"""Settings of an evaluation on streams put together from clips, and the parting of clips into two halves. NumPy alone.

Thresholds are chosen on the streams of one half and measured on those of the other. All clips of one recording are in
one half, so that no threshold has heard the recordings that it is measured on; background is the exception (`halves`).
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np

from nas_engine.streaming.composing import Composition
from nas_engine.streaming.evaluation.results import COLLAR_S
from nas_engine.streaming.evaluation.thresholds import FalseAlarmTarget
from nas_engine.streaming.loop import LoopSettings

MOST_HOURS = 12.0
MOST_LEVELS = 6
LONGEST_STREAM_HOURS = 1.0
"""Streams are put together in memory, 0.4 GB an hour; more hours are several streams."""


@dataclass(frozen=True, slots=True)
class EvaluationPlan:
    """Settings of an evaluation. Raises ValueError naming the wrong one.

    Each half has `hours` of streams at each of the ratios `snr_db`, with the same events at all of them. Thresholds are
    chosen over all ratios together, because a device does not know how loud its background is; those of `loop` are not
    used. `seed` is that of streams, halves and intervals.
    """

    hours: float = 1.0
    events_per_hour: float = 60.0
    snr_db: tuple[float, ...] = (20.0, 10.0, 0.0)
    shortest_gap_s: float = 5.0
    collar_s: float = COLLAR_S
    seed: int = 0
    loop: LoopSettings = field(default_factory=LoopSettings)
    target: FalseAlarmTarget = field(default_factory=lambda: FalseAlarmTarget(1.0, "all"))

    def __post_init__(self) -> None:
        if not 0.0 < self.hours <= MOST_HOURS:
            raise ValueError(f"hours must lie above 0 and be at most {MOST_HOURS:g}, not {self.hours}")
        if not 1 <= len(self.snr_db) <= MOST_LEVELS or len(set(self.snr_db)) < len(self.snr_db):
            raise ValueError(f"snr_db needs 1 to {MOST_LEVELS} different ratios, not {list(self.snr_db)}")
        if not self.collar_s >= 0.0:
            raise ValueError(f"collar_s must be at least 0, not {self.collar_s}")
        if self.seed < 0:
            raise ValueError(f"seed must be at least 0, not {self.seed}")
        for ratio in self.snr_db:
            self.composition(ratio, 0)

    @property
    def streams(self) -> int:
        """Streams of each half at each ratio."""
        return math.ceil(self.hours / LONGEST_STREAM_HOURS)

    def composition(self, snr_db: float, number: int) -> Composition:
        """Composition of stream `number`, counted from 0 through both halves, at a ratio."""
        seconds = 3600.0 * self.hours / self.streams
        seed = 2 * int(MOST_HOURS) * self.seed + number
        return Composition(seconds, self.events_per_hour, snr_db, self.shortest_gap_s, seed=seed)

    def to_json(self) -> dict[str, Any]:
        """All fields by name; `from_json` is the inverse."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return values | {"snr_db": list(self.snr_db), "loop": self.loop.to_json(), "target": asdict(self.target)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Plan from the JSON of `to_json`. Raises ValueError for values, TypeError for names that are wrong."""
        loop, target = LoopSettings.from_json(data["loop"]), FalseAlarmTarget(**data["target"])
        return cls(**{**data, "snr_db": tuple(data["snr_db"]), "loop": loop, "target": target})


def halves(
    labels: Sequence[str], recordings: Sequence[str], seed: int, silent: Sequence[str] = ()
) -> tuple[list[int], list[int]]:
    """Places of the clips of each half; "" is a recording of its own. Classes are parted as evenly as recordings allow.

    Recordings are taken in an order drawn by `seed`, each into the half that has fewer clips of its classes. Clips of a
    `silent` class, the background, are parted one by one where a half would have none of them: thresholds that have
    heard a little of a room tell more than those that have heard no room. `evaluate_composed` states such recordings.
    """
    clips_of: dict[tuple[str, int], list[int]] = {}
    for place, recording in enumerate(recordings):
        clips_of.setdefault((recording, 0) if recording else ("", place + 1), []).append(place)
    names = sorted(clips_of)
    parts: tuple[list[int], list[int]] = ([], [])
    held: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for number in np.random.default_rng([seed, len(names)]).permutation(len(names)):
        clips = clips_of[names[int(number)]]
        first, second = (sum(one[labels[clip]] for clip in clips) for one in held)
        half = int(first > second or (first == second and len(parts[0]) > len(parts[1])))
        parts[half].extend(clips)
        held[half].update(labels[clip] for clip in clips)
    for label in silent:
        _part_by_clip(label, labels, parts)
    return sorted(parts[0]), sorted(parts[1])


def _part_by_clip(label: str, labels: Sequence[str], parts: tuple[list[int], list[int]]) -> None:
    """Move every second clip of a class into the half that has none of it; a single clip stays where it is."""
    of_class = [sorted(place for place in part if labels[place] == label) for part in parts]
    for lacking, full in ((0, 1), (1, 0)):
        if not of_class[lacking]:
            moved = of_class[full][1::2]
            parts[lacking].extend(moved)
            parts[full][:] = [place for place in parts[full] if place not in set(moved)]
