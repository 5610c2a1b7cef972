"""`manage.py read_measurement` as a person at a terminal meets it. No test here may use a database."""

import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from nas_engine.energy.readers import registry
from nas_engine.energy.runs import file_report
from tests.nas_engine.energy.made_traces import ACTIVE_MW, IDLE_MW
from tests.nas_engine.energy.runs.test_file_report import KEYS, monsoon


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return monsoon(tmp_path_factory.mktemp("run") / "work.csv", (2, IDLE_MW), (4, ACTIVE_MW), (1, IDLE_MW))


def run(*arguments: str | Path) -> str:
    output = io.StringIO()
    call_command("read_measurement", *map(str, arguments), stdout=output)
    return output.getvalue()


def test_json_is_a_list_with_one_object_a_file(trace: Path) -> None:
    shown = json.loads(run(trace, trace.parent / "nowhere.csv", "--json", "--latency-ms", "2.5"))
    assert [list(entry) for entry in shown] == [KEYS, KEYS]
    assert shown[0]["median_energy_per_inference_mj"] == pytest.approx(ACTIVE_MW * 2.5e-3, rel=1e-3)
    assert shown[1]["error"].startswith("nowhere.csv: ")


def test_the_text_names_every_figure_with_its_unit(trace: Path) -> None:
    text = run(trace, "--latency-ms", "2.5")
    assert "35,000 samples, 5,000.0 a second" in text
    for label in (
        "mean power",
        "idle power",
        "inference",
        "window 1: 2.",
        "mJ within it (95 %, 10 block means of power)",
        "energy, gross",
        "energy, net",
        "warning: ",
        "note: ",
    ):
        assert label in text
    assert text.count(" mJ") >= 3


def test_the_figures_of_a_run_are_told_once(trace: Path) -> None:
    log = trace.parent / "bench.log"
    log.write_text(
        "Inference timings in us: Init: 1, First inference: 2600, Warmup (avg): 2550, Inference (avg): 2500\n"
    )
    text = run(trace, log, "--together")
    assert text.count("window 1: ") == 1
    assert "part of the run above" in text


def test_options_reach_the_reader_and_the_run(trace: Path) -> None:
    (shown,) = json.loads(run(trace, "--json", "--span", "0.5", "1.5", "--inferences", "100", "--no-idle"))
    assert shown["energy_per_inference_mj"] == pytest.approx([IDLE_MW / 100], rel=1e-2)
    (shown,) = json.loads(run(trace, "--json", "--latency-ms", "2", "--idle-power", "5000"))
    assert any("not below that of the windows" in warning for warning in shown["warnings"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--voltage", "-3"), "voltage of the device"),
        (("--window", "manual"), "needs its start and its end"),
        (("--idle", "rest.csv"), "give --together"),
        (("--mapping", "nowhere.json"), "nowhere.json: neither a mapping of columns as JSON nor a file with one"),
        (("--mapping", '{"time": '), "neither a mapping of columns as JSON nor a file"),
        (("--mapping", "0" * 300), "neither a mapping"),
        (("--inferences", "0"), "1 or more"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(trace: Path, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run(trace, *arguments)


UNKNOWN = "Logged by hand\nwhen;Curr (µA);Sample\n" + "".join(f"10:00:{n:02d};{5000 + n};{n}\n" for n in range(30))


def test_a_mapping_is_proposed_for_a_table_that_nobody_knows_and_read_as_it_is_printed(tmp_path: Path) -> None:
    table = tmp_path / "it's mine.csv"
    table.write_text(UNKNOWN)
    output = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("read_measurement", str(table), stdout=output)
    (line,) = [line for line in output.getvalue().split("\n") if "--mapping" in line]
    assert "incomplete: the mapping has current but no voltage; choose a column or give the supply" in output.getvalue()
    given = shlex.split(line.split("check it: ")[1])
    (tmp_path / "mapping.json").write_text(given[1], encoding="utf-8")
    for mapping in (given[1], tmp_path / "mapping.json"):
        (shown,) = json.loads(run(table, "--json", "--mapping", mapping, "--voltage", "3.3"))
        assert (shown["ok"], shown["samples"], shown["proposed_mapping"]) == (True, 30, None)
        assert shown["mean_power_mw"] == pytest.approx(3.3 * 5.0145)


def test_the_proposed_mapping_is_in_the_json(tmp_path: Path) -> None:
    table = tmp_path / "own.csv"
    table.write_text(UNKNOWN)
    output = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("read_measurement", str(table), "--json", stdout=output)
    (shown,) = json.loads(output.getvalue())
    assert shown["proposed_mapping"] == {
        "time": {"column": "when", "unit": "clock"},
        "current": {"column": "Curr (µA)", "unit": "uA"},
    }


def test_a_defect_of_a_reader_costs_its_file_only(trace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (trace.parent / "odd.csv").write_text("a,b\n1,2\n")
    chosen = registry.chosen

    def failing(head: registry.FileHead, options: registry.ReadOptions) -> registry.Reader:
        if head.name == "odd.csv":
            raise IndexError("off by one")
        return chosen(head, options)

    monkeypatch.setattr(registry, "chosen", failing)
    odd, sound = json.loads(run(trace.parent / "odd.csv", trace, "--json"))
    assert "IndexError" in odd["error"]
    assert sound["ok"]


def test_a_defect_in_evaluating_is_told_and_not_thrown(trace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise ValueError("0 is not in list")

    monkeypatch.setattr(file_report, "evaluate", failing)
    for together in ([], ["--together"]):
        with pytest.raises(SystemExit):
            run(trace, trace, "--json", *together)


def test_the_exit_code_is_1_only_if_nothing_could_be_read_and_no_database_is_needed(trace: Path) -> None:
    environment = os.environ | {
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "DJANGO_SETTINGS_MODULE": "webapp.settings",
    }
    codes = [
        subprocess.run(
            [sys.executable, "manage.py", "read_measurement", *files, "--json"],
            cwd=settings.BASE_DIR, env=environment, capture_output=True, check=False,
        ).returncode
        for files in (["nowhere.csv"], ["nowhere.csv", str(trace)])
    ]  # fmt: skip
    assert codes == [1, 0]
