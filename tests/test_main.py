"""`python -m tests`: what the two runs of pytest are told, and what becomes of their exit codes."""

from collections.abc import Sequence

import pytest

from tests.__main__ import main


def runs_of(*arguments: str) -> list[Sequence[str]]:
    runs: list[Sequence[str]] = []

    def note(told: Sequence[str]) -> int:
        runs.append(told)
        return 0

    main(arguments, note)
    return runs


def test_arguments_reach_both_runs() -> None:
    assert all(run[-2:] == ["tests/faults", "-x"] for run in runs_of("tests/faults", "-x"))


def test_each_test_belongs_to_exactly_one_run_also_among_chosen_ones() -> None:
    told = [run[run.index("-m") + 1] for run in runs_of("-m", "slow or browser")]
    assert told == ["not alone and (slow or browser)", "alone and (slow or browser)"]


def test_only_the_first_run_is_parallel() -> None:
    assert ["--numprocesses" in run for run in runs_of()] == [True, False]


@pytest.mark.parametrize(
    ("together", "alone", "expected"),
    [(0, 0, 0), (1, 0, 1), (0, 1, 1), (0, 5, 0), (5, 0, 0), (5, 5, 5), (5, 1, 1), (4, 5, 4), (1, 3, 1), (-9, 0, -9)],
)
def test_an_error_in_either_run_is_an_error(together: int, alone: int, expected: int) -> None:
    codes = iter((together, alone))
    assert main([], lambda told: next(codes)) == expected


def test_after_ctrl_c_nothing_more_is_run() -> None:
    codes = iter([2])
    assert main([], lambda told: next(codes)) == 2
