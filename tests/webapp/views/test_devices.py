"""Devices, campaigns and files as pages."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from tests.webapp import benches, traces
from tests.webapp.views.bench_pages import upload, work
from tests.webapp.views.reading import text_of
from webapp.models import ArtifactChunk, Campaign, Device, MappingProfile, MeasurementFile, Run
from webapp.services import runs

pytestmark = pytest.mark.django_db


def test_the_empty_list_says_what_a_device_is_for(person: Client) -> None:
    assert "No device yet" in text_of(person.get(reverse("devices")))


def test_a_device_is_added_changed_and_deleted(person: Client) -> None:
    values = {"name": " Pixel  4 XL ", "core": "Cortex-A76", "battery_kj": "51", "supply_v": "4.2", "runtime": "micro"}
    person.post(reverse("new_device"), values)
    device = Device.objects.get()
    assert (device.name, device.battery_kj, device.idle_power_mw) == ("Pixel 4 XL", 51.0, None)
    edit = reverse("edit_device", args=[device.pk])
    person.post(edit, values | {"name": "Pixel", "seen_version": "1"})
    stale = person.post(edit, values | {"name": "Phone", "seen_version": "1"})
    assert stale.status_code == 422
    assert "Somebody else has changed this device" in text_of(stale)
    shown = text_of(person.get(reverse("device", args=[device.pk])))
    assert "Pixel" in shown
    assert "TensorFlow Lite Micro" in shown
    person.post(reverse("delete_device", args=[device.pk]))
    assert not Device.objects.exists()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": ""}, "Must not be empty."),
        ({"name": "taken"}, "This name is taken: choose another one."),
        ({"name": "x", "battery_kj": "-3"}, "Must be above 0"),
        ({"name": "x", "supply_v": "much"}, "Must be a number, such as 1.5."),
    ],
)
def test_a_wrong_device_is_refused_with_the_reason(person: Client, values: dict[str, str], message: str) -> None:
    benches.device(name="taken")
    response = person.post(reverse("new_device"), values)
    assert response.status_code == 422
    assert message in text_of(response)
    assert Device.objects.count() == 1


def test_a_campaign_is_begun_on_the_devices_page(person: Client) -> None:
    device = benches.device()
    address = reverse("new_campaign", args=[device.pk])
    response = person.post(address, {"name": "bench 1", "notes": "2.4 GHz, one thread"})
    assert response.headers["Location"] == reverse("campaign", args=[Campaign.objects.get().pk])
    again = person.post(address, {"name": "bench 1"})
    assert again.status_code == 422
    assert "exists already" in text_of(again)
    assert "2.4 GHz" in text_of(person.get(reverse("device", args=[device.pk])))


def test_the_same_file_twice_is_stored_once_and_said(person: Client) -> None:
    campaign = benches.campaign()
    for _ in range(2):
        upload(person, campaign, ("log.txt", traces.benchmark_log()), runs="none")
    assert MeasurementFile.objects.count() == 1
    assert "In this campaign already" in text_of(person.get(reverse("campaign", args=[campaign.pk])))


def test_a_file_that_comes_again_with_its_supply_is_read_anew_with_it(person: Client) -> None:
    campaign = benches.campaign()
    ppk2 = "Timestamp(ms),Current(uA),D0-D7\n" + "".join(f"{n / 100:g},{900 + n % 7},00000000\n" for n in range(3000))
    upload(person, campaign, ("ppk.csv", ppk2.encode()), runs="none")
    work()
    file = MeasurementFile.objects.get()
    assert "give the supply voltage" in file.error
    upload(person, campaign, ("ppk.csv", ppk2.encode()), runs="none", voltage_v="3")
    assert "Read again with the supply given now: ppk.csv." in text_of(
        person.get(reverse("campaign", args=[campaign.pk]))
    )
    work()
    file.refresh_from_db()
    assert (file.state, file.options) == ("READY", {"voltage_v": 3.0})
    assert file.summary["mean_power_mw"] == pytest.approx(3.0 * 0.903, rel=1e-3)


@pytest.mark.parametrize(
    ("files", "values", "message"),
    [
        ([], {}, "Choose a file."),
        ([("a.csv", b"")], {}, "An empty file was among them"),
        ([("a.csv", b"1,2")], {"whole": ""}, "The upload broke off on the way: nothing was stored"),
        ([("a.csv", b"1,2")], {"runs": "perhaps"}, "Select a valid choice"),
    ],
)
def test_a_wrong_upload_leaves_nothing_behind(
    person: Client, files: list[tuple[str, bytes]], values: dict[str, str], message: str
) -> None:
    response = upload(person, benches.campaign(), *files, **values)
    assert response.status_code == 422
    assert message in text_of(response)
    assert not MeasurementFile.objects.exists()


def test_a_body_that_is_cut_on_the_way_leaves_nothing_behind(person: Client) -> None:
    sent = SimpleUploadedFile("trace.csv", traces.monsoon_csv())
    body = encode_multipart(BOUNDARY, {"runs": "none", "files": sent, "whole": "1"})
    address = reverse("campaign", args=[benches.campaign().pk])
    for share in (0.5, 0.9, 0.999):
        response = person.generic("POST", address, body[: int(share * len(body))], content_type=MULTIPART_CONTENT)
        assert response.status_code == 422
        assert "nothing was stored" in text_of(response)
    assert not MeasurementFile.objects.exists()
    assert not ArtifactChunk.objects.exists()
    assert person.generic("POST", address, body, content_type=MULTIPART_CONTENT).status_code == 302


def test_a_file_beyond_the_limit_is_refused_by_name(person: Client, settings: Any) -> None:
    settings.MEASUREMENT_LIMIT_BYTES = 100
    response = upload(person, benches.campaign(), ("small.csv", b"1"), ("large.csv", b"1" * 101))
    assert response.status_code == 422
    assert "large.csv: 0 MB; at most 0 MB a file are accepted. Pack it with gzip" in text_of(response)
    settings.UPLOAD_LIMIT_BYTES = 100
    assert "Pack it with gzip" in text_of(upload(person, benches.campaign(), ("large.csv", b"1" * 101)))


def test_a_refused_file_says_why_and_offers_the_mapper(person: Client) -> None:
    campaign = benches.campaign()
    upload(person, campaign, ("logger.csv", traces.own_table()), ("x.jpg", b"\xff\xd8" + bytes(99)), runs="none")
    work()
    text = text_of(person.get(reverse("campaign", args=[campaign.pk])))
    assert "Assign its columns" in text
    assert "x.jpg: no known binary format" in text


def mapped(person: Client, file: MeasurementFile, **values: str) -> Any:
    form = {"time": "tick", "time_unit": "ms", "current": "draw", "current_unit": "ma", "voltage": "cell"}
    form |= {"voltage_unit": "v", "spacing": "point", "triggers": "busy", "seen_version": str(file.options_version)}
    return person.post(reverse("map_columns", args=[file.pk]), form | values)


def test_columns_are_named_and_kept_as_a_profile_for_the_next_file(person: Client) -> None:
    campaign = benches.campaign()
    upload(
        person, campaign, ("logger.csv", traces.own_table()), ("other.csv", traces.own_table() + b"16000,3.7,90,0\n")
    )
    work()
    file, other = MeasurementFile.objects.order_by("original_name")
    assert "First rows of the table" in text_of(person.get(reverse("measurement", args=[file.pk])))
    mapped(person, file, profile="my logger")
    work()
    file.refresh_from_db()
    assert file.state == "READY"
    assert "Samples" in text_of(person.get(reverse("measurement", args=[file.pk])))
    page = person.get(reverse("measurement", args=[other.pk]), {"profile": MappingProfile.objects.get().pk})
    assert "my logger" in text_of(page)
    person.post(reverse("delete_profile", args=[other.pk, MappingProfile.objects.get().pk]))
    assert "my logger" not in text_of(person.get(reverse("measurement", args=[other.pk])))


def test_a_mapping_without_power_and_a_stale_one_are_refused(person: Client) -> None:
    upload(person, benches.campaign(), ("logger.csv", traces.own_table()), runs="none")
    work()
    file = MeasurementFile.objects.get()
    lacking = mapped(person, file, current="", voltage="")
    assert lacking.status_code == 422
    assert "no column of power or current" in text_of(lacking)
    mapped(person, file)
    work()
    stale = mapped(person, file)
    assert stale.status_code == 422
    assert "Somebody else has changed how this file is read" in text_of(stale)


def test_lists_ask_as_many_questions_for_many_rows_as_for_one(
    person: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    campaign = benches.campaign()
    for _ in range(2):
        benches.ready_run(campaign)
        with django_assert_num_queries(10):
            person.get(reverse("campaign", args=[campaign.pk]))
        with django_assert_num_queries(6):
            person.get(reverse("device", args=[campaign.device_id]))
        with django_assert_num_queries(3):
            person.get(reverse("devices"))
    assert Run.objects.first().settings["source"] == runs.FROM_FILES


@pytest.mark.parametrize("name", ["device", "campaign", "measurement", "run", "measurement_live", "file_trace"])
def test_what_is_not_there_is_not_found(person: Client, name: str) -> None:
    assert person.get(reverse(name, args=[999_999])).status_code == 404
