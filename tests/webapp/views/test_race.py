"""The race of designers: its page, sentences, charts and table."""

import json

import plotly.graph_objects
import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from tests.webapp.factories import make_dataset, make_study
from tests.webapp.views.reading import markup_of
from webapp.charts.race import race_figure, race_info, race_sentences
from webapp.models import Comparison, Dataset, Study, Trial
from webapp.queries.pages.race import race

pytestmark = pytest.mark.django_db
DESIGNERS = ("random", "eagle", "nsga2")


def raced(*, seeds: int = 3, completed: int = 8, dataset: Dataset | None = None) -> Comparison:
    """Searches by three designers, the simulated results of which differ by their seeds."""
    dataset = dataset or make_dataset()
    made = Comparison.objects.create(name=f"Race of {seeds}")
    for place, designer in enumerate(DESIGNERS):
        for seed in range(1, seeds + 1):
            name = f"{designer} {seed} of {seeds}"
            values = {"designer": designer, "seed": seed, "name": name, "trial_budget": completed}
            study = make_study(dataset=dataset, completed=completed, curves=completed, **values)
            Trial.objects.filter(study=study).update(int8_accuracy=0.6)
            for trial in study.trials.all():
                reward = 0.3 + 0.01 * trial.number + 0.05 * place + 0.002 * seed
                Trial.objects.filter(pk=trial.pk).update(reward=reward)
            made.studies.add(study)
    return made


def page(person: Client, comparison: Comparison) -> str:
    return markup_of(person.get(reverse("comparison_race", args=[comparison.pk])))


def test_the_page_reads_the_race_in_words_and_figures(person: Client) -> None:
    made = raced()
    text = page(person, made)
    assert "At 8 trials, which every search has reached, the best median reward is that of NSGA-II" in text
    assert "0.484 (quartiles 0.483 to 0.485, 3 seeds)" in text
    assert "that of Random search, after 1 trial of 8" in text
    assert "lie above those of Firefly (eagle strategy)." in text
    assert "At 120 epochs, which every search has reached" in text
    assert text.count('<svg class="drawing"') == 4
    assert reverse("comparison_race", args=[made.pk]) in markup_of(person.get(reverse("comparison", args=[made.pk])))


def test_one_seed_each_is_said_to_be_chance_and_overlapping_quartiles_too(person: Client) -> None:
    made = raced(seeds=1)
    assert "One seed of a designer cannot tell it from chance" in page(person, made)
    three = raced(seeds=3)
    Trial.objects.filter(study__comparisons=three).update(reward=0.4)
    assert "overlap: their order may be chance." in page(person, three)


def test_studies_that_differ_in_more_are_left_out_and_named(person: Client) -> None:
    made = raced(seeds=2)
    dataset = made.studies.earliest("pk").dataset
    odd = make_study(name="longer", designer="random", completed=3, trial_budget=9, dataset=dataset)
    made.studies.add(odd)
    text = page(person, made)
    assert "Left out: longer." in text
    assert "differ in trials as well" in text
    alone = Comparison.objects.create(name="alone")
    alone.studies.add(odd)
    assert "No designers to race" in page(person, alone)
    assert "Race of designers" not in markup_of(person.get(reverse("comparison", args=[alone.pk])))


def test_failed_trials_count_and_retried_ones_cost_their_epochs_alone() -> None:
    made = raced(seeds=1)
    study = made.studies.get(designer="random")
    first, second = study.trials.order_by("number")[:2]
    nothing = {"reward": None, "int8_accuracy": None, "float_accuracy": None, "energy_mj": None, "flash_bytes": None}
    Trial.objects.filter(pk=first.pk).update(state="FAILED", reason="a signal", tflite="", **nothing)
    Trial.objects.filter(pk=second.pk).update(retried_from=first)
    (found,) = next(racer for racer in race(made).racers if racer.name == "Random search").searches
    assert (found.trials, found.epochs) == (7, 8 * 15)
    assert found.by_trials is not None
    assert found.by_trials.at[0] == 1  # the retry, which stands for the failed one
    assert found.by_epochs is not None
    assert found.by_epochs.at[0] == 30


def test_two_switches_of_the_hybrid_are_two_designers() -> None:
    made, dataset = Comparison.objects.create(name="switches"), make_dataset()
    for switch_at in (10, 1_000):
        made.studies.add(make_study(dataset=dataset, completed=2, designer="hybrid", switch_at=switch_at))
    made.studies.add(make_study(dataset=dataset, completed=2, designer="random"))
    names = [racer.name for racer in race(made).racers]
    assert names == [
        "Gaussian process, then HyperFirefly, switches at 1,000",
        "Gaussian process, then HyperFirefly, switches at 10",
        "Random search",
    ]


def test_charts_are_figures_that_plotly_takes_with_a_line_of_its_own_a_designer(person: Client) -> None:
    made = raced()
    for part in ("trials", "epochs"):
        figure = person.get(reverse("race_chart", args=[made.pk, part])).json()
        plotly.graph_objects.Figure(json.loads(json.dumps(figure, allow_nan=False)))
        lines = [one for one in figure["data"] if one.get("showlegend", True)]
        assert len({(one["line"]["color"], one["line"]["dash"]) for one in lines}) == 3
        assert sum(one.get("fill") == "toself" for one in figure["data"]) == 3
    assert person.get(reverse("race_chart", args=[made.pk, "hours"])).status_code == 404


def test_the_table_holds_each_band(person: Client) -> None:
    made = raced()
    response = person.get(reverse("race_table", args=[made.pk, "csv"]))
    lines = b"".join(response).decode().splitlines()
    assert lines[0] == "designer,axis,at,lower_quartile,median,upper_quartile,searches"
    assert len(lines) == 1 + 3 * 2 * 8
    assert person.get(reverse("race_table", args=[made.pk, "parquet"])).status_code == 200


def test_as_many_queries_for_many_studies_as_for_few(
    person: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for seeds in (1, 3):
        made = raced(seeds=seeds)
        with django_assert_max_num_queries(6):
            page(person, made)


def test_no_sentence_where_nothing_is_comparable() -> None:
    info = race_info("trials", [("Random search", None), ("NSGA-II", None)])
    assert race_sentences(info) == ()
    assert race_figure(info)["data"] == []


def test_a_study_that_is_no_search_is_no_racer() -> None:
    made = raced(seeds=1)
    Study.objects.filter(designer="nsga2").update(kind=Study.Kind.BASELINES)
    assert [racer.name for racer in race(made).racers] == ["Firefly (eagle strategy)", "Random search"]
