"""Summary of trainings with BatchNorm's statistics from a sample and from all positions."""

import pytest

from benchmarks.batch_norm import summary


def training(accuracy: float, speed: float) -> dict[str, float]:
    return {"float_accuracy": accuracy, "int8_accuracy": accuracy - 0.01, "float_examples_per_second": speed}


SAMPLE = {"1": training(0.80, 150.0), "2": training(0.92, 130.0), "3": training(0.50, 1.0)}
ALL = {"1": training(0.82, 100.0), "2": training(0.90, 100.0)}


def test_seeds_that_have_both_are_compared_in_pairs() -> None:
    found = summary({"sample": SAMPLE, "all": ALL})
    assert found["seeds"] == 2
    assert found["speed_ratio"] == pytest.approx(1.4)
    accuracy = found["float_accuracy"]
    assert (accuracy["sample"], accuracy["all"], accuracy["difference"]) == (0.86, 0.86, 0.0)
    assert accuracy["standard_error"] == pytest.approx(0.02)  # differences -.02 and .02


def test_of_one_pair_nothing_is_said() -> None:
    assert summary({"sample": SAMPLE, "all": {"1": ALL["1"]}}) == {"seeds": 1}
