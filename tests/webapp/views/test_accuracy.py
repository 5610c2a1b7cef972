"""Pages, charts and exports give accuracies with their clips, intervals and chance."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from tests.webapp.chance import CHANCE, study_at_chance
from tests.webapp.factories import make_dataset, make_study
from tests.webapp.views.reading import markup_of

pytestmark = pytest.mark.django_db


def test_the_pages_of_a_study_at_chance_say_so(person: Client) -> None:
    study = study_at_chance()
    text = markup_of(person.get(reverse("study", args=[study.pk])))
    assert "no completed trial above chance (11.1\N{NO-BREAK SPACE}%) yet" in text
    assert "20 of 180, 7–17\N{NO-BREAK SPACE}%" in text
    assert 'id="best-link"' not in text
    trial = markup_of(person.get(reverse("trial", args=[study.pk, 1])))
    assert "20 of 180 clips" in trial
    assert "not above chance" in trial
    rewards = person.get(reverse("rewards_chart", args=[study.pk])).json()
    assert [trace["x"] for trace in rewards["data"] if trace["name"] == "Best so far"] == [[]]
    assert [len(trace["x"]) for trace in rewards["data"] if trace["name"] == "At chance"] == [4]


@pytest.mark.parametrize(
    ("view", "arguments"),
    [("front_chart", ["energy"]), ("front_chart", ["flash"]), ("curve_chart", [1]), ("figure2_chart", ["accuracy"])],
)
def test_charts_of_accuracies_have_a_line_at_chance(person: Client, view: str, arguments: list[object]) -> None:
    study = make_study(completed=2, curves=1)
    figure = person.get(reverse(view, args=[study.pk, *arguments])).json()
    assert 11.11 in [shape.get("y0") for shape in figure["layout"]["shapes"]]
    assert "chance 11.1 %" in [label["text"] for label in figure["layout"]["annotations"]]


def test_a_page_counts_the_recordings_of_the_evaluation_split(person: Client) -> None:
    study = make_study(completed=1, dataset=make_dataset(clips_a_class=3))
    assert "The 27 clips were cut from 18 recordings" in markup_of(person.get(reverse("trial", args=[study.pk, 1])))


def test_exports_have_the_interval_of_each_trial(person: Client) -> None:
    study = make_study(completed=1)
    exported = person.get(reverse("trials_csv", args=[study.pk])).getvalue().decode().splitlines()
    row = dict(zip(exported[0].split(","), exported[1].split(","), strict=False))
    assert float(row["int8_low95"]) < float(row["int8_accuracy"]) < float(row["int8_high95"])
    assert row["evaluation_clips"] == "180"
    assert json.loads(row["chance"]) == pytest.approx(CHANCE)
