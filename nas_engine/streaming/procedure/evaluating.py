"""Evaluation of a network on streams: thresholds chosen on some clips, measured on others or on recordings."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nas_engine.errors import TransientError
from nas_engine.streaming.composing import ComposedStream, SourceClip, compose
from nas_engine.streaming.evaluation.det import DetCurve, each_det_curve
from nas_engine.streaming.evaluation.event_scores import event_scores
from nas_engine.streaming.evaluation.measures import measure
from nas_engine.streaming.evaluation.thresholds import ChosenThresholds, choose_thresholds
from nas_engine.streaming.layout import StreamLayout
from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.procedure.mistakes import mistakes_of, worst
from nas_engine.streaming.procedure.outcome import DetPoints, EvaluationOutcome, MeasuredStream, Mistake, level_of
from nas_engine.streaming.procedure.plan import EvaluationPlan
from nas_engine.streaming.values import SoundStream, StreamScores

MOST_MISTAKES = 300
DET_POINTS = 200

Clips = Callable[[], Sequence[SourceClip]]
"""Gives the clips of a part; called once, when it is their turn, so that one part is in memory at a time."""
ScoresOf = Callable[[SoundStream], StreamScores]
"""Listens to a stream with the hop and the gain of the plan's loop, as `scores.stream_scores`."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """Scores of a stream, with what it is known by."""

    scores: StreamScores
    snr_db: float | None = None
    layout: StreamLayout | None = None
    background: str = ""
    scaled_db: float = 0.0


@dataclass(frozen=True, slots=True)
class _Part:
    """Streams that thresholds are chosen on, or that are measured, and the recordings that their clips are cut from."""

    heard: tuple[_Heard, ...]
    recordings: frozenset[str] = frozenset()

    @property
    def scores(self) -> list[StreamScores]:
        return [one.scores for one in self.heard]


def evaluate_composed(
    choosing: Clips, measuring: Clips, plan: EvaluationPlan, scores_of: ScoresOf
) -> EvaluationOutcome:
    """Thresholds chosen on streams of the clips `choosing`, measured on streams of the clips `measuring`.

    Clips of the loop's silent classes are the background. Numbers of sounds in the outcome are places in `measuring`.
    Raises BadDataset as `compose` does.
    """
    chosen_on = _composed("choosing", choosing, plan, 0, scores_of)
    chosen = _choose(chosen_on, plan)
    return _outcome(chosen, chosen_on, _composed("measuring", measuring, plan, plan.streams, scores_of), plan)


def evaluate_recordings(
    choosing: Clips, recordings: Sequence[SoundStream], plan: EvaluationPlan, scores_of: ScoresOf
) -> EvaluationOutcome:
    """Thresholds chosen on streams of the clips `choosing`, measured on recordings with their events.

    Raises BadDataset as `compose` does, ClipProblem for a recording that cannot be read, ValueError without any.
    """
    chosen_on = _composed("choosing", choosing, plan, 0, scores_of)
    measured = _Part(tuple(_Heard(scores_of(one)) for one in recordings))
    return _outcome(_choose(chosen_on, plan), chosen_on, measured, plan)


def _composed(name: str, clips_of: Clips, plan: EvaluationPlan, first: int, scores_of: ScoresOf) -> _Part:
    clips = clips_of()
    heard = tuple(_streams(name, clips, plan, first, scores_of))
    return _Part(heard, frozenset(clip.source for clip in clips if clip.source))


def _streams(
    part: str, clips: Sequence[SourceClip], plan: EvaluationPlan, first: int, scores_of: ScoresOf
) -> Iterator[_Heard]:
    """Streams at all ratios, one in memory at a time."""
    silent = plan.loop.silent_classes
    events = [clip for clip in clips if clip.label not in silent]
    places = [place for place, clip in enumerate(clips) if clip.label not in silent]
    behind = [place for place, clip in enumerate(clips) if clip.label in silent]
    for ratio in plan.snr_db:
        for number in range(plan.streams):
            unit = f"{part}, stream {number + 1}"
            name = f"{unit} at {ratio:g} dB"
            sounds = [clips[place].samples for place in behind]
            stream = compose(name, events, sounds, plan.composition(ratio, first + number))
            layout = _renumbered(stream, places, behind)
            yield _Heard(replace(scores_of(stream), unit=unit), ratio, layout, stream.background, stream.scaled_db)


def _renumbered(stream: ComposedStream, places: Sequence[int], behind: Sequence[int]) -> StreamLayout | None:
    """Layout of a stream by the places of its sounds among all clips; pink noise keeps its own numbers."""
    if stream.layout is None:
        return None
    is_pink = stream.layout.is_pink
    return stream.layout.with_sounds(places.__getitem__, int if is_pink else behind.__getitem__)


def _choose(part: _Part, plan: EvaluationPlan) -> ChosenThresholds:
    return choose_thresholds(each_det_curve(part.scores, plan.loop, plan.collar_s), plan.target)


