"""Misses and false alarms against noise: the same events at the same times, over louder and louder background."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from nas_engine.streaming.composing import Composition, SourceClip, compose
from nas_engine.streaming.evaluation.measures import measure
from nas_engine.streaming.evaluation.results import COLLAR_S, StreamMeasures
from nas_engine.streaming.layout import Samples
from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.values import SoundStream, StreamScores


@dataclass(frozen=True, slots=True)
class NoiseLevel:
    """Measures at one signal-to-noise ratio; `scaled_db` (0 or below) as in `ComposedStream`."""

    snr_db: float
    measures: StreamMeasures
    background: str
    scaled_db: float


def measure_in_noise(
    clips: Sequence[SourceClip],
    background: Sequence[Samples],
    composition: Composition,
    ratios_db: Sequence[float],
    scores_of: Callable[[SoundStream], StreamScores],
    settings: LoopSettings,
    collar_s: float = COLLAR_S,
) -> tuple[NoiseLevel, ...]:
    """Measures of one stream at each signal-to-noise ratio in dB, in their order; thresholds are those of `settings`.

    `scores_of` listens to a stream (`scores.stream_scores`). Raises as `compose` and `measure` do.
    """
    levels = []
    for ratio in ratios_db:
        stream = compose(f"{ratio:g} dB", clips, background, replace(composition, snr_db=ratio))
        measures = measure([scores_of(stream)], settings, collar_s, composition.seed)
        levels.append(NoiseLevel(ratio, measures, stream.background, stream.scaled_db))
    return tuple(levels)
