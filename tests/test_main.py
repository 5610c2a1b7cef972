"""`python -m tests`: what the runs of pytest are told, and what becomes of their exit codes."""

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


def test_arguments_reach_every_run() -> None:
    assert all(run[-2:] == ["tests/faults", "-x"] for run in runs_of("tests/faults", "-x"))


def test_each_test_belongs_to_exactly_one_run_also_among_chosen_ones() -> None:
    told = [run[run.index("-m") + 1] for run in runs_of("-m", "slow or browser")]
    chosen = "(slow or browser)"
    assert told == [f"{run} and {chosen}" for run in ("not alone", "alone and faults", "alone and not faults")]


def test_what_bounds_times_and_waits_for_no_machine_runs_alone() -> None:
    assert ["--numprocesses" in run for run in runs_of()] == [True, True, False]


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
