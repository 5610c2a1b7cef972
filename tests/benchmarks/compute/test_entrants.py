"""Entrants of the comparison: equal seeds search equally, and nothing but a search's own outcomes decides."""

import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import get_args

import pytest

from benchmarks.compute import __main__ as program
from benchmarks.compute.entrants import BY_NAME, OURS, installed, missing
from benchmarks.compute.landscapes import MADE_UP, Landscape, landscape
from benchmarks.compute.peers.grid import LIBRARIES, PEERS
from benchmarks.compute.spending import ComputeRecord, PaidSearch, Signal, read
from benchmarks.compute.task import ComputeTask
from nas_engine.early_stopping import registry

EPOCHS = 250


def search(where: Landscape, name: str, seed: int) -> ComputeRecord:
    entrant = BY_NAME[name].make(where.space, seed, where.plan)
    record = PaidSearch(entrant, where, seed, EPOCHS).run(MADE_UP, "", "odd", name)
    handovers = tuple(replace(one, seconds=0.0) for one in record.handovers)
    return replace(record, thinking_seconds=0.0, seconds=(), handovers=handovers)


_OF_PEERS = (
    "optuna_random-hyperband_1-loss", "optuna_tpe-median_0-accuracy",
    "syne_tune-asha_1-loss", "syne_tune-bohb_5-accuracy", "smac", "smac-hyperband_5-loss",
)  # fmt: skip
_INSTALLED = [name for name in _OF_PEERS if not missing([name])]


@pytest.mark.parametrize(
    "name", ["random-none", "hyperfirefly-exponential_decay", "random-marginal_value", *_INSTALLED]
)
def test_equal_seeds_give_equal_searches(name: str) -> None:
    where = landscape(MADE_UP, "odd", 0)
    assert search(where, name, 3) == search(where, name, 3) != search(where, name, 4)


def test_every_rule_takes_part_and_peers_report_accuracies_and_losses() -> None:
    assert {entrant.rule for entrant in OURS.values()} == set(registry.NAMES)
    assert {peer.library for peer in PEERS.values()} == set(LIBRARIES)
    for name in PEERS:
        settings, _, signal = name.rpartition("-")
        assert signal not in get_args(Signal) or all(f"{settings}-{each}" in PEERS for each in get_args(Signal))


def test_the_program_goes_on_where_it_was_and_repeats_what_it_is_told_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path, capsys: pytest.CaptureFixture[str]
) -> None:
    work, out = tmp_path / "work.jsonl", tmp_path / "compute.json"
    arguments = [
        "compute", "--work", str(work), "--json", str(out), "--landscapes", MADE_UP,
        "--seeds", "0", "2", "--epochs", "60", "--only", "random-none", "random-tsgp",
    ]  # fmt: skip

    def call(*more: str) -> str:
        monkeypatch.setattr("sys.argv", [*arguments, *more])
        program.main()
        return capsys.readouterr().out

    assert "4/4" in call()
    work.write_text("".join(one.line() for one in read(work)[:3]) + '{"cut')
    assert "1/1" in call()
    kept = read(work)
    assert len({one.key for one in kept}) == len(kept) == 4
    assert "2/2" in call("--again", "random-tsgp")
    assert {one.key for one in read(work)} == {one.key for one in kept}
    assert out.exists()


def test_entrants_of_absent_libraries_are_left_out_and_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in LIBRARIES:
        monkeypatch.setitem(sys.modules, module, None)  # Python's way to have it not found
    assert installed() == list(OURS)
    assert missing() == list(LIBRARIES.values())
    files = ["--work", str(tmp_path / "work.jsonl"), "--json", str(tmp_path / "compute.json")]
    monkeypatch.setattr("sys.argv", ["compute", *files, "--only", "random-none", next(iter(PEERS))])
    with pytest.raises(SystemExit):
        program.main()
    assert "not installed: optuna" in capsys.readouterr().err


def test_searches_run_in_processes_of_equal_hashes(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """Without which SMAC's forest finds other networks in each process."""
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    program.run([ComputeTask(MADE_UP, "odd", "random-none", 0, 34)], tmp_path / "work.jsonl", jobs=1)
    with ProcessPoolExecutor(2, get_context("spawn"), max_tasks_per_child=1) as pool:
        assert len(set(pool.map(hash, ["block_01"] * 3))) == 1
