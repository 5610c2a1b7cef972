"""What noise suppression leaves of a dataset's clips: silence and fading, next to Earshot's own front end.

A front end with noise suppression takes what stays the same for noise. So a siren or running water fades within
seconds, and a quiet room becomes exact silence. Both figures are taken from each clip of the training split:

| figure | meaning |
|---|---|
| silent share | frames without any sound: all bins 0, or for our own front end all with less power than `log_offset` |
| level change | mean of all bins, last quarter less first quarter of the clip, in dB of what the front end gives out |
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from math import log
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nas_engine.audio.frontend import FrontendConfig, log_mel
from nas_engine.audio.frontends.kinds import MICRO

LEAST_SECONDS = 2.0
"""Clips shorter than this have no change of level: quarters of less than half a second say little."""
_DB_PER_NEPER = 10.0 / log(10.0)


@dataclass(frozen=True, slots=True)
class HeardClip:
    """One clip by one front end: frames, how many of them are silent, change of level in dB (None if too short)."""

    frames: int
    silent_frames: int
    level_change_db: float | None


@dataclass(frozen=True, slots=True)
class HeardTwice:
    """One clip by the dataset's front end and by Earshot's own."""

    chosen: HeardClip
    ours: HeardClip


@dataclass(frozen=True, slots=True)
class ClassSuppression:
    """The training clips of a class by both front ends. Shares 0..1 of all frames; level changes in dB are means over
    the clips of at least `LEAST_SECONDS`, None without such.
    """

    label: str
    clips: int
    silent_share: float
    our_silent_share: float
    level_change_db: float | None
    our_level_change_db: float | None

    @property
    def fading_db(self) -> float | None:
        """Level change beyond that of our own front end, in dB; None where no clip is long enough."""
        if self.level_change_db is None or self.our_level_change_db is None:
            return None
        return self.level_change_db - self.our_level_change_db

    def to_json(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Inverse of `to_json`."""
        return cls(**values)


def heard_twice(
    samples: NDArray[np.float32], features: NDArray[np.float32], config: FrontendConfig
) -> HeardTwice | None:
    """A clip's samples [n] in -1..1, and its features by `config`; None for a front end without noise suppression."""
    if config.kind != MICRO:
        return None
    seconds = len(samples) / config.sample_rate_hz
    own = FrontendConfig(sample_rate_hz=config.sample_rate_hz)
    ours = log_mel(samples, own)
    without_sound = np.log(2.0 * own.log_offset)
    return HeardTwice(
        chosen=_heard(features, (features == 0.0).all(axis=1), config, seconds),
        ours=_heard(ours, (ours < without_sound).all(axis=1), own, seconds),
    )


def _heard(
    features: NDArray[np.float32], silent: NDArray[np.bool_], config: FrontendConfig, seconds: float
) -> HeardClip:
    change = None
    if seconds >= LEAST_SECONDS:
        quarter = len(features) // 4
        units = features[-quarter:].mean(dtype=np.float64) - features[:quarter].mean(dtype=np.float64)
        change = float(units) * config.facts.nepers_per_unit * _DB_PER_NEPER
    return HeardClip(len(features), int(silent.sum()), change)


def suppression_by_class(clips: Iterable[tuple[str, HeardTwice]]) -> tuple[ClassSuppression, ...]:
    """Clips with their classes to one row a class, in the order in which the classes come."""
    by_label: dict[str, list[HeardTwice]] = {}
    for label, clip in clips:
        by_label.setdefault(label, []).append(clip)
    return tuple(_of_class(label, found) for label, found in by_label.items())


def _of_class(label: str, clips: list[HeardTwice]) -> ClassSuppression:
    chosen, ours = [clip.chosen for clip in clips], [clip.ours for clip in clips]
    return ClassSuppression(
        label, len(clips), _silent_share(chosen), _silent_share(ours), _mean_change(chosen), _mean_change(ours)
    )


def _silent_share(clips: list[HeardClip]) -> float:
    return sum(clip.silent_frames for clip in clips) / sum(clip.frames for clip in clips)


def _mean_change(clips: list[HeardClip]) -> float | None:
    changes = [clip.level_change_db for clip in clips if clip.level_change_db is not None]
    return float(np.mean(changes)) if changes else None
