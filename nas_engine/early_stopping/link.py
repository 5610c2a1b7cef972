"""Rules for studies whose reward takes another accuracy than learning curves show: curves are of clips, rewards of
streams.

A rule compares what a curve will end with and what finished trials ended with, so both have to be of one measure. The
link between them is learned from the study's finished trials, which have both, and the rule works in units of clips:
each final accuracy is moved to the scale of the clips, and the penalty with it, which leaves the order of rewards, and
by how much they differ in their deviation, as they were. Decisions are moved back.

Notation, over the finished trials that a link is learned from:

    c, s       final accuracies of one .tflite file on clips and in the study's measure (0..1)
    b          `slope`, deviation of s / deviation of c: both spread alike in units of clips
    a          `offset`, mean of s - b mean of c
    t          (s - a) / b, final accuracy in units of clips
    r          `scatter`, standard deviation of t - c, how far the two measures disagree
    V[t]       v^2 + r^2 of a forecast of c with standard deviation v, by a rule that extrapolates curves

Rules that learn from finished trials how final accuracies follow from curves (TSGP, marginal value) learn t, scatter
included; the exponential decay takes a training's end for its final accuracy, so r is added to what it states.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nas_engine.early_stopping.base import Curve, Decision, Forecast, StoppingRule, compare, continue_training
from nas_engine.early_stopping.decay import ExponentialDecay

FEWEST_LINKED = 8
_SMALLEST_DEVIATION = 1e-3
_SLOPES = (0.2, 10.0)


@dataclass(frozen=True, slots=True)
class Link:
    """Affine map from the accuracy on clips to the study's measure; see the notation above."""

    offset: float
    slope: float
    scatter: float

    def on_clips(self, curve: Curve) -> Curve:
        """The curve with final accuracy and penalty in units of clips."""
        final = curve.final_accuracy
        moved = None if final is None else (final - self.offset) / self.slope
        return replace(curve, final_accuracy=moved, penalty=curve.penalty / self.slope, clip_accuracy=None)

    def back(self, decision: Decision, penalty: float) -> Decision:
        """A decision in units of clips in those of the study's rewards, of a network with this `penalty`."""

        def moved(reward: float | None) -> float | None:
            return None if reward is None else self.offset + self.slope * reward

        return replace(
            decision,
            penalty=penalty,
            forecast=moved(decision.forecast),
            low=moved(decision.low),
            high=moved(decision.high),
            best_reward=moved(decision.best_reward),
            threshold=moved(decision.threshold),
            rate=None if decision.rate is None else self.slope * decision.rate,
        )


def link_of(ended: Sequence[Curve]) -> Link | None:
    """The link that finished trials show; None with fewer than eight.

    It is learned from the first that ended, as many as there were when their number had last grown by a third, so that
    models that were fitted in its units are not fitted again after every trial.
    """
    finished = [curve for curve in ended if curve.final_accuracy is not None and curve.clip_accuracy is not None]
    if len(finished) < FEWEST_LINKED:
        return None
    count = FEWEST_LINKED
    while (larger := count + max(1, count // 3)) <= len(finished):
        count = larger
    clips = np.array([curve.clip_accuracy for curve in finished[:count]], np.float64)
    finals = np.array([curve.final_accuracy for curve in finished[:count]], np.float64)
    spreads = float(clips.std()), float(finals.std())
    slope = 1.0 if min(spreads) < _SMALLEST_DEVIATION else float(np.clip(spreads[1] / spreads[0], *_SLOPES))
    offset = float(finals.mean() - slope * clips.mean())
    return Link(offset, slope, float(((finals - offset) / slope - clips).std()))


@dataclass(frozen=True, slots=True)
class Linked:
    """`rule` for a study whose final accuracies are of another measure than its learning curves.

    Without a link, trainings continue and nothing is confirmed.
    """

    rule: StoppingRule

    def decide(self, running: Curve, ended: Sequence[Curve]) -> Decision:
        """Decision of the rule in units of clips, moved back to those of rewards."""
        link = link_of(ended)
        if link is None:
            return continue_training(running)
        on_clips = link.on_clips(running)
        decision = self.rule.decide(on_clips, [link.on_clips(curve) for curve in ended])
        if isinstance(self.rule, ExponentialDecay):
            decision = _widened(decision, on_clips, link.scatter, self.rule.confidence)
        return link.back(decision, running.penalty)

    def on_curves(self, ended: Sequence[Curve]) -> list[Curve]:
        """The curves in units of clips; none without a link."""
        link = link_of(ended)
        return [] if link is None else [link.on_clips(curve) for curve in ended]


def _widened(decision: Decision, running: Curve, scatter: float, required: float) -> Decision:
    """The decision with a forecast that is as uncertain as the scatter of the two measures makes it."""
    if decision.forecast is None or decision.best_reward is None or decision.deviation is None:
        return decision
    forecast = Forecast(decision.forecast, float(np.hypot(decision.deviation, scatter)))
    return compare(running, forecast, decision.best_reward, required)
