"""Training length and learning rates."""

import pytest

from nas_engine.network.schedule import CosineDecay, TrainingConfig


def test_a_trial_trains_for_three_quarters_of_the_full_time() -> None:
    assert TrainingConfig(full_epochs=60).trial_epochs == 45
    assert TrainingConfig(full_epochs=1).trial_epochs == 1


@pytest.mark.parametrize(
    ("field", "value"), [("full_epochs", 0), ("batch_size", 0), ("learning_rate", 0.0), ("dropout", -0.1)]
)
def test_impossible_settings_are_refused_by_name(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=field):
        TrainingConfig(**{field: value})


def test_the_learning_rate_rises_to_its_peak_and_falls_to_almost_nothing() -> None:
    rates = [CosineDecay(peak=1.0, steps=100, warmup_steps=10)(step) for step in range(100)]
    assert rates[:3] == pytest.approx([0.1, 0.2, 0.3])
    assert rates[9] == rates[10] == 1.0
    assert rates[55] == pytest.approx(0.5)
    assert 0 < rates[99] < 0.001
    assert rates[10:] == sorted(rates[10:], reverse=True)


def test_without_warm_up_training_begins_at_the_peak() -> None:
    assert CosineDecay(peak=0.3, steps=10)(0) == 0.3
