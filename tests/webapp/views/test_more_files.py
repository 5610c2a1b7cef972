"""Tables of studies, finalists, comparisons, streams and explanations as files, and every chart as SVG."""

import xml.etree.ElementTree as ElementTree

import pytest
from django.test import Client
from django.urls import reverse

from tests.webapp.bundles import trial_with_network
from tests.webapp.energy_models import examined_model, measured_device
from tests.webapp.factories import make_baselines, make_study, stopped_early
from tests.webapp.finals import make_finals
from tests.webapp.streams import evaluated
from tests.webapp.views.test_tables import assert_same
from webapp.charts.why.page import SECTIONS
from webapp.models import Comparison, ShortlistedTrial, Study
from webapp.queries.charted import VIEWS
from webapp.queries.pages.study_tables import OF_A_STUDY, OF_COMPARED_STUDIES

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(db: None) -> Study:
    study = make_study(completed=12, curves=12, name="=Doorbell")
    make_baselines(study.dataset)
    ShortlistedTrial.objects.create(trial=study.trials.get(number=4))
    make_finals(study)
    return study


def both(name: str, *args: object) -> list[str]:
    return [reverse(name, args=[*args, kind]) for kind in ("csv", "parquet")]


@pytest.mark.parametrize("table", OF_A_STUDY)
def test_each_table_of_a_study_has_the_same_rows_in_both_kinds(person: Client, study: Study, table: str) -> None:
    frame = assert_same(person, *both("study_table", study.pk, table))
    if table == "shortlist":
        assert frame["trial"].to_list() == [4]
    if table == "baselines":
        compared = person.get(reverse("study", args=[study.pk])).context["compared"]
        assert frame["network"].to_list() == [one.row.name for one in compared]
        assert frame["reward"].to_list() == [one.reward for one in compared]
    if table == "equal-accuracy":
        equal = person.get(reverse("study", args=[study.pk])).context["equal_accuracy"]
        assert frame["trial"].to_list() == [one.number for one in equal]
    if table == "finalists":
        page = person.get(reverse("finalists", args=[study.pk])).context
        shown = [*page["finalists"], *page["baselines"]]
        assert frame["network"].to_list() == [one.finalist.label for one in shown]
        assert frame["int8_accuracy_mean"].to_list() == [getattr(one.accuracy, "mean", None) for one in shown]
    address = "finalists" if table == "finalists" else "study"
    assert both("study_table", study.pk, table)[1] in person.get(reverse(address, args=[study.pk])).content.decode()


@pytest.mark.parametrize("table", OF_COMPARED_STUDIES)
def test_each_table_of_a_comparison_has_the_same_rows_in_both_kinds(person: Client, study: Study, table: str) -> None:
    other = make_study(completed=3, name="Other", dataset=study.dataset, batch_size=64)
    comparison = Comparison.objects.create(name="Two")
    comparison.studies.add(study, other)
    frame = assert_same(person, *both("comparison_table", comparison.pk, table))
    assert frame.height
    page = person.get(reverse("comparison", args=[comparison.pk])).content.decode()
    assert both("comparison_table", comparison.pk, table)[0] in page


@pytest.mark.parametrize("name", [name for name in VIEWS if name != "latency"])
def test_the_table_of_a_view_is_a_file(person: Client, study: Study, name: str) -> None:
    frame = assert_same(person, *both("view_table", study.pk, name))
    page = person.get(reverse("study", args=[study.pk]), {"chart": name}).content.decode()
    assert both("view_table", study.pk, name)[0] in page
    if name != "blocks":
        assert all(frame[column].dtype.is_numeric() for column in frame.columns)


@pytest.mark.parametrize("part", [part for part in SECTIONS if part not in ("importance", "slices", "pair")])
def test_the_tables_that_explain_a_study_are_files(person: Client, study: Study, part: str) -> None:
    assert_same(person, *both("why_table", study.pk, "energy", part))
    assert (
        both("why_table", study.pk, "accuracy", part)[0]
        in person.get(reverse("study_why", args=[study.pk])).content.decode()
    )


