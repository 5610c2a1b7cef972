"""Table 1 of studies: what stands in its lines, and where each figure comes from."""

import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.webapp import benches
from tests.webapp import finals as made
from webapp.models import Comparison, Finalist, Study
from webapp.queries.table1 import Table1Line, table1_of
from webapp.services import openings
from webapp.services.finals import train_final_baselines
from webapp.services.openings import open_test_split

pytestmark = pytest.mark.django_db


def search_with_finals() -> Study:
    """Two trained finalists and a trained baseline."""
    study = made.search()
    train_final_baselines(study_id=study.pk, names=["TC-ResNet8"], seeds=3)
    for finalist in (*made.finalists(study), *Finalist.objects.filter(chosen="baseline")):
        made.train(finalist)
    return study


def opened(finalist: Finalist, *, again: bool = False) -> None:
    opening = open_test_split(finalist_id=finalist.pk, again=again)
    openings.claim(opening_id=opening.pk, worker="data-1")
    openings.complete(opening_id=opening.pk, worker="data-1", evaluated=made.evaluated(finalist))


def lines(study: Study) -> list[Table1Line]:
    return [line for line in table1_of([study]) if line.origin != "published"]


def test_finalists_come_before_baselines_and_these_before_what_is_published() -> None:
    found = table1_of([search_with_finals()])
    assert [line.origin for line in found] == ["finalist"] * 2 + ["baseline"] + ["published"] * 9
    assert found[0].evaluation is not None
    assert (found[0].evaluation.mean, found[0].evaluation.seeds) == (pytest.approx(0.71), 3)
    assert found[3].name == "NAS-Bayesian"
    assert found[3].to_json()["energy_sd_mj"] == 0.07


def test_the_accuracy_is_of_the_test_split_where_it_was_opened() -> None:
    study = search_with_finals()
    opened(Finalist.objects.filter(finals__parent=study).first())
    first, second = [line.to_json() for line in lines(study)][:2]
    assert (first["split"], first["accuracy_mean"], first["test_opening"]) == ("test", 0.75, 1)
    assert (second["split"], second["accuracy_mean"], second["test_opening"]) == ("evaluation", pytest.approx(0.71), 0)
    assert (first["accuracy_test_mean"], first["accuracy_test_sd"]) == (0.75, 0.0)
    assert (first["accuracy_eval_mean"], first["accuracy_eval_sd"]) == (pytest.approx(0.71), pytest.approx(0.01))
    assert (second["accuracy_test_mean"], second["accuracy_test_sd"]) == (None, None)
    assert second["accuracy_eval_mean"] == second["accuracy_mean"]


def test_an_energy_is_measured_where_there_are_runs_else_estimated() -> None:
    study = search_with_finals()
    hashes = list(Finalist.objects.filter(finals__parent=study).values_list("architecture", flat=True))
    campaign = benches.campaign(name="nRF5340")
    for energy_mj in (1.0, 1.2):
        benches.ready_run(campaign, energy_mj=energy_mj, latency_ms=4.0, architecture_id=hashes[0])
    first, second = lines(study)[:2]
    assert first.energy is not None
    assert second.energy is not None
    assert (first.energy.basis, first.energy.source, first.energy.runs) == ("measured", "nRF5340", 2)
    assert first.energy.mj == pytest.approx(1.1)
    assert first.energy.sd_mj == pytest.approx(0.1414, abs=1e-4)
    assert first.latency_ms == 4.0
    assert (second.energy.basis, second.energy.sd_mj, second.latency_ms) == ("estimated", None, None)


def test_baselines_that_studies_share_stand_once() -> None:
    study = search_with_finals()
    other = made.search(dataset=study.dataset)
    names = [line.name for line in table1_of([study, other]) if line.origin == "baseline"]
    assert names == ["TC-ResNet8-1.0"]


def test_the_command_writes_the_rows_of_a_comparison_beside_the_published_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    study = search_with_finals()
    comparison = Comparison.objects.create(name="Kitchens")
    comparison.studies.add(study)
    call_command("paper", "table1", "--comparison", comparison.pk, "--json")
    rows = json.loads(capsys.readouterr().out)
    assert [row["origin"] for row in rows] == ["finalist"] * 2 + ["baseline"] + ["published"] * 9
    wanted = {"name", "accuracy_mean", "accuracy_sd", "energy_mj", "energy_basis", "flash_bytes", "flops"}
    assert wanted | {"parameters", "latency_ms", "split"} <= set(rows[0])
    call_command("paper", "table1", "--study", study.pk)
    assert "NAS-Bayesian" in capsys.readouterr().out


def test_the_command_marks_an_accuracy_of_a_later_opening(capsys: pytest.CaptureFixture[str]) -> None:
    study = search_with_finals()
    first, second = Finalist.objects.filter(finals__parent=study)
    for finalist, again in ((first, False), (second, False), (second, True)):
        opened(finalist, again=again)
    call_command("paper", "table1", "--study", study.pk)
    lines = capsys.readouterr().out.splitlines()
    assert [("75.00§" in line, "75.00" in line) for line in lines[1:3]] == [(False, True), (True, True)]
    assert lines[-1].startswith(f"§: opening 2 of the test split for {second.label}: it was looked at before")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--study", 999_999), "There is no search 999999."),
        (("--comparison", 999_999), "There is no comparison 999999."),
    ],
)
def test_what_does_not_exist_is_named(arguments: tuple[str, int], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("paper", "table1", *arguments)
