"""Rules in studies whose rewards take another accuracy than curves show."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from nas_engine.early_stopping import registry
from nas_engine.early_stopping.base import Curve
from nas_engine.early_stopping.link import FEWEST_LINKED, Link, Linked, link_of
from tests.nas_engine.early_stopping.curves import EPOCHS, curve
from tests.nas_engine.early_stopping.curves import study as curves_of_study

RULES = [name for name in registry.NAMES if name != "none"]
POOR = curve(0.62, np.random.default_rng(5), feature=0.5)


def rule(name: str, *, is_linked: bool = True):
    return registry.create(name, epochs=EPOCHS, qat_epochs=4, confidence=0.95, seed=1, is_linked=is_linked)


def study(count: int = 16, penalty: float = 0.0) -> list[Curve]:
    named = enumerate(curves_of_study(count))
    return [replace(one, network=f"{16 * number + 1:08x}", penalty=penalty) for number, one in named]


def on_streams(
    ended: Sequence[Curve], offset: float = -1.0, slope: float = 2.5, scatter: float = 0.0, seed: int = 0
) -> list[Curve]:
    """The same with final accuracies on streams, an affine function of those on clips and some scatter."""
    rng = np.random.default_rng(seed)
    return [
        one
        if one.final_accuracy is None
        else replace(
            one,
            clip_accuracy=one.final_accuracy,
            final_accuracy=offset + slope * (one.final_accuracy + rng.normal(0, scatter)),
            penalty=slope * one.penalty,
        )
        for one in ended
    ]


def test_it_is_learned_from_trials_that_have_both_accuracies() -> None:
    found = link_of(on_streams(study()))
    assert found is not None
    assert (found.offset, found.slope, found.scatter) == pytest.approx((-1.0, 2.5, 0.0), abs=1e-9)
    assert link_of(on_streams(study(FEWEST_LINKED - 1))) is None
    assert link_of(study()) is None
    noisy = link_of(on_streams(study(60), scatter=0.02))
    assert noisy is not None
    assert 0.01 < noisy.scatter < 0.04


def test_it_stays_while_a_study_grows_by_less_than_a_third() -> None:
    ended = on_streams(study(14), scatter=0.02)
    assert link_of(ended[:8]) == link_of(ended[:9])
    assert link_of(ended[:10]) == link_of(ended[:12])
    assert link_of(ended[:9]) != link_of(ended[:10])


def test_equal_accuracies_leave_the_scale_as_it_is() -> None:
    ended = [replace(one, clip_accuracy=one.final_accuracy, final_accuracy=0.4) for one in study()]
    found = link_of(ended)
    assert found is not None
    assert found.slope == 1.0


@pytest.mark.parametrize("name", RULES)
def test_a_rule_decides_as_it_would_by_clips_in_units_of_streams(name: str) -> None:
    """Where one accuracy is an affine function of the other, both say the same of every training."""
    ended, slope = study(20, penalty=0.01), 2.5
    running = replace(POOR.cut(12), penalty=0.01, network="running")
    by_clips = rule(name, is_linked=False).decide(running, ended)
    linked = rule(name).decide(replace(running, penalty=slope * 0.01), on_streams(ended, -1.0, slope))
    assert by_clips.forecast is not None
    assert linked.forecast == pytest.approx(-1.0 + slope * by_clips.forecast, abs=1e-4)
    assert linked.best_reward == pytest.approx(-1.0 + slope * by_clips.best_reward, abs=1e-9)
    assert linked.deviation == pytest.approx(slope * by_clips.deviation, rel=1e-3)
    assert linked.probability == pytest.approx(by_clips.probability, abs=1e-3)
    assert linked.stop == by_clips.stop
    assert linked.penalty == slope * 0.01


@pytest.mark.parametrize("name", RULES)
def test_it_decides_nothing_before_there_is_a_link(name: str) -> None:
    decision = rule(name).decide(POOR.cut(12), on_streams(study(FEWEST_LINKED - 1)))
    assert (decision.stop, decision.forecast) == (False, None)


def test_the_extrapolating_rule_is_as_uncertain_as_the_measures_disagree() -> None:
    ended, running = study(20), POOR.cut(15)
    certain = rule("exponential_decay").decide(running, on_streams(ended, 0.0, 1.0))
    doubtful = rule("exponential_decay").decide(running, on_streams(ended, 0.0, 1.0, scatter=0.05))
    found = link_of(on_streams(ended, 0.0, 1.0, scatter=0.05))
    assert certain.deviation is not None
    assert doubtful.deviation is not None
    assert found is not None
    assert doubtful.deviation / found.slope == pytest.approx(np.hypot(certain.deviation, found.scatter), rel=1e-6)
    assert doubtful.probability < certain.probability


def test_confirmations_are_those_by_clips() -> None:
    ended = study(24)
    ended.append(replace(ended[22]))  # trained twice: to confirm the best or the second gains the same otherwise
    plain = registry.to_confirm(rule("marginal_value", is_linked=False), ended)
    assert plain is not None
    assert registry.to_confirm(rule("marginal_value"), on_streams(ended)) == plain
    assert registry.to_confirm(rule("marginal_value"), on_streams(ended)[:5]) is None


def test_a_rule_without_a_forecast_stays_without() -> None:
    link = Link(0.1, 2.0, 0.0)
    decision = link.back(rule("tsgp", is_linked=False).decide(POOR.cut(1), study()), 0.2)
    assert (decision.forecast, decision.penalty) == (None, 0.2)
    assert isinstance(rule("tsgp"), Linked)
