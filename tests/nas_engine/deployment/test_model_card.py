"""The model card states each class with its interval, and does not hide what nobody entered."""

import pytest
from scipy.stats import binomtest

from nas_engine.deployment.model_card import ClassAccuracy, class_accuracies, model_card
from tests.nas_engine.deployment import made


def test_each_class_has_its_accuracy_with_wilsons_interval() -> None:
    card = model_card(made.facts())
    found = binomtest(18, 20).proportion_ci(method="wilson")
    assert f"| alarm | 20 | 90.0 % ({100 * found.low:.1f} to {100 * found.high:.1f}) |" in card
    all_of_them = binomtest(162, 178).proportion_ci(method="wilson")
    assert f"| all | 178 | 91.0 % ({100 * all_of_them.low:.1f} to {100 * all_of_them.high:.1f}) |" in card


def test_what_nobody_entered_is_said_and_synthetic_sounds_are_named() -> None:
    assert "Licence of the sounds: not stated" in model_card(made.facts())
    card = model_card(made.facts(synthetic=True, licence="CC BY 4.0", limits=("Only kitchens.",)))
    assert "kitchen (synthetic sounds, not recorded)" in card
    assert "Licence of the sounds: CC BY 4.0" in card
    assert "- Only kitchens." in card


def test_accuracies_are_the_diagonal_of_the_confusion_matrix() -> None:
    assert class_accuracies([[3, 1], [0, 0]], ["a", "b"]) == (ClassAccuracy("a", 4, 3), ClassAccuracy("b", 0, 0))
    with pytest.raises(ValueError, match=r"longer|shorter"):
        class_accuracies([[3, 1], [0, 0]], ["a"])


def test_a_class_without_clips_has_no_accuracy() -> None:
    assert "| b | 0 | no clips |" in model_card(made.facts(classes=class_accuracies([[3, 1], [0, 0]], ["a", "b"])))
