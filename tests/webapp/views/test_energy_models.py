"""The energy models of a device in the browser: ordered, watched, read, deleted."""

import csv
import io
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from plotly.graph_objects import Figure
from pytest_django import DjangoAssertNumQueries

from tests.webapp.energy_models import device, examined_model, measured_device, ready_model
from tests.webapp.factories import make_study
from webapp.models import EnergyModel, Run, Study
from webapp.queries.training_table import TrainingRow

pytestmark = pytest.mark.django_db
PARTS = ("flops", "latency", "predictions", "residuals", "learning", "permutation", "impurity")


def models_page(person: Client, device_id: int) -> str:
    response = person.get(reverse("energy_models", args=[device_id]))
    assert response.status_code == 200
    return response.content.decode()


def model_page(person: Client, model: EnergyModel) -> str:
    response = person.get(reverse("energy_model", args=[model.device_id, model.version]))
    assert response.status_code == 200
    return response.content.decode()


def far_off(model: EnergyModel) -> EnergyModel:
    """The model, having been far off at the first run that was held back."""
    first, *others = model.report["held_back"]
    model.report["held_back"] = [first | {"low_mj": 7.0, "predicted_mj": 8.0, "high_mj": 9.0}, *others]
    model.save(update_fields=["report"])
    return model


def test_a_device_without_enough_runs_says_what_is_missing(person: Client) -> None:
    phone = measured_device(3)
    text = models_page(person, phone.pk)
    assert "3 networks are measured on this device; an energy model needs at least 5" in text
    assert "Train the energy model</button>" not in text
    response = person.post(reverse("energy_models", args=[phone.pk]), {"seed": 1})
    assert response.status_code == 422
    assert not EnergyModel.objects.exists()


def test_a_devices_page_says_how_far_its_energy_model_is(person: Client) -> None:
    few, many, learnt = measured_device(3), measured_device(6), measured_device(14)
    model = examined_model(learnt)
    pages = [
        " ".join(person.get(reverse("device", args=[one.pk])).content.decode().split()) for one in (few, many, learnt)
    ]
    assert "It takes 5 measured networks at least, and 3 are" in pages[0]
    assert "6 networks are measured: the first model can be trained." in pages[1]
    assert reverse("energy_model", args=[learnt.pk, model.version]) in pages[2]
    assert "<strong>2 more are measured by now</strong>" in pages[2]


def test_an_order_leads_to_the_page_of_the_version_which_is_being_trained(person: Client) -> None:
    phone = measured_device(6)
    response = person.post(reverse("energy_models", args=[phone.pk]), {"seed": 4}, follow=True)
    text = response.content.decode()
    assert f"{phone.name}, model 1" in text
    assert "Waiting for a worker" in text
    assert "No data worker is running" in text
    assert EnergyModel.objects.get().seed == 4
    live = person.get(reverse("energy_model_live", args=[phone.pk, 1]))
    assert live.status_code == 200
    EnergyModel.objects.update(state="FAILED", reason="It ran out of memory.")
    over = person.get(reverse("energy_model_live", args=[phone.pk, 1]))
    assert (over.status_code, over.headers["HX-Refresh"]) == (286, "true")


def test_a_failed_training_says_why_and_can_be_tried_again(person: Client) -> None:
    phone = measured_device(6)
    model = EnergyModel.objects.create(device=phone, version=1, state="FAILED", reason="It ran out of memory.")
    assert "It ran out of memory." in model_page(person, model)
    assert "It ran out of memory." in models_page(person, phone.pk)
    person.post(reverse("train_energy_model_again", args=[phone.pk, 1]))
    model.refresh_from_db()
    assert model.state == "TRAINING"


def test_the_report_shows_how_good_the_model_is_on_networks_it_has_not_seen(person: Client) -> None:
    model = examined_model(measured_device(name="Pixel 4 XL"))
    text = model_page(person, model)
    report = model.report
    assert f"{report['r2']:.3f}" in text
    assert f"{report['rmse_mj']:.3f} mJ" in text
    assert "repeatability (standard deviation) 0.020 mJ" in text
    assert f"{100 * report['coverage']:.1f}\N{NO-BREAK SPACE}%" in text
    greatest, *others = (one["feature"] for one in report["permutation"])
    assert greatest in text
    assert others[-1] not in text.split("By impurity")[0].split("Shuffled")[1]
    assert text.count("data-chart=") == len(PARTS)
    assert f"{report['rmse_mj']:.3f} mJ" in models_page(person, model.device_id)


