"""Results imported from tables: all rows or none, and every wrong line named."""

import json

import pytest

from tests.webapp import benches, rows
from webapp.models import Run, StoredArchitecture
from webapp.services import measurements
from webapp.services.errors import Conflict
from webapp.services.result_tables import BadTable, import_table, order_import

pytestmark = pytest.mark.django_db


def known() -> StoredArchitecture:
    return rows.completed_trial(rows.running_study()).architecture


def imported(text: str) -> list[Run]:
    """The runs that a worker makes of a table."""
    (file,) = order_import(campaign_id=benches.campaign().pk, text=text, name="bench.csv").new
    assert measurements.claim(file_id=file.pk, worker="w")
    count = import_table(file_id=file.pk, worker="w", text=text)
    made = list(Run.objects.filter(campaign=file.campaign_id).order_by("pk"))
    file.refresh_from_db()
    assert (file.state, file.kind, file.summary) == ("READY", "table", {"results": count})
    assert len(made) == count
    return made


def test_rows_by_hash_become_runs_that_say_where_they_come_from() -> None:
    architecture = known()
    header = "Architecture;Energy (mJ);Latency (ms);Label"
    first, second = imported(f"{header}\n{architecture.hash};1,5;3,25;bench 1\n{architecture.hash[:14]};1.6;;\n")
    assert (first.architecture_id, first.energy_mj, first.latency_ms, first.label) == (
        architecture.hash,
        1.5,
        3.25,
        "bench 1",
    )
    assert (second.architecture_id, second.energy_mj, second.latency_ms) == (architecture.hash, 1.6, None)
    assert (first.state, first.settings["source"]) == ("READY", "table")
    assert (second.settings["table"], second.settings["line"]) == ("bench.csv", 3)


@pytest.mark.parametrize("as_csv", [True, False])
def test_an_architecture_may_be_given_as_json_and_is_known_from_then_on(as_csv: bool) -> None:
    network = rows.networks(rows.draft_study(), 1, seed=5)[0]
    spec = json.dumps(network.to_json())
    quoted = spec.replace('"', '""')
    text = (
        f'architecture,latency_ms\n"{quoted}",2.5\n'
        if as_csv
        else json.dumps([{"architecture": network.to_json(), "latency_ms": 2.5}])
    )
    (run,) = imported(text)
    assert run.architecture_id == network.hash
    assert StoredArchitecture.objects.get(pk=network.hash).flops > 0


@pytest.mark.parametrize(
    "table",
    [
        "\n# measured in May\narchitecture, energy_mj, latency_ms\n\n{0}, 1.5 , 3\n# a pause\n{1}, 2.5, 4\n\n",
        "# architecture;energy_mj;latency_ms\n{0};1,5;3\n{1};2,5;4\n",
        "architecture\tenergy (mJ)\tlatency (ms)\t\r\n{0}\t1.5\t3\t\r\n{1}\t2.5\t4\t\r\n",
        "architecture energy latency\n{0}  1.5 3\n{1} 2.5  4\n",
    ],
    ids=["spaces, comments and blank lines", "decimal commas under a comment", "tabs", "blanks"],
)
def test_a_table_is_read_as_people_write_it(table: str) -> None:
    digest = known().hash
    runs = imported(table.format(digest, digest[:16]))
    assert [(run.architecture_id, run.energy_mj, run.latency_ms) for run in runs] == [
        (digest, 1.5, 3.0),
        (digest, 2.5, 4.0),
    ]


def test_every_wrong_line_is_named_and_nothing_is_imported() -> None:
    good = known().hash
    lines = [
        "architecture,energy_mj,latency_ms",
        f"{good},1.5,3.0",
        f"{good},-1,3.0",
        f"{good},much,3.0",
        f"{good},,",
        "3f2a,1.5,3.0",
        '"{""stem"": 1}",1.5,3.0',
        f"{good},1.5",
        f"{good},nan,1",
        f"{good},1,99999999",
    ]
    with pytest.raises(BadTable) as refused:
        imported("\n".join(lines))
    problems = refused.value.problems
    assert [int(problem.split()[1].rstrip(":")) for problem in problems] == [3, 4, 5, 6, 7, 8, 9, 10]
    assert "8 lines have something wrong: nothing was imported" in str(refused.value)
    assert "'much' is no number" in problems[1]
    assert "2 cells under 3 names" in problems[5]
    assert not Run.objects.exists()


def test_a_table_that_another_worker_has_taken_over_is_not_imported_twice() -> None:
    text = f"architecture,energy_mj\n{known().hash},1.5\n"
    (file,) = order_import(campaign_id=benches.campaign().pk, text=text, name="bench.csv").new
    assert measurements.claim(file_id=file.pk, worker="first")
    assert import_table(file_id=file.pk, worker="other", text=text) is None
    assert import_table(file_id=file.pk, worker="first", text=text) == 1
    assert import_table(file_id=file.pk, worker="first", text=text) is None
    assert Run.objects.count() == 1


def test_a_table_of_results_that_was_uploaded_as_a_measurement_is_taken_for_what_it_is() -> None:
    text = f"architecture,energy_mj\n{known().hash},1.5\n"
    file = benches.file_of(benches.campaign(), "bench.csv", text.encode(), state="REFUSED", error="no known format")
    added = order_import(campaign_id=file.campaign_id, text=text, name="bench.csv")
    assert [row.pk for row in added.present] == [file.pk]
    file.refresh_from_db()
    assert (file.state, file.options) == ("READING", {"results": True})


def test_a_hash_that_nobody_knows_is_named_by_its_line() -> None:
    with pytest.raises(BadTable) as refused:
        imported(f"architecture,energy_mj\n{known().hash},1\n{'f' * 64},1\n{'e' * 12},1\n")
    assert [problem.partition(":")[0] for problem in refused.value.problems] == ["Line 3", "Line 4"]
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,joules\na,1\n", "first line must name the columns"),
        ("architecture,energy_mj\n", "a header but no row"),
        ("[1, 2", "This is no JSON"),
        ("[]", "a header but no row"),
        ("\0\0", "first line must name the columns"),
        ('[1, null, "x"]', "3 lines have something wrong"),
    ],
)
def test_what_is_no_table_is_refused(text: str, message: str) -> None:
    with pytest.raises(Conflict, match=message):
        imported(text)
