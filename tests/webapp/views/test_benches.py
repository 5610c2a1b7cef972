"""Choosing networks to measure, kits to download, tables to import."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.webapp import benches, rows
from tests.webapp.factories import make_study, with_tflite
from tests.webapp.views.bench_pages import upload, work
from tests.webapp.views.reading import text_of
from webapp.models import BenchKit, Campaign, MeasurementFile, Run
from webapp.services.requests import save_architectures
from webapp.translation import architecture_row
from webapp.worker.packing import pack_kit

pytestmark = pytest.mark.django_db


def test_a_studys_front_is_packed_and_downloaded(person: Client) -> None:
    study, campaign = make_study(completed=6), benches.campaign()
    address = reverse("bench", args=[campaign.pk])
    page = person.get(address, {"study": study.pk})
    hashes = [one.hash for one in page.context["found"]]
    assert hashes
    trial = study.trials.get(architecture_id=hashes[0])
    with_tflite(trial, b"TFL3")
    person.post(reverse("take_to_bench", args=[campaign.pk]), {"of": hashes[:1], "kit": "1"})
    kit = BenchKit.objects.get()
    assert person.get(reverse("kit_zip", args=[kit.pk])).status_code == 404
    pack_kit(kit.pk, "worker")
    answer = person.get(reverse("kit_zip", args=[kit.pk]))
    assert b"".join(answer.streaming_content).startswith(b"PK")
    assert reverse("kit_zip", args=[kit.pk]) in text_of(person.get(reverse("campaign", args=[campaign.pk])))
    person.post(reverse("delete_kit", args=[kit.pk]))
    assert not BenchKit.objects.exists()


def test_networks_are_found_by_search_and_by_hashes_in_the_address(person: Client) -> None:
    trial = rows.completed_trial(rows.running_study(name="Doorbell watch"))
    address = reverse("bench", args=[benches.campaign().pk])
    for query in ({"q": "doorbell"}, {"of": trial.architecture_id}):
        assert "Doorbell watch, trial 1" in text_of(person.get(address, query))
    assert "No network found" in text_of(person.get(address, {"q": "nothing such"}))
    assert "No network found" in text_of(person.get(address, {"study": "9" * 30}))


def test_networks_are_ordered_to_be_measured_here(person: Client) -> None:
    trial, campaign = rows.completed_trial(rows.running_study()), benches.campaign()
    take = reverse("take_to_bench", args=[campaign.pk])
    person.post(take, {"of": [trial.architecture_id], "here": "1"})
    run = Run.objects.get()
    assert (run.settings["source"], run.architecture_id) == ("host", trial.architecture_id)
    assert "Measuring on this computer" in text_of(person.get(reverse("run", args=[run.pk])))
    assert "Choose at least one network" in text_of(person.post(take, {"here": "1"}, follow=True))


def import_page(person: Client, campaign: Campaign, **values: object) -> str:
    """What the page says to which an import leads, once a worker has done it."""
    response = person.post(reverse("import_results", args=[campaign.pk]), values)
    work()
    return text_of(person.get(response.url) if response.status_code == 302 else response)


def test_a_table_is_imported_from_a_file_or_its_text_and_its_runs_say_which_line(person: Client) -> None:
    digest = rows.completed_trial(rows.running_study()).architecture_id
    campaign, table = benches.campaign(), f"architecture,energy_mj\n{digest},1.5\n"
    assert "Runs imported</dt><dd>1:" in import_page(person, campaign, pasted=table)
    file = SimpleUploadedFile("table.csv", f"{table}{digest},1.6\n".encode())
    assert "Runs imported</dt><dd>2:" in import_page(person, campaign, file=file)
    assert list(Run.objects.order_by("pk").values_list("state", "energy_mj")) == [
        ("READY", 1.5),
        ("READY", 1.5),
        ("READY", 1.6),
    ]
    last = Run.objects.latest("pk")
    page = text_of(person.get(reverse("run", args=[last.pk])))
    assert "imported from a table: line 3 of" in page
    assert reverse("measurement", args=[last.settings["file"]]) in page


def test_the_same_table_is_imported_once_and_stays_while_its_runs_do(person: Client) -> None:
    digest = rows.completed_trial(rows.running_study()).architecture_id
    campaign, table = benches.campaign(), f"architecture,energy_mj\n{digest},1.5\n"
    import_page(person, campaign, pasted=table)
    assert "it is not imported twice" in import_page(person, campaign, pasted=table)
    run = Run.objects.get()
    address = reverse("delete_measurement", args=[run.settings["file"]])
    assert "delete this run" in text_of(person.post(address, follow=True))
    run.delete()
    assert "Deleted pasted table.csv" in text_of(person.post(address, follow=True))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "Give a file with a table"),
        ({"file": SimpleUploadedFile("table.xls", b"\xd0\xcf\x11\xe0")}, "table.xls is no text"),
        ({"pasted": "architecture,energy_mj\nabc,1\nabc,2\n"}, "Line 3: "),
        ({"pasted": "name,joules\na,1\n"}, "The first line must name the columns"),
    ],
)
def test_a_wrong_table_is_refused_and_nothing_is_imported(
    person: Client, values: dict[str, object], message: str
) -> None:
    assert message in import_page(person, benches.campaign(), **values)
    assert not Run.objects.exists()


def test_a_table_is_imported_again_once_its_networks_are_known(person: Client) -> None:
    network = rows.networks(rows.draft_study(), 1, seed=5)[0]
    table = f"architecture,energy_mj\n{network.hash},1.5\n"
    assert "no architecture that Earshot knows has a hash" in import_page(person, benches.campaign(), pasted=table)
    save_architectures([architecture_row(network)])
    file = MeasurementFile.objects.get()
    again = {"seen_version": file.options_version}
    person.post(reverse("change_measurement", args=[file.pk]), again)
    work()
    assert Run.objects.get().architecture_id == network.hash


def test_files_of_one_name_make_one_run(person: Client) -> None:
    campaign = benches.campaign()
    files = [("a.csv", b"1"), ("a.log", b"2"), ("b.csv.gz", b"3"), ("b.txt", b"4"), ("c.csv", b"5")]
    upload(person, campaign, *files, runs="by_name")
    assert {run.label: run.files.count() for run in Run.objects.all()} == {"a": 2, "b": 2, "c": 1}
