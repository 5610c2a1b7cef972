"""Zips dropped on a campaign: through the upload form, the service and a data worker."""

import gzip
import io
import statistics
import zipfile
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.nas_engine.energy import sessions
from tests.webapp import benches, traces
from tests.webapp.views.bench_pages import upload, work
from tests.webapp.views.reading import text_of
from webapp.models import ArtifactChunk, Campaign, MeasurementFile, Run
from webapp.services import runs

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    return benches.campaign()


def zipped(**files: bytes) -> bytes:
    """Members by name; "__" stands for "/" and "_dot_" for "."."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return buffer.getvalue()


def names() -> list[str]:
    return sorted(MeasurementFile.objects.values_list("original_name", flat=True))


def test_the_files_of_a_zip_are_taken_as_if_each_had_been_dropped(person: Client, campaign: Campaign) -> None:
    content = zipped(power_dot_csv=traces.monsoon_csv(), logs__bench_dot_log=gzip.compress(traces.benchmark_log()))
    answer = upload(person, campaign, ("monday.zip", content))
    assert names() == ["monday.zip/logs/bench.log", "monday.zip/power.csv"]
    run = Run.objects.get()
    assert answer.headers["Location"] == reverse("run", args=[run.pk])
    work()
    run.refresh_from_db()
    assert (run.state, run.label, run.latency_ms) == ("READY", "monday", 5.0)
    assert run.energy_mj == pytest.approx(1600 * 5e-3, rel=0.01)
    upload(person, campaign, ("power.csv", traces.monsoon_csv()), runs="none")
    assert "not stored again: monday.zip/power.csv" in text_of(person.get(reverse("campaign", args=[campaign.pk])))


def test_a_whole_session_is_computed_without_what_holds_no_measurement_and_says_so(
    person: Client, campaign: Campaign
) -> None:
    session = {name.replace(".", "_dot_"): content for name, content in sessions.energyrunner().items()}
    assert len(session) == 5
    upload(person, campaign, ("kws.zip", zipped(**session, photo_dot_jpg=b"\xff\xd8\xff\xe0" + bytes(range(256)) * 9)))
    assert len(names()) == 6, "nothing is lost"
    work()
    run = Run.objects.get()
    assert run.state == "READY", run.error
    assert run.repeats == 5
    assert run.energy_mj == pytest.approx(statistics.mean(sessions.ENERGIES_MJ), rel=1e-6)
    left_out = [finding["message"] for finding in run.findings if finding["code"] == "file_left_out"]
    assert {message.split(": ")[0].rsplit("/")[-1] for message in left_out} == {"log.txt", "photo.jpg", "script.async"}
    assert all(message.count("kws.zip") == 1 for message in left_out)
    page = text_of(person.get(reverse("campaign", args=[campaign.pk])))
    assert "this is the log of an EnergyRunner session, which holds no measurement" in page
    assert "no known binary format and no text" in page


def test_a_run_of_nothing_but_bystanders_says_what_they_are(person: Client, campaign: Campaign) -> None:
    upload(person, campaign, ("notes.txt", b"Dear diary,\nthe phone was warm today.\n"))
    work()
    run = Run.objects.get()
    assert run.state == "REFUSED"
    assert "no known format, and no table" in run.error


def test_a_table_that_nobody_knows_still_stops_its_run_until_it_is_mapped(person: Client, campaign: Campaign) -> None:
    upload(person, campaign, ("mine.zip", zipped(own_dot_csv=traces.own_table(), a_dot_log=traces.benchmark_log())))
    work()
    run = Run.objects.get()
    assert run.state == "REFUSED"
    assert "Mend or leave out this file" in run.error


def test_the_files_of_several_networks_in_folders_are_a_run_each(person: Client, campaign: Campaign) -> None:
    files: dict[str, bytes] = {}
    for number in (1, 2):
        files[f"net{number}__run_dot_csv"] = traces.monsoon_csv(busy_ma=300.0 + number)
        files[f"net{number}__run_dot_log"] = traces.benchmark_log(graph=f"net{number}")
    upload(person, campaign, ("both.zip", zipped(**files)), runs="by_name")
    assert sorted(Run.objects.values_list("label", flat=True)) == ["net1/run", "net2/run"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.zip/x/HASH.csv.gz", "x/HASH"), ("a.zip/HASH.log", "HASH"), ("HASH.csv", "HASH"), ("v1.2.csv", "v1.2")],
)
def test_files_of_one_name_share_it_whatever_zip_they_came_in(name: str, expected: str) -> None:
    assert runs.run_name(name) == expected


WHOLE = {
    "recording.ppk2": zipped(session_dot_raw=bytes(60), metadata_dot_json=b"{}", minimap_dot_raw=b""),
    "power.zip": zipped(power_dot_csv=b"1,2"),
    "sheet.xlsx": zipped(**{"[Content_Types]_dot_xml": b"<x/>", "xl__workbook_dot_xml": b"<x/>"}),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_document_that_is_a_zip_and_a_zip_of_one_file_stay_whole(
    person: Client, campaign: Campaign, name: str
) -> None:
    upload(person, campaign, (name, WHOLE[name]))
    assert names() == [name]


def encrypted() -> bytes:
    """A zip whose directory says that its second member needs a password."""
    content = bytearray(zipped(a_dot_csv=b"1,2", b_dot_csv=b"3,4"))
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (encrypted(), "b.csv is encrypted; zip it without a password. Nothing was stored."),
        (zipped(a_dot_csv=b"1", b_dot_csv=bytes(30_000_000)), "as no recording does"),
        (zipped(**{f"n{n}": b"1" for n in range(101)}), "101 files in the zip; at most 100"),
        (zipped(a_dot_csv=b"1,2", b_dot_csv=b""), "many.zip/b.csv is empty: nothing was stored"),
    ],
    ids=["encrypted", "bomb", "many", "empty"],
)
def test_a_zip_that_cannot_be_taken_leaves_nothing_and_says_why(
    person: Client, campaign: Campaign, content: bytes, message: str
) -> None:
    answer = upload(person, campaign, ("good.csv", traces.monsoon_csv()), ("many.zip", content))
    assert answer.status_code == 422
    assert message in text_of(answer)
    assert not MeasurementFile.objects.exists()
    assert not ArtifactChunk.objects.exists()


def test_a_member_is_held_to_the_limit_of_a_file(person: Client, campaign: Campaign, settings: Any) -> None:
    settings.MEASUREMENT_LIMIT_BYTES = 100_000
    answer = upload(person, campaign, ("many.zip", zipped(a_dot_csv=b"1,2", b_dot_csv=bytes(100_001))))
    assert "many.zip/b.csv unpacks to 0 MB; at most 0 MB a file are accepted" in text_of(answer)
    assert not MeasurementFile.objects.exists()


def test_a_damaged_zip_is_kept_and_refused_by_the_worker(person: Client, campaign: Campaign) -> None:
    upload(person, campaign, ("cut.zip", zipped(a_dot_csv=traces.monsoon_csv(), b_dot_csv=b"1,2")[:-30]))
    work()
    file = MeasurementFile.objects.get()
    assert (file.original_name, file.state) == ("cut.zip", "REFUSED")
    assert "cut or damaged" in file.error
