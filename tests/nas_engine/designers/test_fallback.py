"""Architectures found without a designer, under limits that leave much, little and nothing of a space."""

from itertools import islice

import numpy as np
import pytest

from nas_engine.constraints import ConstraintCheck, Constraints, constraint_check
from nas_engine.cost import cost
from nas_engine.designers import fallback as module
from nas_engine.designers.base import Outcome
from nas_engine.designers.fallback import ConstraintFilter, fallback_suggestions
from nas_engine.search_space.paper_spaces import SearchSpace, paper_2d
from nas_engine.testing.designers import half_violate
from nas_engine.testing.spaces import everything, small_2d


def flash_screen(limit_bytes: float) -> ConstraintCheck:
    return constraint_check(Constraints(flash_bytes=limit_bytes), lambda _: 0.0)


def found(space: SearchSpace, check: ConstraintCheck, best=(), taken=None, count: int | None = None):
    taken = set() if taken is None else taken
    return list(
        islice(fallback_suggestions(space, best, taken, ConstraintFilter(check), np.random.default_rng(0)), count)
    )


def test_a_small_space_is_gone_through_to_its_last_architecture_that_passes():
    passing = {a.hash for a in everything(small_2d()) if not half_violate(a)}
    hashes = [suggestion.architecture.hash for suggestion in found(small_2d(), half_violate)]
    assert set(hashes) == passing
    assert len(hashes) == len(passing)


def test_neighbours_of_the_best_come_first_if_they_pass():
    best, *_ = (a for a in everything(small_2d()) if not half_violate(a))
    suggestions = found(small_2d(), half_violate, [Outcome(1, best, 0.7)], {best.network_hash}, count=3)
    assert all(suggestion.architecture in set(small_2d().neighbours(best)) for suggestion in suggestions)
    assert not any(half_violate(suggestion.architecture) for suggestion in suggestions)


def test_a_corner_that_no_draw_meets_is_reached_by_descending(monkeypatch: pytest.MonkeyPatch):
    """A tenth above the smallest network of all: one of some millions is that small."""
    monkeypatch.setattr(module, "MOST_DRAWS", 200)
    space = paper_2d()
    smallest = space.decode([_lightest(space, number) for number in range(len(space.positions))])
    limit_bytes = 1.1 * cost(smallest).flash_bytes_estimate
    suggestions = found(space, flash_screen(limit_bytes), count=4)
    assert len(suggestions) == 4
    assert {suggestion.metadata["source"] for suggestion in suggestions} == {"descent"}
    assert all(cost(s.architecture).flash_bytes_estimate <= limit_bytes for s in suggestions)


def _lightest(space: SearchSpace, number: int) -> int:
    """The option of one position that makes the smallest file beside first options everywhere else."""
    options = range(len(space.positions[number].options))
    first = [0] * len(space.positions)
    files = [cost(space.decode([*first[:number], i, *first[number + 1 :]])).flash_bytes_estimate for i in options]
    return int(np.argmin(files))


def test_an_impossible_limit_is_given_up_after_a_bounded_search(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MOST_DRAWS", 200)
    constraint_filter = ConstraintFilter(flash_screen(1_000))
    assert not list(fallback_suggestions(paper_2d(), [], set(), constraint_filter, np.random.default_rng(0)))
    assert 200 <= constraint_filter.violating < 5_000
    assert "exceeds the hard limit of 1 kB" in constraint_filter.nearest.violation.reason


def test_nothing_is_found_twice_and_what_is_taken_stays_so():
    taken: set[str] = set()
    first = found(small_2d(), half_violate, taken=taken, count=20)
    second = found(small_2d(), half_violate, taken=taken, count=20)
    both = [suggestion.architecture.hash for suggestion in first + second]
    assert len(set(both)) == 40