def test_the_forecasts_of_early_stopping_are_a_file(person: Client) -> None:
    study = make_study(completed=2, curves=2, early_stopping="tsgp")
    trial = stopped_early(study.trials.get(number=1))
    frame = assert_same(person, *both("trial_table", study.pk, 1, "early-stopping"))
    assert frame["epoch"].to_list() == [one["epoch"] for one in trial.stopping["decisions"]]


def test_an_outcome_on_streams_is_a_file_with_a_row_for_each_class_and_level(person: Client) -> None:
    trial = trial_with_network()
    ready = evaluated(trial)
    frame = assert_same(person, *both("streams_table", trial.study_id, trial.number, ready.pk))
    assert {"snr_db", "miss_rate", "false_alarms_per_hour"} <= set(frame.columns)
    charts = [reverse(name, args=[trial.study_id, trial.number, ready.pk]) for name in ("det_chart", "noise_chart")]
    assert drawn(person, charts[0])


def drawn(person: Client, address: str) -> ElementTree.Element:
    response = person.get(address, {"as": "svg"})
    assert response.status_code == 200, address
    assert response.headers["Content-Type"] == "image/svg+xml"
    assert response.headers["Content-Disposition"].endswith('.svg"')
    return ElementTree.fromstring(response.content)


def test_every_chart_of_a_study_is_an_svg_file_that_stands_by_itself(person: Client, study: Study) -> None:
    addresses = [
        reverse("front_chart", args=[study.pk, "energy"]),
        reverse("front_chart", args=[study.pk, "flash"]),
        reverse("rewards_chart", args=[study.pk]),
        reverse("finalists_chart", args=[study.pk]),
        reverse("curve_chart", args=[study.pk, 1]),
        *(reverse("figure2_chart", args=[study.pk, part]) for part in ("accuracy", "memory")),
        *(reverse("view_chart", args=[study.pk, name]) for name in VIEWS if name not in ("space", "latency")),
        *(
            reverse("why_chart", args=[study.pk, "energy", part])
            for part in ("levels", "coordinates", "curves", "quantisation", "timeline")
        ),
    ]
    for address in addresses:
        root = drawn(person, address)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.get("aria-label")
        assert "--card" in (root.find("{http://www.w3.org/2000/svg}style").text or "")
        assert person.get(address).headers["Content-Type"] == "application/json"
        assert person.get(address, {"as": "gif"}).headers["Content-Type"] == "application/json"


def test_charts_of_an_energy_model_are_svg_files(person: Client) -> None:
    phone = measured_device()
    model = examined_model(phone)
    for part in ("flops", "predictions", "residuals", "learning"):
        assert drawn(person, reverse("energy_model_chart", args=[phone.pk, model.version, part])).get("aria-label")


def test_what_the_server_cannot_draw_is_said_to_be_so(person: Client) -> None:
    study = make_study(completed=3)
    assert person.get(reverse("view_chart", args=[study.pk, "space"]), {"as": "svg"}).status_code == 404
    empty = make_study(waiting=1)
    assert person.get(reverse("front_chart", args=[empty.pk, "energy"]), {"as": "svg"}).status_code == 404


def test_browsers_without_javascript_are_offered_each_drawing(person: Client) -> None:
    study = make_study(completed=3)
    page = person.get(reverse("study", args=[study.pk])).content.decode()
    for address in (reverse("rewards_chart", args=[study.pk]), reverse("front_chart", args=[study.pk, "energy"])):
        assert f'<noscript><a href="{address}?as=svg">SVG</a></noscript>' in page
    page = person.get(reverse("study_why", args=[study.pk])).content.decode()
    assert "?as=svg" in page


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("study_table", ["no-such"]),
        ("view_table", ["no-such"]),
        ("why_table", ["energy", "no-such"]),
        ("why_table", ["no", "curves"]),
    ],
)
def test_there_is_no_table_of_another_name_or_kind(person: Client, name: str, args: list[str]) -> None:
    study = make_study(completed=1)
    assert person.get(reverse(name, args=[study.pk, *args, "csv"])).status_code == 404
    assert person.get(reverse("study_table", args=[study.pk, "shortlist", "xlsx"])).status_code == 404
