"""Searches at a smaller scale: in proportion, never too small to run, and with what it changes in words."""

import pytest

from webapp.forms.presets import presets
from webapp.forms.scale import SCALES, ScaleError, consequences, scale_of, scaled

PAPER = {"name": "x", "trial_budget": 2000, "switch_at": 1000, "full_epochs": 200, "batch_size": 64}


def test_trials_switch_and_epochs_are_in_proportion_and_nothing_else_changes() -> None:
    assert scaled(PAPER, 0.1) == PAPER | {"trial_budget": 200, "switch_at": 100, "full_epochs": 20}
    assert scaled(PAPER, 1.0) == PAPER


def test_a_small_scale_leaves_a_search_that_can_run_and_no_search_is_made_larger() -> None:
    assert scaled(PAPER, 0.001) == PAPER | {"trial_budget": 10, "switch_at": 5, "full_epochs": 8}
    small = {"trial_budget": 6, "full_epochs": 4}
    assert scaled(small, 0.5) == small


def test_what_changes_is_stated_with_both_numbers() -> None:
    text = consequences(PAPER, 0.25)
    assert text.startswith("At 25 % of its size: 500 instead of 2,000 trials, 250 instead of 1,000 trials before the")
    assert "50 instead of 200 epochs of a full training. A smaller search finds less accurate networks" in text
    assert consequences(PAPER, 1.0) == ""


@pytest.mark.parametrize(("text", "scale"), [("0.1", 0.1), ("10%", 0.1), (" 2 % ", 0.02), ("1", 1.0)])
def test_a_scale_is_a_share_or_percent(text: str, scale: float) -> None:
    assert scale_of(text) == pytest.approx(scale)


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "150%", "nan", "inf", "a tenth"])
def test_another_scale_is_rejected_in_words(text: str) -> None:
    with pytest.raises(ScaleError, match="A scale is a number above 0 and at most 1"):
        scale_of(text)


@pytest.mark.parametrize("scale", SCALES)
def test_the_papers_searches_keep_their_proportions_at_every_scale_that_is_offered(scale: float) -> None:
    for preset in presets():
        if preset.values["trial_budget"] == 2000:
            values = scaled(preset.values, scale)
            assert values.get("switch_at", values["trial_budget"] / 2) == values["trial_budget"] / 2
