"""Mistakes of a loop on streams: what was missed or alarmed falsely, with what was heard then."""

from collections.abc import Sequence

from nas_engine.streaming.evaluation.matching import Matching
from nas_engine.streaming.layout import RATE_HZ, StreamLayout
from nas_engine.streaming.loop import LoopSettings, evidence, score_of
from nas_engine.streaming.procedure.outcome import FALSE_ALARM, MISS, Mistake
from nas_engine.streaming.values import Detection, SoundEvent, StreamScores, in_ms

BACKGROUND = "background"


def mistakes_of(
    number: int,
    stream: StreamScores,
    layout: StreamLayout | None,
    found: Matching,
    settings: LoopSettings,
    collar_s: float,
) -> list[Mistake]:
    """Mistakes in stream `number` by time; `layout` is that of its sounds, None for a recording."""
    missed = [_missed(number, stream, layout, event, settings, collar_s) for event in found.misses]
    alarms = [_alarm(number, stream, layout, one, settings) for one in found.false_alarms]
    return sorted([*missed, *alarms], key=lambda one: (one.time_s, one.kind, one.label))


def worst(mistakes: Sequence[Mistake], most: int) -> tuple[Mistake, ...]:
    """At most so many mistakes, in their order: those whose scores are furthest on the wrong side of the threshold."""
    kept = sorted(mistakes, key=lambda one: -one.distance)[:most]
    return tuple(sorted(kept, key=lambda one: (one.stream, one.time_s, one.kind, one.label)))


def _missed(
    number: int,
    stream: StreamScores,
    layout: StreamLayout | None,
    event: SoundEvent,
    settings: LoopSettings,
    collar_s: float,
) -> Mistake:
    times = stream.times_ms
    inside = (times >= in_ms(event.onset_s)) & (times <= in_ms(event.offset_s) + in_ms(collar_s))
    steps = evidence(stream, settings)[inside, stream.classes.index(event.label)]
    score = float(score_of(max(int(steps.max(initial=0)), 0), stream, settings))
    sound = _sound_in(layout, stream, event.onset_s, event.offset_s, event.label)
    threshold = settings.threshold_of(event.label)
    return Mistake(
        MISS, number, event.onset_s, event.offset_s, event.label, score, threshold, sound[0], sound[1] or event.label
    )


def _alarm(
    number: int, stream: StreamScores, layout: StreamLayout | None, alarm: Detection, settings: LoopSettings
) -> Mistake:
    heard_from = alarm.time_s - stream.first_s - (settings.smoothing_windows - 1) * stream.hop_s
    sound, label = _sound_in(layout, stream, heard_from, alarm.time_s)
    threshold = settings.threshold_of(alarm.label)
    heard = label or BACKGROUND
    return Mistake(FALSE_ALARM, number, alarm.time_s, alarm.time_s, alarm.label, alarm.score, threshold, sound, heard)


def _sound_in(
    layout: StreamLayout | None, stream: StreamScores, from_s: float, to_s: float, label: str = ""
) -> tuple[int | None, str]:
    """Number and class of the event that lies longest in a stretch, of this class if one is given; (None, "")."""
    best: tuple[float, int | None, str] = (0.0, None, "")
    for place, event in enumerate(stream.events):
        overlap = min(event.offset_s, to_s) - max(event.onset_s, from_s)
        if overlap > best[0] and label in ("", event.label):
            best = (overlap, layout.events[place].sound if layout else None, event.label)
    return best[1], best[2]


def excerpt_of(mistake: Mistake, window_s: float, loop: LoopSettings, around_s: float = 1.0) -> tuple[int, int]:
    """First sample and end of what is played for a mistake: the event, or what the alarm's score is of, and around.

    An alarm's score is the mean over several windows of `window_s`, one every hop of the loop.
    """
    heard_s = window_s + (loop.smoothing_windows - 1) * loop.hop_s
    first_s = mistake.time_s - (heard_s if mistake.kind == FALSE_ALARM else 0.0) - around_s
    return max(0, round(first_s * RATE_HZ)), round((mistake.end_s + around_s) * RATE_HZ)
