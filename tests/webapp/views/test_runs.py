"""A run's page: its trace, its windows, the network that it measured."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.webapp import benches, rows, traces
from tests.webapp.views.bench_pages import upload, work
from tests.webapp.views.reading import text_of
from webapp.models import MeasurementFile, Run

pytestmark = pytest.mark.django_db


def test_files_of_one_run_are_uploaded_read_and_computed(person: Client) -> None:
    campaign = benches.campaign()
    response = upload(person, campaign, ("trace.csv", traces.monsoon_csv()), ("log.txt", traces.benchmark_log()))
    run = Run.objects.get()
    page = reverse("run", args=[run.pk])
    assert response.headers["Location"] == page
    assert "No data worker is running" in text_of(person.get(page))
    live = reverse("run_live", args=[run.pk])
    assert person.get(live).status_code == 200
    work()
    ended = person.get(live)
    assert (ended.status_code, ended.headers["HX-Refresh"]) == (286, "true")
    text = text_of(person.get(page))
    assert "5.000 ms" in text
    assert "gross, as in the paper" in text
    assert "trace.csv" in text_of(person.get(reverse("campaign", args=[campaign.pk])))


@pytest.fixture
def measured(person: Client) -> Run:
    """A run of a trace and a log."""
    upload(person, benches.campaign(), ("trace.csv", traces.monsoon_csv()), ("log.txt", traces.benchmark_log()))
    work()
    return Run.objects.get()


def test_one_window_has_its_own_interval_and_several_have_that_of_the_repeats_beside_it(
    person: Client, measured: Run
) -> None:
    scatter = measured.result["windows"][0]["scatter"]
    assert (scatter["blocks"], scatter["wanders"]) == (10, False)
    page = reverse("run", args=[measured.pk])
    alone = text_of(person.get(page))
    assert "Within the window" in alone
    assert "Repeats</span>" not in alone
    changed(person, measured, start_s=["3", "8"], end_s=["7.5", "13"])
    work()
    several = text_of(person.get(page))
    assert "Within the window" not in several
    assert several.count("from 10 blocks of 0.") == 2
    assert "Repeats</span>" in several


def test_a_run_computed_before_there_was_an_interval_is_shown_without_one(person: Client, measured: Run) -> None:
    for window in measured.result["windows"]:
        del window["scatter"]
    measured.save(update_fields=["result"])
    assert "Within the window" not in text_of(person.get(reverse("run", args=[measured.pk])))


def changed(person: Client, run: Run, **values: Any) -> Any:
    form: dict[str, Any] = {"window": "manual", "idle": "auto", "seen_version": str(run.settings_version)}
    form |= {"files": list(run.files.values_list("pk", flat=True)), "start_s": ["3", ""], "end_s": ["13", ""]}
    return person.post(reverse("change_run", args=[run.pk]), form | values)


def test_a_window_is_set_without_javascript_and_computed(person: Client, measured: Run) -> None:
    assert changed(person, measured).status_code == 302
    work()
    measured.refresh_from_db()
    window = measured.result["windows"][0]["window"]
    assert (window["start_s"], window["end_s"]) == (3.0, 13.0)
    assert measured.energy_mj == pytest.approx(8.0, rel=0.01)
    page = text_of(person.get(reverse("run", args=[measured.pk])))
    assert 'name="start_s" inputmode="decimal" value="3"' in page


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"start_s": ["13"], "end_s": ["3"]}, "window 1 must end after it starts"),
        ({"start_s": ["x"], "end_s": ["3"]}, "window 1 needs two numbers of seconds"),
        ({"start_s": [], "end_s": []}, "window by hand needs its start and its end"),
        ({"idle": "power"}, "known idle power needs its value"),
        ({"inferences": "0"}, "Must be at least 1"),
        ({"seen_version": "7"}, "Somebody else has changed this run"),
        ({"files": []}, "Choose at least one file"),
    ],
)
def test_wrong_settings_are_refused_with_the_reason_and_change_nothing(
    person: Client, measured: Run, values: dict[str, Any], message: str
) -> None:
    response = changed(person, measured, **values)
    assert response.status_code == 422
    assert message.lower() in text_of(response).lower()
    measured.refresh_from_db()
    assert measured.state == "READY"


def test_the_computed_window_is_taken_into_the_form_to_be_corrected(person: Client, measured: Run) -> None:
    page = reverse("run", args=[measured.pk])
    assert "Correct the computed window" in text_of(person.get(page))
    form = person.get(page, {"correct": "1"}).context["form"]
    assert form["window"].value() == "manual"
    ((start, end),) = form.spans
    assert (float(start), float(end)) == pytest.approx((2.2, 13.8), abs=0.2)
    measured.refresh_from_db()
    assert measured.settings["choices"] == {}


def test_the_trace_is_drawn_in_few_points_and_again_for_a_part(person: Client, measured: Run) -> None:
    trace = measured.files.get(kind="trace")
    address = reverse("run_trace", args=[measured.pk, trace.pk])
    whole = person.get(address).json()
    assert len(whole["data"][0]["x"]) <= 2_000
    assert whole["data"][1]["name"] == "Windows"
    part = person.get(address, {"start": "1.99", "end": "2.01"}).json()
    assert 15 <= len(part["data"][0]["x"]) <= 25, "single samples"
    assert person.get(address, {"start": "5", "end": "4"}).status_code == 422
    assert person.get(reverse("file_trace", args=[trace.pk]), {"start": "nan"}).status_code == 200
    log = measured.files.get(kind="log")
    assert person.get(reverse("file_trace", args=[log.pk])).status_code == 404


def test_a_network_is_searched_attached_and_detached(person: Client, measured: Run) -> None:
    trial = rows.completed_trial(rows.running_study(name="Doorbell watch"))
    page = reverse("run", args=[measured.pk])
    for text in ("doorbell 1", trial.architecture_id[:8]):
        assert "Doorbell watch, trial 1" in text_of(person.get(page, {"q": text})), text
    assert "No network matches" in text_of(person.get(page, {"q": "nothing such"}))
    attach = reverse("attach_run", args=[measured.pk])
    person.post(attach, {"architecture": trial.architecture_id, "seen_version": measured.settings_version})
    measured.refresh_from_db()
    assert measured.architecture_id == trial.architecture_id
    stale = person.post(attach, {"architecture": "", "seen_version": "1"}, follow=True)
    assert "Somebody else has changed this run" in text_of(stale)
    person.post(attach, {"architecture": "", "seen_version": measured.settings_version})
    measured.refresh_from_db()
    assert measured.architecture_id is None


def test_runs_and_files_are_deleted_and_the_raw_file_is_given_back(person: Client, measured: Run) -> None:
    file = measured.files.get(kind="log")
    raw = person.get(reverse("measurement_raw", args=[file.pk]))
    assert b"".join(raw.streaming_content) == traces.benchmark_log()
    assert "belongs to" in text_of(person.post(reverse("delete_measurement", args=[file.pk]), follow=True))
    person.post(reverse("delete_run", args=[measured.pk]))
    person.post(reverse("delete_measurement", args=[file.pk]))
    assert MeasurementFile.objects.get().kind == "trace"
    person.post(reverse("delete_campaign", args=[measured.campaign_id]))
    assert not MeasurementFile.objects.exists()


def test_the_instruments_own_accuracy_stands_apart_and_is_not_made_up(person: Client, measured: Run) -> None:
    page = reverse("run", args=[measured.pk])
    text = text_of(person.get(page))
    assert "Monsoon Power Monitor" in text
    assert "is not known here" in text
    interval = measured.result["windows"][0]["scatter"]
    assert changed(person, measured, window="auto", start_s=[], end_s=[], instrument_percent="1.5").status_code == 302
    work()
    measured.refresh_from_db()
    assert measured.result["windows"][0]["scatter"] == interval
    assert measured.energy_mj is not None
    told = text_of(person.get(page))
    assert f"±1.5&nbsp;% of reading as given below, that is ±{measured.energy_mj * 0.015:.2g} mJ." in told
    assert 'name="instrument_percent" value="1.5"' in told


def test_an_accuracy_that_none_has_is_refused(person: Client, measured: Run) -> None:
    for value in ("0", "-1", "150"):
        assert changed(person, measured, instrument_percent=value).status_code == 422
