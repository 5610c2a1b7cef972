"""The program: what is finished is not searched again, what was cut off does not count."""

import json
from pathlib import Path

import pytest

from benchmarks import search
from benchmarks.search_entrants import BY_NAME
from benchmarks.search_run import Record

ARGUMENTS = ("search", "--landscapes", "made_up", "--only", "random", "evolution", "--seeds", "2", "--trials", "12")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was given to be rendered, in place of the pages of this checkout."""
    results: list[object] = []
    monkeypatch.setattr(search.search_report, "write", results.append)
    return results


def call(monkeypatch: pytest.MonkeyPatch, folder: Path, *more: str) -> None:
    places = ("--work", str(folder / "work"), "--json", str(folder / "search.json"))
    monkeypatch.setattr("sys.argv", [*ARGUMENTS, *places, *more])
    search.main()


def test_an_ended_run_goes_on_and_only_the_named_are_searched_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, written: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    call(monkeypatch, tmp_path)
    result = json.loads((tmp_path / "search.json").read_text())
    assert written == [result]
    assert {name: found["seeds"] for name, found in result["landscapes"]["made_up"].items()} == {
        "random": 2,
        "evolution": 2,
    }
    assert "4/4" in capsys.readouterr().out
    (tmp_path / "work" / "made_up" / "random-1.json").unlink()
    call(monkeypatch, tmp_path)
    assert "1/1 made_up random seed 1" in capsys.readouterr().out
    call(monkeypatch, tmp_path, "--again", "evolution")
    assert "2/2" in capsys.readouterr().out


def test_searches_of_every_length_are_kept_by_seed(tmp_path: Path) -> None:
    for seed, trials in enumerate((100, 40, 100)):
        Record(trials, ((1, 0.5, 0.5),), 0.5, 0, 0, 0.1, 0.1).write(tmp_path / f"random-{seed}.json")
    assert [record.trials for record in search.kept(tmp_path, BY_NAME["random"]).values()] == [100, 40, 100]


def test_our_own_need_nothing_that_the_product_does_not() -> None:
    for entrant in BY_NAME.values():
        assert bool(entrant.needs) == bool(entrant.library)