def _outcome(chosen: ChosenThresholds, chosen_on: _Part, measured: _Part, plan: EvaluationPlan) -> EvaluationOutcome:
    loop = plan.loop.with_thresholds(chosen.thresholds)
    heard, scores = measured.heard, measured.scores
    together = measure(scores, loop, plan.collar_s, plan.seed)
    ratios = list(dict.fromkeys(one.snr_db for one in heard if one.snr_db is not None))
    by_ratio = {ratio: [one.scores for one in heard if one.snr_db == ratio] for ratio in ratios}
    mistakes: list[Mistake] = []
    for number, one in enumerate(heard):
        found = together.matchings[one.scores.name]
        mistakes += mistakes_of(number, one.scores, one.layout, found, loop, plan.collar_s)
    scored, trouble = _event_scores(scores, loop)
    return EvaluationOutcome(
        loop=loop.to_json(),
        chosen_hours=chosen.hours,
        chosen_misses=dict(chosen.misses),
        chosen_false_alarms=dict(chosen.false_alarms),
        levels=tuple(level_of(measure(by_ratio[one], loop, plan.collar_s, plan.seed), one) for one in ratios),
        together=level_of(together, None),
        det=tuple(map(_points, each_det_curve(scores, loop, plan.collar_s))),
        streams=tuple(MeasuredStream(one.scores.name, one.snr_db, _stored(one.layout)) for one in heard),
        mistakes=worst(mistakes, MOST_MISTAKES),
        mistakes_in_all=len(mistakes),
        event_scores=scored,
        notes=(*_notes(chosen, chosen_on, measured, loop), *trouble),
    )


def _event_scores(scores: Sequence[StreamScores], loop: LoopSettings) -> tuple[dict[str, float], list[str]]:
    """Scores of the field's library by name, and a note where it fails: it is no reason to lose all other figures."""
    try:
        scored = event_scores(scores, loop)
    except TransientError as error:
        return {}, [f"Event-based and PSD scores are missing: {error}"]
    return {name: getattr(scored, name) for name in ("macro_f1", "psds_1", "psds_2")} if scored else {}, []


def _stored(layout: StreamLayout | None) -> dict[str, object]:
    return layout.to_json() if layout else {}


def _points(curve: DetCurve) -> DetPoints:
    """Points where the curve moves, at most `DET_POINTS` of them, its ends among them."""
    rates, misses = curve.false_alarms_per_hour, curve.miss_rates
    moves = (np.diff(rates) != 0.0) | (np.diff(np.nan_to_num(misses)) != 0.0)
    places = np.flatnonzero(np.concatenate([[True], moves]))
    if len(places) > DET_POINTS:
        places = places[np.unique(np.rint(np.linspace(0, len(places) - 1, DET_POINTS)).astype(int))]
    return DetPoints(
        curve.label,
        tuple(map(float, curve.thresholds[places])),
        tuple(map(float, rates[places])),
        tuple(map(float, misses[places])) if curve.events else (),
    )


def _notes(chosen: ChosenThresholds, chosen_on: _Part, measured: _Part, loop: LoopSettings) -> Iterator[str]:
    """Sentences about what limits the figures, of both parts."""
    if chosen.note:
        yield chosen.note
    if shared := sorted(chosen_on.recordings & measured.recordings):
        more = f" and {len(shared) - 3} more" if len(shared) > 3 else ""
        yield (
            "Thresholds were chosen on clips of recordings that are also measured on, so that figures may flatter "
            f"them: {', '.join(shared[:3])}{more}."
        )
    without = "their thresholds are chosen by false alarms alone"
    yield from _notes_of("Streams that thresholds are chosen on", chosen_on.heard, loop, without)
    yield from _notes_of("Streams that are measured", measured.heard, loop, "what is missed of them is not known")


def _notes_of(which: str, heard: Sequence[_Heard], loop: LoopSettings, without: str) -> Iterator[str]:
    """Sentences about the streams of one part, which begin with `which`; `without` is what lacking events mean."""
    if any("pink noise" in one.background for one in heard):
        silent = " or ".join(f"'{label}'" for label in loop.silent_classes)
        yield f"{which}: the background is generated pink noise, since their part has no clips of {silent} with sound."
    scaled = min((one.scaled_db for one in heard), default=0.0)
    if scaled < 0.0:
        yield f"{which}: those that would clip were scaled down as a whole, by up to {-scaled:.1f} dB."
    if saturated := sum(one.scores.saturated_samples for one in heard):
        yield f"{which}: the gain of {loop.gain_db:g} dB brought {saturated:,} samples beyond full scale."
    classes = heard[0].scores.classes if heard else ()
    present = {event.label for one in heard for event in one.scores.events}
    if lacking := [label for label in loop.detected_classes(classes) if label not in present]:
        yield f"{which}: there are no events of {', '.join(lacking)}; {without}."
