"""The rule of thumb for training times."""

from nas_engine import trial_plan
from nas_engine.baselines import by_name
from nas_engine.cost import cost
from nas_engine.network.schedule import TrainingConfig
from nas_engine.trial_plan import rule_seconds, speed


def rule(name: str) -> float:
    return rule_seconds(flops=cost(by_name(name)).flops, full_epochs=60, clips=180)


def test_the_rule_counts_the_passes_that_a_trial_trains() -> None:
    config = TrainingConfig(full_epochs=60)
    assert config.trial_epochs == trial_plan.TRIAL_SHARE * 60
    assert 2 * config.qat_epochs == trial_plan._QAT_PASSES


def test_a_mobilenet_takes_many_times_as_long_as_a_tc_resnet() -> None:
    assert rule("MobileNetV2") > 4 * rule("TC-ResNet8")


def test_the_speed_is_that_of_the_middle_trial() -> None:
    assert speed([]) is None
    assert speed([(10.0, 5.0), (30.0, 10.0), (400.0, 4.0)]) == 3.0
