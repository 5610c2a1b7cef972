import numpy as np
import pytest

from nas_engine.architecture import Architecture
from nas_engine.designers import registry
from nas_engine.designers.base import Designer, Outcome, SpaceExhausted, State, Suggestion
from nas_engine.designers.deduplication import fill
from nas_engine.designers.random import RandomDesigner
from nas_engine.search_space import SearchSpace, paper_2d
from nas_engine.testing.designers import AdditiveReward, everything, small_2d
from nas_engine.testing.spaces import tiny_2d


class Stubborn:
    """Suggests one architecture for ever, and remembers what it is told."""

    def __init__(self, architecture: Architecture) -> None:
        self.architecture = architecture
        self.told: list[Outcome] = []

    def suggest(self, count, pending) -> list[Suggestion]:
        return [Suggestion(self.architecture, {"asked": str(len(self.told))})] * count

    def update(self, outcomes) -> None:
        self.told.extend(outcomes)

    def dump(self) -> State:
        return {}


def search_to_the_end(designer: Designer, space: SearchSpace, batch: int) -> list[Architecture]:
    """Fill, evaluate and update until `fill` says that the space is exhausted. Every fifth architecture is infeasible,
    and one of each batch is always pending.
    """
    reward, rng = AdditiveReward(space), np.random.default_rng(0)
    finished: dict[str, Outcome] = {}
    pending: list[Suggestion] = []
    for _ in range(space.cardinality):
        waiting = [suggestion.architecture for suggestion in pending]
        try:
            filled = fill(designer, batch, space=space, finished=finished, pending=waiting, rng=rng)
        except SpaceExhausted:
            return [*(outcome.architecture for outcome in finished.values()), *waiting]
        pending.extend(filled.suggestions)
        while len(pending) > 1:
            suggestion = pending.pop(0)
            number = len(finished) + 1
            value = None if number % 5 == 0 else reward(suggestion.architecture)
            outcome = Outcome(number, suggestion.architecture, value, suggestion.metadata)
            finished[suggestion.architecture.hash] = outcome
            designer.update([outcome])
    pytest.fail("more batches than architectures")


@pytest.mark.parametrize("name", ["random", "eagle"])
@pytest.mark.parametrize("space", [tiny_2d(), small_2d()], ids=["tiny", "small"])
def test_every_architecture_of_a_space_is_tried_exactly_once(name, space):
    tried = search_to_the_end(registry.create(name, space, seed=1), space, batch=9)
    assert sorted(architecture.hash for architecture in tried) == sorted(
        architecture.hash for architecture in everything(space)
    )


def test_repetitions_are_answered_from_the_stored_result_under_their_own_metadata():
    space = tiny_2d()
    first, *_ = everything(space)
    designer = Stubborn(first)
    stored = Outcome(3, first, 0.7, {"whose": "the first trial's"})
    rng = np.random.default_rng(0)
    filled = fill(designer, 2, space=space, finished={first.hash: stored}, pending=[], rng=rng, rounds=3)
    assert filled.duplicates_answered == 6
    assert [outcome.metadata["asked"] for outcome in designer.told] == ["0", "0", "2", "2", "4", "4"]
    assert {(outcome.number, outcome.reward) for outcome in designer.told} == {(3, 0.7)}


def test_repetitions_of_pending_ones_have_no_answer_and_are_not_suggested_again():
    space = tiny_2d()
    first, *_ = everything(space)
    designer = Stubborn(first)
    filled = fill(designer, 3, space=space, finished={}, pending=[first], rng=np.random.default_rng(0))
    assert designer.told == []
    assert filled.duplicates_answered == 0
    assert first not in [suggestion.architecture for suggestion in filled.suggestions]
    assert len({suggestion.architecture.hash for suggestion in filled.suggestions}) == 3


def test_what_the_designer_cannot_find_are_neighbours_of_the_best():
    space = small_2d()
    first, best, *_ = everything(space)
    finished = {a.hash: Outcome(n, a, r) for n, (a, r) in enumerate([(first, -0.5), (best, -0.1)])}
    rng = np.random.default_rng(0)
    filled = fill(Stubborn(best), 4, space=space, finished=finished, pending=[], rng=rng)
    neighbours = {neighbour.hash for neighbour in space.neighbours(best)}
    assert all(suggestion.architecture.hash in neighbours for suggestion in filled.suggestions)
    assert {suggestion.metadata["source"] for suggestion in filled.suggestions} == {"neighbour"}


def test_the_last_architectures_of_a_space_are_fewer_than_asked_for():
    space = tiny_2d()
    *done, second_last, last = everything(space)
    finished = {a.hash: Outcome(n, a, 0.5) for n, a in enumerate(done)}
    designer = RandomDesigner(space, seed=0)
    filled = fill(designer, 8, space=space, finished=finished, pending=[], rng=np.random.default_rng(0))
    assert {suggestion.architecture for suggestion in filled.suggestions} == {second_last, last}


def test_exhaustion_names_the_space_and_its_size():
    space = tiny_2d()
    with pytest.raises(SpaceExhausted, match="every one of the 18 architectures of tiny_2d"):
        fill(
            RandomDesigner(space, seed=0),
            1,
            space=space,
            finished={},
            pending=list(everything(space)),
            rng=np.random.default_rng(0),
        )


def test_a_large_space_is_filled_by_the_designer_alone():
    space = paper_2d()
    designer = RandomDesigner(space, seed=0)
    expected = RandomDesigner(space, seed=0).suggest(8, [])
    filled = fill(designer, 8, space=space, finished={}, pending=[], rng=np.random.default_rng(0))
    assert filled.suggestions == tuple(expected)


def test_a_count_below_one_is_refused():
    with pytest.raises(ValueError, match="at least 1, not 0"):
        fill(
            Stubborn(next(everything(tiny_2d()))),
            0,
            space=tiny_2d(),
            finished={},
            pending=[],
            rng=np.random.default_rng(0),
        )
