"""Searches that begin with the networks of an earlier study."""

import json

import pytest

from benchmarks.compute import warm_start
from benchmarks.compute.landscapes import MADE_UP
from benchmarks.compute.spending import read
from nas_engine.designers.random import RandomDesigner
from nas_engine.testing.designers import AdditiveReward, run
from nas_engine.testing.spaces import everything, small_2d


def test_it_begins_with_the_earlier_networks_each_once_and_learns_from_all() -> None:
    space = small_2d()
    first = list(everything(space))[5:8]
    designer = warm_start.WarmStartedDesigner(RandomDesigner(space, 0), first)
    pending = [suggestion.architecture for suggestion in designer.suggest(2, [])]
    assert pending == first[:2]
    batch = designer.suggest(2, pending)
    assert batch[0].architecture == first[2]
    assert batch[1].architecture not in first
    outcomes = run(designer, AdditiveReward(space), 6)
    assert [outcome.metadata["source"] for outcome in outcomes] == ["warm_start"] * 3 + ["random"] * 3


def test_a_made_up_landscape_has_no_related_one() -> None:
    assert warm_start.source("related", MADE_UP, "odd", 0) is None
    assert warm_start.source("same", MADE_UP, "odd", 0) is not None


def test_the_program_goes_on_where_it_was_and_states_the_epochs_of_the_source(
    monkeypatch: pytest.MonkeyPatch, tmp_path, capsys: pytest.CaptureFixture[str]
) -> None:
    work, out = tmp_path / "work.jsonl", tmp_path / "warm.json"
    arguments = [
        "warm_start", "--work", str(work), "--json", str(out), "--part", "odd", "--seeds", "0", "1", "--epochs", "70",
        "--source-epochs", "110", "--networks", "2", "--entrant", "random-none", "--landscapes", MADE_UP,
    ]  # fmt: skip
    monkeypatch.setattr("sys.argv", arguments)
    warm_start.main()
    found = json.loads(out.read_text())
    assert found["source_epochs"] == 110
    assert set(found["landscapes"][MADE_UP]) == {"cold", "cold_longer", "same", "unrelated"}
    assert found["landscapes"][MADE_UP]["cold"]["70"]["lead"] == 0.0
    kept = read(work)
    work.write_text("".join(one.line() for one in kept[:-1]))
    capsys.readouterr()
    warm_start.main()
    assert capsys.readouterr().out.count("\n") == 1
    assert len(read(work)) == len(kept)
    assert json.loads(out.read_text()) == found
