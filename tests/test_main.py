"""`python -m tests`: what the runs of pytest are told, and what becomes of their exit codes."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.__main__ import ONE_THREAD, main, pytest_in_a_process


def runs_of(*arguments: str) -> list[Sequence[str]]:
    runs: list[Sequence[str]] = []

    def note(told: Sequence[str]) -> int:
        runs.append(told)
        return 0

    main(arguments, note)
    return runs


def test_arguments_reach_every_run() -> None:
    assert all(run[-2:] == ["tests/faults", "-x"] for run in runs_of("tests/faults", "-x"))


def test_each_test_belongs_to_exactly_one_run_also_among_chosen_ones() -> None:
    told = [run[run.index("-m") + 1] for run in runs_of("-m", "slow or browser")]
    chosen = "(slow or browser)"
    assert told == [f"{run} and {chosen}" for run in ("not alone", "alone and faults", "alone and not faults")]


def test_what_bounds_times_and_waits_for_no_machine_runs_alone() -> None:
    assert ["--numprocesses" in run for run in runs_of()] == [True, True, False]


def test_a_run_of_few_tests_is_given_their_files_unless_some_are_named() -> None:
    most, machines, alone = runs_of("-x")
    assert most[-1] == "-x"
    assert [Path(name).parent.name for name in machines[machines.index("-x") + 1 :]] == ["faults"] * 4
    assert {"test_speed.py", "test_web_server.py"} <= {Path(name).name for name in alone[alone.index("-x") + 1 :]}
    for named in ("tests/faults", "tests/test_main.py::test_arguments_reach_every_run"):
        assert all(run[-1] == named for run in runs_of("-x", named))


def test_a_run_in_parallel_has_one_thread_each_and_one_of_a_single_process_what_the_machine_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    test = tmp_path / "test_threads.py"
    test.write_text(f"import os\n\ndef test_threads():\n    assert {ONE_THREAD}.items() <= os.environ.items()\n")
    for name in ONE_THREAD:
        monkeypatch.delenv(name, raising=False)
    quietly = ("-c", str(tmp_path / "pytest.ini"), "-p", "no:cacheprovider", str(test))
    assert pytest_in_a_process(["--numprocesses", "1", *quietly]) == pytest.ExitCode.OK
    assert pytest_in_a_process(quietly) == pytest.ExitCode.TESTS_FAILED
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert pytest_in_a_process(["--numprocesses", "1", *quietly]) == pytest.ExitCode.TESTS_FAILED, "a person's own"


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ((0, 0, 0), 0),
        ((1, 0, 0), 1),
        ((0, 1, 0), 1),
        ((0, 0, 1), 1),
        ((0, 5, 5), 0),
        ((5, 5, 0), 0),
        ((5, 5, 5), 5),
        ((5, 5, 1), 1),
        ((4, 5, 5), 4),
        ((1, 3, 0), 1),
        ((-9, 0, 0), -9),
    ],
)
def test_an_error_in_any_run_is_an_error(codes: tuple[int, int, int], expected: int) -> None:
    left = iter(codes)
    assert main([], lambda told: next(left)) == expected


@pytest.mark.parametrize("codes", [(2,), (0, 2)])
def test_after_ctrl_c_nothing_more_is_run(codes: tuple[int, ...]) -> None:
    left = iter(codes)
    assert main([], lambda told: next(left)) == 2
