"""Settings in which studies differ, and what that means for comparing them."""

import pytest

from tests.webapp.energy_models import device, ready_model
from tests.webapp.factories import edited_spec, make_dataset, make_study
from webapp.models import Dataset, Study
from webapp.queries.setting_differences import Differences, differences_of

pytestmark = pytest.mark.django_db


def differences(*settings: dict[str, object]) -> Differences:
    """Of studies with these settings, on one dataset unless they name another."""
    shared = Dataset.objects.filter(name="kitchen").first() or make_dataset(name="kitchen")
    return differences_of([make_study(**{"dataset": shared, "state": "DRAFT", **values}) for values in settings])


def values_of(found: Differences) -> dict[str, tuple[str, ...]]:
    return {setting.name: setting.values for setting in found.settings}


def test_studies_with_the_same_settings_differ_in_nothing() -> None:
    found = differences({"name": "a"}, {"name": "b", "notes": "other"})
    assert found.settings == ()
    assert (found.of_results, found.of_rewards) == ("", "")
    assert differences_of([]).settings == ()


def test_each_setting_is_stated_in_words_in_the_order_of_settings() -> None:
    model = ready_model(device(name="Pixel 4 XL"))
    found = differences(
        {"designer": "random", "trial_budget": 2000, "energy_threshold_mj": 1.25},
        {"designer": "eagle", "trial_budget": 100, "energy_threshold_mj": 2.0, "energy_model": model},
    )
    assert values_of(found) == {
        "designer": ("Random search", "Firefly (eagle strategy)"),
        "trial_budget": ("2,000", "100"),
        "energy_model": ("estimate from published figures (Speckhard et al., Tables 1 and 2)", "Pixel 4 XL, model 1"),
        "energy_threshold_mj": ("1.25", "2"),
    }
    assert found.of_results == "trials, energy model and energy threshold (mJ)"
    assert found.of_rewards == ""


def test_other_datasets_and_lengths_are_no_fair_comparison_and_another_slope_weighs_rewards_alone() -> None:
    found = differences({}, {"dataset": make_dataset(name="hall"), "full_epochs": 20, "energy_step_mj": 1.75})
    assert values_of(found)["dataset"] == ("kitchen", "hall")
    assert found.of_results == "dataset and full training length"
    assert found.of_rewards == "energy step (mJ)"


def test_what_has_no_effect_is_no_difference() -> None:
    found = differences(
        {"designer": "hybrid", "switch_at": 50, "early_stopping": "none", "stop_confidence": 0.9},
        {"designer": "random", "switch_at": 1000, "early_stopping": "none", "stop_confidence": 0.95},
        {"designer": "random", "flash_limit_kb": 60.0},
    )
    assert values_of(found) == {"designer": ("Gaussian process, then HyperFirefly", "Random search", "Random search")}
    two = differences(
        {"designer": "hybrid", "switch_at": 50}, {"designer": "hybrid", "switch_at": 60}, {"designer": "random"}
    )
    assert values_of(two)["switch_at"] == ("50", "60", "–")


def test_limits_count_where_they_are_enforced() -> None:
    enforced = {"enforce_constraints": True, "flash_limit_kb": 60.0}
    found = differences(enforced, enforced | {"flash_limit_kb": 70.0}, {})
    assert values_of(found) == {"enforce_constraints": ("yes", "yes", "no"), "flash_limit_kb": ("60", "70", "–")}


def test_edited_spaces_differ_in_their_options_not_in_their_names() -> None:
    one, two = (edited_spec(blocks=blocks).search_space().to_json() for blocks in (4, 5))
    dataset = make_dataset()
    studies = [Study(dataset=dataset, space="edited", space_spec=spec) for spec in (one, two, one)]
    assert values_of(differences_of(studies))["space"] == ("Edited from Paper, 2-D",) * 3
    assert differences_of([studies[0], studies[2]]).settings == ()
