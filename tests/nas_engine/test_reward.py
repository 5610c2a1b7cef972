import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas_engine.reward import RewardParameters, reward, reward_breakdown, rewards, within_thresholds

PAPER = RewardParameters()
LESS_HARSH = RewardParameters(energy_step_mj=1.75)  # b' of section 2

accuracies = st.floats(0, 1)
energies_mj = st.floats(0, 20)
flash_sizes = st.integers(1, 4_000_000)


def test_below_both_thresholds_the_reward_is_the_accuracy() -> None:
    assert reward(0.7, 1.25, 60_000, PAPER) == 0.7


def test_energy_above_the_threshold_costs_two_points_for_each_three_quarters_of_a_millijoule() -> None:
    """Section 2: "a 0.75 mJ increase in energy per inference must give at least a 2% increase in accuracy"."""
    assert reward(0.7, 1.25 + 0.75, 60_000, PAPER) == pytest.approx(0.68)
    assert reward(0.7, 1.25 + 1.75, 60_000, LESS_HARSH) == pytest.approx(0.68)


def test_a_90_kb_network_needs_two_points_more_than_one_of_60_kb() -> None:
    """Section 2: "a 90 kB model must have at least 0.02 accuracy points more than a 60 kB model"."""
    assert reward(0.72, 1.0, 90_000, PAPER) == pytest.approx(reward(0.70, 1.0, 60_000, PAPER))


@pytest.mark.parametrize(
    ("model", "accuracy", "energy_mj", "flash_bytes", "expected"),
    [
        # Table 1; expected computed by hand: 0.7078 - 0.02/0.75 * 0.05, and so on.
        ("NAS-Bayesian", 0.7078, 1.30, 51_220, 0.706467),
        ("NAS-HyperFirefly-b'", 0.7138, 1.72, 45_100, 0.701267),
        ("MobileNetV2", 0.7030, 13.90, 2_717_830, 0.703 - 0.337333 - 1.771887),
        ("TCResNet8-1.0", 0.6523, 0.20, 78_690, 0.6523 - 0.01246),
    ],
)
def test_rewards_of_the_published_networks(
    model: str, accuracy: float, energy_mj: float, flash_bytes: int, expected: float
) -> None:
    assert reward(accuracy, energy_mj, flash_bytes, PAPER) == pytest.approx(expected, abs=1e-6), model


@given(accuracies, energies_mj, energies_mj, flash_sizes, flash_sizes)
def test_more_energy_or_flash_never_raises_the_reward(
    accuracy: float, energy_a: float, energy_b: float, flash_a: int, flash_b: int
) -> None:
    cheap = reward(accuracy, min(energy_a, energy_b), min(flash_a, flash_b), PAPER)
    dear = reward(accuracy, max(energy_a, energy_b), max(flash_a, flash_b), PAPER)
    assert dear <= cheap <= accuracy


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_value_that_is_not_finite_is_refused_by_name(bad: float) -> None:
    with pytest.raises(ValueError, match="accuracy"):
        reward(bad, 1.0, 50_000, PAPER)
    with pytest.raises(ValueError, match="energy_mj"):
        reward(0.7, bad, 50_000, PAPER)
    with pytest.raises(ValueError, match="flash_bytes"):
        reward(0.7, 1.0, bad, PAPER)


@given(accuracies, energies_mj, flash_sizes)
def test_the_terms_of_the_reward_add_up_and_are_free_within_the_thresholds(
    accuracy: float, energy_mj: float, flash_bytes: int
) -> None:
    parts = reward_breakdown(accuracy, energy_mj, flash_bytes, PAPER)
    assert parts.reward == reward(accuracy, energy_mj, flash_bytes, PAPER)
    assert parts.reward == pytest.approx(parts.accuracy - parts.penalty)
    is_free = parts.energy_excess_mj == 0 and parts.flash_excess_bytes == 0
    assert within_thresholds(energy_mj, flash_bytes, PAPER) == is_free == (parts.penalty == 0)


def test_a_value_at_its_threshold_is_within_it() -> None:
    assert within_thresholds([1.25, 1.26, 1.25], [60_000, 60_000, 60_001], PAPER).tolist() == [True, False, False]


def test_a_step_of_zero_is_refused_and_a_step_of_no_accuracy_switches_the_penalty_off() -> None:
    with pytest.raises(ValueError, match="energy_step_mj must be above 0"):
        RewardParameters(energy_step_mj=0)
    with pytest.raises(ValueError, match="flash_step_bytes must be above 0"):
        RewardParameters(flash_step_bytes=0)
    free = RewardParameters(energy_step_accuracy=0, flash_step_accuracy=0)
    assert reward(0.7, 100.0, 10_000_000, free) == 0.7


def test_negative_and_infinite_parameters_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="energy_threshold_mj"):
        RewardParameters(energy_threshold_mj=-1)
    with pytest.raises(ValueError, match="flash_step_accuracy"):
        RewardParameters(flash_step_accuracy=math.inf)


@given(networks=st.lists(st.tuples(accuracies, energies_mj, flash_sizes), max_size=20))
def test_many_rewards_at_once_are_those_of_each(networks: list[tuple[float, float, int]]) -> None:
    columns = [list(column) for column in zip(*networks, strict=True)] or [[], [], []]
    assert rewards(*columns, LESS_HARSH).tolist() == pytest.approx([reward(*one, LESS_HARSH) for one in networks])
