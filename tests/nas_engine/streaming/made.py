"""Streams, scores and networks made for tests, and the loop written as plainly as it can be."""

from fractions import Fraction
from functools import cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from nas_engine.architecture import Architecture, Block, Head, Stem
from nas_engine.audio.frontend import FrontendConfig, Normalisation
from nas_engine.audio.frontends.kinds import EARSHOT
from nas_engine.network.untrained import untrained_files
from nas_engine.streaming.composing import SourceClip
from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.scores import ListeningNetwork
from nas_engine.streaming.values import Detection, SoundEvent, StreamScores

CLASSES = ("dog", "siren", "negative")


def scores_of(
    outputs: NDArray[np.int8], events: tuple[SoundEvent, ...] = (), *, name: str = "s", hop_s: float = 0.5
) -> StreamScores:
    """Scores of a stream whose first window ends at 1 s."""
    duration_s = 1.0 + hop_s * len(outputs)
    return StreamScores(name, CLASSES, outputs, 1.0, hop_s, duration_s, events)


def random_outputs(windows: int, rng: np.random.Generator) -> NDArray[np.int8]:
    """Outputs that rise and fall over some windows, with many equal values and both ends of the range."""
    slow = np.repeat(rng.uniform(-150, 150, (windows // 4 + 1, len(CLASSES))), 4, axis=0)[:windows]
    return (np.clip(slow + rng.normal(0, 30, slow.shape), -128, 127) // 8 * 8).astype(np.int8)


def random_events(duration_s: float, count: int, rng: np.random.Generator) -> tuple[SoundEvent, ...]:
    """Events of 0.1 to 4 s; some of one class touch or overlap."""
    onsets = np.round(rng.uniform(0, duration_s - 4.0, count), 2)
    lengths = np.round(rng.uniform(0.1, 4.0, count), 2)
    labels = rng.choice(CLASSES[:2], count)
    return tuple(SoundEvent(float(a), float(a + b), str(c)) for a, b, c in zip(onsets, lengths, labels, strict=True))


def random_settings(rng: np.random.Generator) -> LoopSettings:
    """Settings of every kind; thresholds are often equal to scores."""
    among = int(rng.integers(1, 5))
    return LoopSettings(
        hop_s=0.5,
        smoothing_windows=int(rng.integers(1, 4)),
        needed=int(rng.integers(1, among + 1)),
        among=among,
        refractory_s=float(rng.choice([0.0, 0.5, 0.75, 2.0, 3.0])),
        thresholds={label: float(rng.integers(0, 33)) / 32 for label in CLASSES},
    )


def plain_loop(scores: StreamScores, settings: LoopSettings) -> list[Detection]:
    """The loop window by window and class by class, in exact fractions, with all of its past at hand."""
    found, last_ms = [], {}
    smoothed: list[list[Fraction]] = []
    for window in range(len(scores.outputs)):
        time_ms = round(1000 * (scores.first_s + window * scores.hop_s))
        n = settings.smoothing_windows
        if window + 1 < n:
            continue
        recent = scores.outputs[window + 1 - n : window + 1]
        smoothed.append([sum(Fraction(int(row[c]) + 128, 256) for row in recent) / n for c in range(len(CLASSES))])
        for c, label in enumerate(CLASSES):
            above = [row[c] > Fraction(settings.threshold_of(label)) for row in smoothed[-settings.among :]]
            rested = label not in last_ms or time_ms - last_ms[label] >= round(1000 * settings.refractory_s)
            if sum(above) >= settings.needed and rested and label not in settings.silent_classes:
                last_ms[label] = time_ms
                ordered = sorted((row[c] for row in smoothed[-settings.among :]), reverse=True)
                found.append(Detection(time_ms / 1e3, label, float(ordered[settings.needed - 1])))
    return found


def detected_spans(stream: StreamScores, column: int, threshold: float) -> list[tuple[int, int]]:
    """Spans in ms of scores above a threshold; a score stands for a hop around the middle of its window."""
    spans, count = [], len(stream.outputs)
    for is_above, group in groupby(range(count), lambda i: (int(stream.outputs[i, column]) + 128) / 256 > threshold):
        windows = list(group)
        first, last = (round(1000 * (stream.first_s / 2 + i * stream.hop_s)) for i in (windows[0], windows[-1]))
        if is_above:
            begin = 0 if windows[0] == 0 else first - 250
            spans.append((begin, round(1000 * stream.duration_s) if windows[-1] == count - 1 else last + 250))
    return spans


@cache
def small_listener(kind: str = EARSHOT) -> ListeningNetwork:
    """An untrained network of 20 frames and 8 mel bins, three classes, with a front end of a kind that allows them."""
    architecture = Architecture(Stem(20, 8, "2d"), (Block("kxk", 3, 8, (2, 2)),), Head(len(CLASSES), hidden_units=8))
    config = FrontendConfig.of_kind(kind, frames=20, mel_bins=8)
    unit = np.float32(config.facts.nepers_per_unit)
    mean = np.full(8, -8.0 if kind == EARSHOT else -5.3, np.float32)  # librosa's window and filters have other gains
    normalisation = Normalisation(mean / unit, np.linspace(1.0, 3.0, 8, dtype=np.float32) / unit)
    return ListeningNetwork(untrained_files(architecture)[1], config, normalisation, CLASSES)


def made_clips(rng: np.random.Generator) -> list[SourceClip]:
    """Six clips of two classes: bursts of noise of different levels between silence."""
    clips = []
    for number in range(6):
        sound = np.zeros(16_000 + 1_600 * number, np.float32)
        sound[3_200 : 3_200 + 6_400] = rng.normal(0, 0.02 * (number + 1), 6_400)
        clips.append(SourceClip(sound, CLASSES[number % 2], f"recording {number}"))
    return clips
