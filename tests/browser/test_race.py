"""Across studies in a browser: designers raced from a comparison page, fronts in one chart, the leaderboard."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from tests.browser.visiting import WIDE, problems_of_pages, signed_in
from tests.webapp.factories import make_baselines, make_dataset, make_study, make_user
from webapp.models import Comparison, Dataset, Study, Trial

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]
DESIGNERS = ("random", "eagle", "gaussian_process")


def searches(dataset: Dataset, *, seeds: int = 3, completed: int = 24) -> list[Study]:
    """Searches on one dataset that differ in designer and seed alone; the later designers' rewards are better."""
    found = []
    for place, designer in enumerate(DESIGNERS):
        for seed in range(1, seeds + 1):
            values = {"designer": designer, "seed": seed, "name": f"{designer}, seed {seed}", "dataset": dataset}
            study = make_study(completed=completed, curves=completed, **values, trial_budget=completed)
            Study.objects.filter(pk=study.pk).update(seed=seed)
            for trial in study.trials.all():
                better = trial.reward + 0.004 * place * trial.number
                Trial.objects.filter(pk=trial.pk).update(reward=better, int8_accuracy=max(0.3, trial.int8_accuracy))
            found.append(study)
    return found


def test_a_race_of_designers_from_chosen_studies_to_its_table(
    chromium: Browser, live_server: object, tmp_path: Path
) -> None:
    make_user()
    made = searches(make_dataset(name="Kitchen"))
    with signed_in(chromium, str(live_server), WIDE, accept_downloads=True) as context:
        page = context.new_page()
        page.goto(reverse("new_comparison"))
        for study in made:
            page.get_by_label(study.name, exact=True).check()
        page.locator("#comparison-form").get_by_label("Name").fill("Race")
        page.get_by_role("button", name="Compare").click()
        page.get_by_role("link", name="Race of designers").click()
        by_trials = page.locator("#race-trials")
        expect(by_trials).to_contain_text(
            "At 24 trials, which every search has reached, the best median reward is that of"
        )
        expect(by_trials.get_by_role("row")).to_have_count(4)
        chart = by_trials.locator("[data-chart]")
        chart.locator(".main-svg").first.wait_for()
        assert {name.text_content() for name in chart.locator(".legendtext").all()} == {
            "Random search", "Firefly (eagle strategy)", "Gaussian process (Bayesian)",
        }  # fmt: skip
        expect(page.locator("#race-epochs")).to_contain_text("At 360 epochs")
        with page.expect_download() as download:
            page.get_by_role("link", name="Medians and quartiles as CSV").click()
        download.value.save_as(tmp_path / "race.csv")
    assert (tmp_path / "race.csv").read_text().startswith("designer,axis,at,lower_quartile,median")


def test_the_race_stands_without_javascript(chromium: Browser, live_server: object) -> None:
    make_user()
    made = Comparison.objects.create(name="Race")
    made.studies.add(*searches(make_dataset(), seeds=1, completed=3))
    with signed_in(chromium, str(live_server), WIDE, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(reverse("comparison_race", args=[made.pk]))
        expect(page.locator("svg.drawing:visible")).to_have_count(2)
        page.goto(reverse("comparison", args=[made.pk]))
        expect(page.locator("svg.drawing:visible")).to_have_count(1)


def test_pages_across_studies_are_sound_in_both_widths_and_themes(
    chromium: Browser, live_server: object, screenshots: Path | None
) -> None:
    make_user()
    dataset = make_dataset(name="Kitchen and hallway")
    made = Comparison.objects.create(name="Race in the kitchen")
    made.studies.add(*searches(dataset))
    make_baselines(dataset)
    empty = Comparison.objects.create(name="Empty")
    addresses = {
        "race": reverse("comparison_race", args=[made.pk]),
        "race-none": reverse("comparison_race", args=[empty.pk]),
        "comparison-fronts": reverse("comparison", args=[made.pk]),
        "leaderboard": reverse("leaderboard", args=[dataset.pk]),
        "leaderboard-none": reverse("leaderboard", args=[make_dataset().pk]),
    }
    assert not problems_of_pages(chromium, str(live_server), addresses, screenshots)