def test_runs_that_lie_furthest_off_are_linked_unless_they_were_deleted(person: Client) -> None:
    model = far_off(examined_model(measured_device()))
    row = TrainingRow(*model.runs["table"][model.report["held_back"][0]["index"]])
    assert reverse("run", args=[row.run_id]) in model_page(person, model)
    Run.objects.filter(pk=row.run_id).delete()
    text = model_page(person, model)
    assert reverse("run", args=[row.run_id]) not in text
    assert "deleted since" in text


def test_what_the_charts_show_is_also_told_in_words(person: Client) -> None:
    model = examined_model(measured_device())
    words = " ".join(model_page(person, model).split())
    inside = round(model.report["coverage"] * len(model.report["held_back"]))
    assert f"{inside} of {len(model.report['held_back'])} runs lie inside their 90 % interval." in words
    assert re.search(r"Correlation 0\.\d\d\..* MFLOPs took \d\.\d\d to \d\.\d\d mJ\.", words)
    assert re.search(r"mJ on average; half of the runs are off by less than 0\.\d{3} mJ", words)


def test_every_run_can_be_had_as_a_table_with_what_was_predicted_of_it(person: Client) -> None:
    model = examined_model(measured_device())
    response = person.get(reverse("energy_model_runs", args=[model.device_id, model.version, "csv"]))
    lines = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert [float(line["energy_mj"]) for line in lines] == [row[2] for row in model.runs["table"]]
    points = {point["index"]: point["predicted_mj"] for point in model.report["held_back"]}
    said = {index: float(line["predicted_mj"]) for index, line in enumerate(lines) if line["predicted_mj"]}
    assert said == pytest.approx(points)
    assert person.get(reverse("energy_model_runs", args=[model.device_id, 9, "csv"])).status_code == 404


@pytest.mark.parametrize("part", PARTS)
def test_every_chart_is_a_valid_figure_with_data(person: Client, part: str) -> None:
    model = examined_model(measured_device())
    response = person.get(reverse("energy_model_chart", args=[model.device_id, model.version, part]))
    figure = response.json()
    assert Figure(figure).data
    assert all(len(trace["x"]) for trace in figure["data"])


def test_the_pages_take_as_many_queries_for_many_runs_as_for_few(
    person: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for networks in (12, 24):
        model = far_off(examined_model(measured_device(networks)))
        with django_assert_num_queries(6):
            model_page(person, model)
        with django_assert_num_queries(6):
            models_page(person, model.device_id)


def test_no_other_page_reads_the_megabytes_that_a_model_learnt_from(person: Client) -> None:
    study = make_study(completed=2, energy_model=examined_model(measured_device()))
    trial = study.trials.get(number=1)
    pages = (
        reverse("study", args=[study.pk]),
        reverse("trial", args=[study.pk, 1]),
        f"{reverse('compare')}?of={trial.pk}",
        reverse("study_space", args=[study.pk]),
        reverse("study_json", args=[study.pk]),
    )
    with CaptureQueriesContext(connection) as asked:
        assert {person.get(page).status_code for page in pages} == {200}
    assert asked.captured_queries
    assert not [query["sql"] for query in asked.captured_queries if '"webapp_energymodel"."report"' in query["sql"]]


def test_a_model_that_no_study_goes_by_can_be_deleted(person: Client) -> None:
    model = examined_model(measured_device(name="Watch"))
    study = make_study(completed=1, energy_model=model)
    address = reverse("delete_energy_model", args=[model.device_id, model.version])
    assert "choose another energy model for these studies first" in person.post(address, follow=True).content.decode()
    Study.objects.filter(pk=study.pk).update(energy_model=None)
    assert "Deleted Watch, model 1" in person.post(address, follow=True).content.decode()
    assert not EnergyModel.objects.exists()


def test_what_is_not_there_is_not_found(person: Client) -> None:
    phone = device()
    assert person.get(reverse("energy_models", args=[phone.pk + 1])).status_code == 404
    assert person.get(reverse("energy_model", args=[phone.pk, 1])).status_code == 404
    model = ready_model(phone)
    assert person.get(reverse("energy_model_chart", args=[phone.pk, model.version, "nothing"])).status_code == 404
