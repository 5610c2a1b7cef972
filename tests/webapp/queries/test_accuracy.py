"""Accuracies with the clips behind them, their interval and chance; nothing at chance is the best."""

import math
from statistics import NormalDist

import pytest
from scipy.stats import binomtest

from tests.webapp.chance import CHANCE, study_at_chance
from webapp.models import Dataset
from webapp.queries.accuracy import EvaluationSplit, evaluation_split, interval95
from webapp.queries.pages.compare import choices
from webapp.queries.pages.results import Bests, bests, results
from webapp.queries.pages.studies import StudyFilter, study_page
from webapp.queries.study_summary import study_summary
from webapp.templatetags.accuracy import accuracy_cell, accuracy_legend, accuracy_line, accuracy_note, chance


def test_the_interval_of_20_of_28_clips_is_wilsons() -> None:
    low, high = interval95(20, 28)
    assert (round(low, 4), round(high, 4)) == (0.5294, 0.8475)


@pytest.mark.parametrize(("correct", "clips"), [(1, 28), (14, 28), (20, 28), (27, 28), (150, 1000)])
def test_the_ends_of_an_interval_solve_the_score_equation(correct: int, clips: int) -> None:
    """Where the accuracy were an end, what was counted would lie 1.96 standard errors off (Wilson, 1927)."""
    share, z = correct / clips, NormalDist().inv_cdf(0.975)
    for end in interval95(correct, clips):
        assert abs(share - end) == pytest.approx(z * math.sqrt(end * (1 - end) / clips), rel=1e-9)


@pytest.mark.parametrize("clips", [1, 2, 28, 220, 10_000])
def test_intervals_are_those_of_scipy(clips: int) -> None:
    for correct in sorted({0, 1, clips // 3, clips // 2, clips - 1, clips}):
        expected = binomtest(correct, clips).proportion_ci(0.95, method="wilson")
        assert interval95(correct, clips) == pytest.approx((expected.low, expected.high), rel=1e-12, abs=1e-15)


def test_an_interval_stays_between_0_and_1() -> None:
    assert interval95(0, 5)[0] == 0.0
    assert interval95(5, 5)[1] == 1.0


@pytest.mark.parametrize(("clips", "chance_level"), [(9, 0.4), (28, 0.25), (180, CHANCE), (3, 0.9), (10, 1.0)])
def test_accuracies_above_the_bound_are_those_whose_interval_lies_above_chance(clips: int, chance_level: float) -> None:
    split = EvaluationSplit(clips, chance_level)
    for correct in range(clips + 1):
        found = split.accuracy(correct / clips)
        assert found is not None
        assert (correct / clips >= split.least_above_chance) is not found.is_at_chance


def test_chance_is_the_share_of_the_commonest_class() -> None:
    dataset = Dataset(counts={"train": {"a": 90, "b": 1}, "eval": {"a": 6, "b": 21, "c": 1}})
    assert evaluation_split(dataset) == EvaluationSplit(28, 0.75)
    assert evaluation_split(Dataset(counts={})) is None
    assert evaluation_split(Dataset(counts={"eval": {}})) is None


def test_an_accuracy_is_shown_with_its_clips_and_marked_at_chance() -> None:
    dataset = Dataset(counts={"eval": {"a": 14, "b": 7, "c": 7}})
    cell, line = accuracy_cell(20 / 28, dataset), accuracy_line(20 / 28, dataset)
    assert cell == '71.4\N{NO-BREAK SPACE}% <small class="clips">20 of 28, 53–85\N{NO-BREAK SPACE}%</small>'
    assert line == "20 of 28 clips, 95\N{NO-BREAK SPACE}% interval 52.9 to 84.7\N{NO-BREAK SPACE}%"
    assert "‡" in accuracy_cell(14 / 28, dataset)
    assert "not above chance (50.0\N{NO-BREAK SPACE}%" in accuracy_line(14 / 28, dataset)
    assert chance(dataset) == "50.0\N{NO-BREAK SPACE}%"
    assert "is 50.0\N{NO-BREAK SPACE}%" in accuracy_legend(dataset)


def test_an_accuracy_of_unknown_clips_stands_alone() -> None:
    unprepared = Dataset(counts={})
    assert accuracy_cell(0.5, unprepared) == "50.0\N{NO-BREAK SPACE}%"
    assert accuracy_cell(None, Dataset(counts={"eval": {"a": 3}})) == "–"
    assert (accuracy_line(0.5, unprepared), accuracy_legend(unprepared), chance(unprepared)) == ("", "", "–")


def test_a_note_says_how_many_recordings_the_clips_were_cut_from() -> None:
    dataset = Dataset(counts={"eval": {"a": 14, "b": 14}})
    assert "The 28 clips were cut from 9 recordings" in accuracy_note(dataset, 9)
    assert "of a recording of its own" in accuracy_note(dataset, 28)
    assert "where there are several, the true interval is wider" in accuracy_note(dataset, None)


@pytest.mark.django_db
def test_nothing_at_chance_is_the_best() -> None:
    assert bests(results(study_at_chance())) == Bests()
    found = bests(results(study_at_chance(above=1)))
    assert found.by_reward is not None
    assert (found.by_reward.number, found.by_reward.reward) == (1, 0.5)


@pytest.mark.django_db
def test_lists_and_summaries_name_nothing_at_chance_best() -> None:
    silent, hearing = study_at_chance(), study_at_chance(above=2)
    rows = {row.id: row for row in study_page(StudyFilter()).rows}
    assert (rows[silent.pk].best_reward, rows[silent.pk].best_accuracy_within_limits) == (None, None)
    assert rows[hearing.pk].best_reward == 0.5
    assert study_summary(silent.pk)["study"]["best_trial"] is None
    summary = study_summary(hearing.pk)
    assert summary["study"]["best_trial"] == 1
    assert summary["study"]["dataset"]["chance"] == pytest.approx(CHANCE)
    first = summary["trials"][0]
    assert (first["int8_correct"], first["evaluation_clips"]) == (108, 180)
    assert first["int8_accuracy_95"] == list(interval95(108, 180))


@pytest.mark.django_db
def test_results_mark_what_is_above_chance() -> None:
    found = results(study_at_chance(above=2))
    assert found.above_chance.tolist() == [True, True, False, False]


@pytest.mark.django_db
def test_a_network_at_chance_is_on_no_front_however_cheap_it_is() -> None:
    study = study_at_chance(above=2)
    study.trials.filter(number=4).update(energy_mj=0.01, flash_bytes=100)
    found = results(study)
    assert not found.on_energy_front[2:].any()
    assert not found.on_flash_front[2:].any()
    assert found.on_energy_front.any()
    offered = {choice.text.partition(":")[0] for choice in choices(study.trials.get(number=3)).front}
    assert offered
    assert offered <= {"Trial 1", "Trial 2"}
