"""What a run of results is kept in and judged by: its journal and the claims of the paper."""

import hashlib
import json
from pathlib import Path

import pytest

from webapp.management.results.claims import claims_of
from webapp.management.results.journal import Header, Journal, JournalError
from webapp.management.results.plan import Plan

PLAN = Plan(trials=2, full_epochs=40, qat_epochs=1, finalists=1, seeds=2, baselines=("TC-ResNet8",))
HEADER = Header("sounds", "0" * 64, PLAN.to_json())


KEPT = Path("benchmarks/results/results.jsonl")
"""The project's own journal, begun by an earlier version."""


def kept_lines() -> list[dict[str, object]]:
    return [json.loads(text) for text in KEPT.read_text("utf-8").splitlines()]


def line(number: int = 1, **values: object) -> dict[str, object]:
    return {**kept_lines()[1], "number": number, **values}


def test_the_journal_that_the_project_keeps_reads() -> None:
    first, *others = kept_lines()
    journal = Journal(KEPT, Header("elsewhere", str(first["data_hash"]), Plan().to_json()))
    assert list(journal.lines()) == others
    assert not journal.add(others[0])


def test_a_line_is_kept_once_and_read_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.jsonl", HEADER)
    assert [journal.add(line(number)) for number in (1, 2, 1)] == [True, True, False]
    again = Journal(tmp_path / "j.jsonl", HEADER)
    assert [one["number"] for one in again.lines()] == [1, 2]
    assert not again.add(line(2))


def test_a_line_cut_in_half_is_left_out_and_the_file_goes_on_behind_the_last_whole_one(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    Journal(path, HEADER).add(line(1))
    path.write_bytes(path.read_bytes() + b'{"kind": "trial", "stu')
    journal = Journal(path, HEADER)
    assert [one["number"] for one in journal.lines()] == [1]
    journal.add(line(2))
    assert [json.loads(text).get("number") for text in path.read_text().splitlines()] == [None, 1, 2]


def test_the_journal_of_another_run_is_refused_by_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    Journal(path, HEADER).add(line())
    with pytest.raises(JournalError, match="differs in data_hash"):
        list(Journal(path, Header("sounds", "1" * 64, PLAN.to_json())).lines())


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    Journal(path, HEADER).add(line())
    path.write_text(path.read_text() + "oh\n")
    with pytest.raises(JournalError, match="line 3 is no JSON"):
        list(Journal(path, HEADER).lines())


@pytest.mark.parametrize("text", ["null", "[]", "{}", "3", '{"kind": "trial", "study": "s"}'])
def test_a_line_of_another_form_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "j.jsonl"
    Journal(path, HEADER).add(line())
    path.write_text(f"{path.read_text()}{text}\n")
    with pytest.raises(JournalError, match=r"line 3 is of another form: .* Delete the line"):
        list(Journal(path, HEADER).lines())


def test_a_file_that_begins_with_something_else_is_no_journal(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    path.write_text("[]\n")
    with pytest.raises(JournalError, match="line 1 does not state what the journal is of"):
        list(Journal(path, HEADER).lines())


def test_the_same_clips_under_another_name_are_the_same_run(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    Journal(path, HEADER).add(line())
    assert len(list(Journal(path, Header("sounds 2", "0" * 64, PLAN.to_json())).lines())) == 1


def test_lines_of_two_architectures_under_one_number_are_both_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.jsonl", HEADER)
    other = kept_lines()[2]["architecture"]
    assert [journal.add(one) for one in (line(1), line(1, architecture=other))] == [True, True]


@pytest.mark.parametrize("content", [b"", b"net"])
def test_a_network_file_that_is_cut_off_counts_as_absent(tmp_path: Path, content: bytes) -> None:
    name = f"tflite/{hashlib.sha256(b'network').hexdigest()}.tflite"
    journal = Journal(tmp_path / "j.jsonl", HEADER)
    journal.add_network(name, content)
    assert (journal.has_network(name), journal.network(name)) == (False, None)
    journal.add_network(name, b"network")
    assert (journal.has_network(name), journal.network(name)) == (True, b"network")


def test_a_plan_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="seeds must be at least 1"):
        Plan(seeds=0)


def values(difference: float, low: float, high: float) -> dict[str, object]:
    """A finalist, small and of little energy, against both MobileNets."""

    def network(name: str, energy_mj: float, size: int, accuracy: float) -> dict[str, object]:
        split = {"mean": accuracy, "sd": 0.01, "low95": 0.0, "high95": 1.0, "seeds": 5}
        sizes = {"energy_mj": energy_mj, "plain_flash_bytes": size}
        return {
            "name": name,
            "architecture": name,
            "is_baseline": "Mobile" in name,
            "test": split,
            "evaluation": split,
            **sizes,
        }

    networks = [
        network("Results: NAS-Bayesian, trial 3", 1.2, 50_000, 0.72),
        network("MobileNetV1-1.0", 8.0, 3_300_000, 0.71),
        network("MobileNetV2-1.0", 14.0, 2_600_000, 0.70),
    ]
    found = {"network": "Results: NAS-Bayesian, trial 3", "other": "MobileNetV1-1.0", "difference": difference}
    return {"networks": networks, "best": {}, "differences": [found | {"low95": low, "high95": high}]}


@pytest.mark.parametrize(
    ("difference", "low", "high", "verdict"),
    [(0.02, 0.01, 0.03, "holds"), (-0.02, -0.03, -0.01, "does not hold"), (0.01, -0.01, 0.03, "undecided")],
)
def test_the_aim_is_judged_by_the_paired_interval(difference, low, high, verdict) -> None:
    aim = claims_of(values(difference, low, high))[0]
    assert aim.verdict == verdict
    assert "11.7 times less energy and 52 times less flash" in aim.figures


def test_with_tested_mobilenets_and_no_tested_finalist_the_aim_is_not_judged() -> None:
    found = values(0.02, 0.01, 0.03)
    found["networks"][0]["test"] = None
    assert claims_of(found)[0].verdict == "not tested"


def test_a_network_that_is_too_large_does_not_reach_the_aim() -> None:
    found = values(0.02, 0.01, 0.03)
    found["networks"][0]["plain_flash_bytes"] = 60_000
    assert claims_of(found)[0].verdict == "does not hold"


def test_one_network_that_two_searches_found_has_no_difference_to_itself() -> None:
    best = {name: f"{name}, trial 3" for name in ("Results: NAS-HyperFirefly-b'", "Results: NAS-HyperFirefly")}
    networks = [{"name": name, "architecture": "a" * 64, "energy_mj": 1.0} for name in best.values()]
    claim = claims_of({"networks": networks, "best": best, "differences": []})[3]
    assert claim.verdict == "undecided"
    assert "are the same network: the difference is 0" in claim.figures
