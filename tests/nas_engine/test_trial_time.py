"""The rule of thumb for training times, and what finished trials make of it."""

import pytest

from nas_engine import trial_plan
from nas_engine.baselines import by_name
from nas_engine.cost import cost
from nas_engine.network.schedule import TrainingConfig
from nas_engine.trial_plan import Pace, TrialTime, pace, rule_time, taken_time

RULE = TrialTime(fixed=30.0, float_training=60.0, qat=10.0)


def rule(name: str, **epochs: int) -> TrialTime:
    return rule_time(flops=cost(by_name(name)).flops, clips=180, **({"full_epochs": 60} | epochs))


def test_the_rule_counts_the_passes_that_a_trial_trains() -> None:
    config = TrainingConfig(full_epochs=60)
    assert config.trial_epochs == trial_plan.TRIAL_SHARE * 60
    passes = config.trial_epochs, trial_plan.QAT_EPOCH_PASSES * config.qat_epochs
    counted = rule("TC-ResNet8")
    assert counted.float_training / counted.qat == pytest.approx(passes[0] / passes[1])


def test_a_mobilenet_takes_many_times_as_long_as_a_tc_resnet() -> None:
    assert rule("MobileNetV2").total > 4 * rule("TC-ResNet8").total


def test_training_grows_with_epochs_and_what_is_fixed_does_not() -> None:
    short, long = rule("TC-ResNet8", full_epochs=8, qat_epochs=1), rule("TC-ResNet8", full_epochs=80, qat_epochs=3)
    assert long.fixed == short.fixed
    assert long.float_training == pytest.approx(10 * short.float_training)
    assert long.qat == pytest.approx(3 * short.qat)


def test_a_finished_trial_is_divided_by_its_phases() -> None:
    phases = {"build": 1.0, "float": 6.0, "float_trace": 2.0, "qat": 3.0, "qat_trace": 2.0, "convert": 1.0}
    assert taken_time(20.0, phases, RULE) == TrialTime(fixed=11.0, float_training=6.0, qat=3.0)
    assert taken_time(50.0, {}, RULE) == TrialTime(fixed=15.0, float_training=30.0, qat=5.0)


def test_the_pace_is_that_of_the_middle_trial_apart_for_training_and_the_rest() -> None:
    assert pace([]) is None
    taken = [TrialTime(30.0, 120.0, 20.0), TrialTime(15.0, 60.0, 10.0), TrialTime(60.0, 600.0, 100.0)]
    assert pace((one, RULE) for one in taken) == Pace(fixed=1.0, training=2.0)
    assert Pace(fixed=0.5, training=2.0).applied_to(RULE) == TrialTime(15.0, 120.0, 20.0)


def test_the_share_that_is_done_never_falls_and_ends_at_one() -> None:
    steps = [("build", 0, 0), *(("float", epoch, 3) for epoch in range(4)), *(("qat", epoch, 2) for epoch in range(3))]
    shares = [
        RULE.share_done(*step) for step in [*steps, *((phase, 0, 0) for phase in ("convert", "streams", "evaluate"))]
    ]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[2] == pytest.approx((0.33 * 30 + 20) / 100)
    assert shares[-1] == 1.0
