import numpy as np

from nas_engine.early_stopping import registry
from tests.nas_engine.early_stopping.curves import EPOCHS, curve, study

RULE = registry.create("exponential_decay", epochs=EPOCHS, qat_epochs=4, confidence=0.95, seed=0)
POOR = curve(0.55, np.random.default_rng(3))


def test_it_says_nothing_before_five_trials_have_finished_or_half_of_the_training_is_done() -> None:
    assert RULE.decide(POOR.cut(12), study(4)).forecast is None
    assert RULE.decide(POOR.cut(9), study(5)).forecast is None
    assert RULE.decide(POOR.cut(10), study(5)).forecast is not None


def test_it_stops_what_ends_low_and_not_what_ends_high() -> None:
    good = curve(0.78, np.random.default_rng(3))
    assert RULE.decide(POOR.cut(16), study(20)).stop
    assert not RULE.decide(good.cut(16), study(20)).stop


def test_a_constant_curve_ends_where_it_is() -> None:
    constant = study(1)[0].cut(0)
    flat = type(constant)((0.5,) * EPOCHS, constant.features, 0.0)
    decision = RULE.decide(flat, study(10))
    assert decision.forecast is not None
    assert abs(decision.forecast - 0.5) < 0.03
