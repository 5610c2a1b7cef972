"""Tables of pages as CSV and Parquet: the same rows by one way, filtered as the page is."""

import csv
import io
from typing import Any

import polars
import pytest
from django.test import Client
from django.urls import reverse

from tests.webapp.factories import REFUSAL, make_study
from tests.webapp.variants import give_variants
from webapp.models import Study, Trial

pytestmark = pytest.mark.django_db

OF_A_TRIAL = ("blocks", "curve", "confusion", "same-network", "one-block-away")


@pytest.fixture
def study(db: None) -> Study:
    study = make_study(completed=6, failed=2, curves=1, name="=Doorbell")
    give_variants(study)
    again = make_study(completed=1, seed=9, name="=again")
    Trial.objects.filter(study=again).update(architecture=study.trials.get(number=1).architecture_id)
    return study


def content(person: Client, address: str) -> bytes:
    response = person.get(address)
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def csv_rows(person: Client, address: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content(person, address).decode())))


def parquet(person: Client, address: str) -> polars.DataFrame:
    return polars.read_parquet(io.BytesIO(content(person, address)))


def as_csv(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(("=", "+", "-", "@")) else text


def assert_same(person: Client, csv_address: str, parquet_address: str) -> polars.DataFrame:
    frame, rows = parquet(person, parquet_address), csv_rows(person, csv_address)
    assert rows
    assert [[as_csv(value) for value in row] for row in frame.rows()] == [list(row.values()) for row in rows]
    assert frame.columns == list(rows[0])
    return frame


@pytest.mark.parametrize("table", OF_A_TRIAL)
def test_each_table_of_a_trial_has_the_same_rows_in_both_kinds(person: Client, study: Study, table: str) -> None:
    addresses = [reverse("trial_table", args=[study.pk, 1, table, kind]) for kind in ("csv", "parquet")]
    frame = assert_same(person, *addresses)
    page = person.get(reverse("trial", args=[study.pk, 1])).context
    expected = {
        "blocks": lambda: len(page["blocks"].rows),
        "curve": lambda: len(page["curve"]),
        "confusion": lambda: len(page["confusion"]),
        "same-network": lambda: 1,
        "one-block-away": lambda: 7,
    }
    assert frame.height == expected[table]()
    assert all(
        f'href="{address}"' in person.get(reverse("trial", args=[study.pk, 1])).content.decode()
        for address in addresses
    )


def test_trials_are_those_of_the_filter_in_its_order_on_all_pages(person: Client, study: Study) -> None:
    csv_address, parquet_address = (reverse("trials_table", args=[study.pk, kind]) for kind in ("csv", "parquet"))
    assert assert_same(person, csv_address, parquet_address)["number"].to_list() == list(range(1, 9))
    query = "?state=COMPLETED&sort=-int8"
    found = assert_same(person, csv_address + query, parquet_address + query)
    assert found["number"].len() == 6
    assert found["int8_accuracy"].to_list() == sorted(found["int8_accuracy"].to_list(), reverse=True)
    assert csv_rows(person, csv_address + "?state=RUNNING") == []
    page = person.get(reverse("study", args=[study.pk]) + query).content.decode()
    assert f'href="{parquet_address}{query.replace("&", "&amp;")}"' in page


def test_trials_that_were_not_trained_are_in_the_file_unless_a_filter_leaves_them_out(person: Client) -> None:
    study = make_study(completed=1, refused=1, enforce_constraints=True, flash_limit_kb=60.0)
    address = reverse("trials_table", args=[study.pk, "csv"])
    assert [row["reason"] for row in csv_rows(person, address)] == ["", REFUSAL]
    assert len(csv_rows(person, address + "?sort=number")) == 1


def test_numbers_of_a_parquet_file_are_numbers_and_its_texts_stay_as_they_are(person: Client, study: Study) -> None:
    frame = parquet(person, reverse("trial_table", args=[study.pk, 1, "same-network", "parquet"]))
    assert frame["study"].to_list() == ["=again"], "nothing computes it there"
    assert (frame.schema["int8_accuracy"], frame.schema["seed"]) == (polars.Float64, polars.Int64)
    assert csv_rows(person, reverse("trial_table", args=[study.pk, 1, "same-network", "csv"]))[0]["study"] == "'=again"


@pytest.mark.parametrize(("table", "rows"), [("networks", 2), ("differences", 2 * 14)])
def test_networks_side_by_side_are_tables_too(person: Client, study: Study, table: str, rows: int) -> None:
    ids = "&".join(f"of={pk}" for pk in study.trials.order_by("number").values_list("pk", flat=True)[:2])
    addresses = [f"{reverse('compare_table', args=[table, kind])}?{ids}" for kind in ("csv", "parquet")]
    assert assert_same(person, *addresses).height == rows
    page = person.get(f"{reverse('compare')}?{ids}").content.decode()
    assert f'href="{addresses[1].replace("&", "&amp;")}"' in page


def test_without_networks_the_tables_are_empty(person: Client) -> None:
    assert csv_rows(person, reverse("compare_table", args=["networks", "csv"])) == []
    assert parquet(person, reverse("compare_table", args=["differences", "parquet"])).height == 0


def test_what_is_no_table_or_no_kind_is_not_found(person: Client, study: Study) -> None:
    addresses = [
        reverse("trials_table", args=[study.pk, "xlsx"]),
        reverse("trial_table", args=[study.pk, 1, "owls", "csv"]),
        reverse("trial_table", args=[study.pk, 99, "blocks", "csv"]),
        reverse("compare_table", args=["owls", "csv"]),
    ]
    assert [person.get(address).status_code for address in addresses] == [404] * 4


def test_a_parquet_process_that_fails_gives_no_half_a_file(
    person: Client, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.api.tables.PARQUET_WRITER", "nas_engine.no_such_module")
    with pytest.raises(RuntimeError, match="ended with 1"):
        person.get(reverse("trials_table", args=[study.pk, "parquet"]))
