"""Trials ranked with other thresholds and slopes: the same rewards as Equation 1 gives each."""

import time
from dataclasses import replace

import numpy as np
import pytest

from tests.webapp.factories import make_study
from webapp.models import Study, Trial
from webapp.queries.pages.results import results
from webapp.queries.pages.what_if import PUBLISHED, RewardChange, WhatIf, energy_choices, what_if

pytestmark = pytest.mark.django_db


def outcome_of(study: Study, change: RewardChange) -> WhatIf:
    outcome = what_if(study, change)
    assert outcome is not None
    return outcome


def test_the_present_settings_change_nothing() -> None:
    study = make_study(completed=30)
    outcome = outcome_of(study, RewardChange.present(study))
    stored = Trial.objects.filter(study=study).order_by("-reward", "number").values_list("number", "reward")[:10]
    assert [row.number for row in outcome.best] == [number for number, _ in stored]
    assert [row.reward for row in outcome.best] == pytest.approx([reward for _, reward in stored])
    assert all(row.rank == row.former_rank for row in outcome.best)
    assert (outcome.is_same, outcome.moved, outcome.joined, outcome.left) == (True, 0, 0, 0)


def test_dear_energy_favours_the_cheap_and_no_slopes_the_most_accurate() -> None:
    study = make_study(completed=60)
    found, now = results(study), RewardChange.present(study)
    free = outcome_of(study, replace(now, points_per_mj=0, points_per_kb=0))
    assert free.favourite.int8_accuracy == found.int8_accuracy.max()
    dear = outcome_of(study, replace(now, energy_threshold_mj=0, points_per_mj=100))
    assert dear.favourite.energy_mj < np.median(found.energy_mj)
    assert dear.favourite.number != free.favourite.number
    assert dear.favourite.former_rank > 1
    assert dear.within == 0
    expected = dear.favourite.int8_accuracy - dear.favourite.energy_mj - max(
        0.0, (dear.favourite.flash_bytes - 60_000) * 0.02 / 30_000
    )  # fmt: skip
    assert dear.favourite.reward == pytest.approx(expected)


def test_trials_at_chance_have_no_rank_and_alone_no_favourite() -> None:
    study = make_study(completed=4)
    Trial.objects.filter(study=study, number__lte=2).update(int8_accuracy=0.11)
    assert outcome_of(study, RewardChange.present(study)).trials == 2
    assert what_if(make_study(waiting=1), RewardChange.present(study)) is None


def test_only_energies_that_every_trial_has_can_be_chosen() -> None:
    study = make_study(completed=2)
    assert energy_choices(study, results(study)) == ((PUBLISHED, "published figures"),)


@pytest.mark.alone
def test_ten_thousand_trials_are_ranked_in_a_tenth_of_a_second() -> None:
    study = make_study(completed=10_000)
    change = replace(RewardChange.present(study), energy_threshold_mj=0.5)
    outcome_of(study, change)
    started = time.thread_time()
    for _ in range(10):
        outcome_of(study, change)
    assert (time.thread_time() - started) / 10 < 0.1
