"""Thresholds and slopes in words."""

import pytest

from webapp.forms.explanations import explain

PAPER = {
    "energy_threshold_mj": 1.25, "energy_step_mj": 0.75, "energy_step_points": 2.0,
    "flash_threshold_kb": 60.0, "flash_step_kb": 30.0, "flash_step_points": 2.0,
}  # fmt: skip


def test_the_papers_slopes_read_as_in_the_paper() -> None:
    words = explain(PAPER)
    assert words is not None
    assert words.energy == (
        "Energy of up to 1.25 mJ per inference is free. Above it, 0.75 mJ more must bring 2 points of accuracy."
    )
    assert words.flash == "A .tflite file of up to 60 kB is free. Above it, 30 kB more must bring 2 points of accuracy."


def test_the_example_adds_both_penalties_as_equation_1_does() -> None:
    words = explain(PAPER | {"energy_step_points": "1", "flash_step_points": "0.5"})
    assert words is not None
    assert words.example.startswith("A network of 2 mJ and 90 kB must be 1.5 points more accurate")


def test_no_points_means_no_penalty() -> None:
    words = explain(PAPER | {"energy_step_points": 0})
    assert words is not None
    assert words.energy.endswith("More is free too: its points are 0.")


def test_one_point_is_singular() -> None:
    words = explain(PAPER | {"energy_step_points": "1.0"})
    assert words is not None
    assert "must bring 1 point of accuracy" in words.energy


@pytest.mark.parametrize("value", ["", "abc", "-1", "nan", "inf", None, "0"])
def test_while_a_step_is_not_a_usable_number_nothing_is_claimed(value: object) -> None:
    assert explain(PAPER | {"energy_step_mj": value}) is None
