import numpy as np
import pytest

from nas_engine.architecture import Architecture
from nas_engine.constraints import ConstraintCheck, Violation
from nas_engine.designers import registry
from nas_engine.designers.base import Designer, NothingFeasible, Outcome, SpaceExhausted, State, Suggestion
from nas_engine.designers.deduplication import MOST_VIOLATING, FilledSuggestions, fill
from nas_engine.designers.random import RandomDesigner
from nas_engine.search_space.paper_spaces import SearchSpace, paper_2d
from nas_engine.testing.designers import AdditiveReward, half_violate
from nas_engine.testing.spaces import everything, small_2d, tiny_2d, twins_2d


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


def moved(architecture: Architecture) -> Architecture:
    """The same network with its last two blocks, one of them an identity, exchanged."""
    *others, first, second = architecture.blocks
    assert [first.kind, second.kind].count("identity") == 1
    return Architecture(architecture.stem, (*others, second, first), architecture.head)


def test_the_same_network_with_an_identity_elsewhere_is_answered_as_the_architecture_it_is():
    space = twins_2d()
    tried = space.decode((0, 0, 2))
    designer = Stubborn(moved(tried))
    stored = {tried.hash: Outcome(3, tried, 0.7)}
    filled = fill(designer, 1, space=space, finished=stored, pending=[], rng=np.random.default_rng(0), rounds=1)
    assert [(told.number, told.architecture, told.reward) for told in designer.told] == [(3, moved(tried), 0.7)]
    assert filled.suggestions[0].architecture.network_hash != tried.network_hash


def test_the_same_network_as_a_pending_one_is_not_suggested():
    space = twins_2d()
    pending = space.decode((1, 2, 1))
    for seed in range(20):
        rng = np.random.default_rng(seed)
        filled = fill(Stubborn(moved(pending)), 1, space=space, finished={}, pending=[pending], rng=rng)
        assert filled.suggestions[0].architecture.network_hash != pending.network_hash


@pytest.mark.parametrize("name", ["random", "eagle"])
def test_every_network_of_a_space_with_twins_is_tried_exactly_once(name):
    space = twins_2d()
    tried = search_to_the_end(registry.create(name, space, seed=1), space, batch=4)
    networks = {architecture.network_hash for architecture in everything(space)}
    assert len(networks) == 2 * (4 + 2 + 1) < space.cardinality
    assert sorted(architecture.network_hash for architecture in tried) == sorted(networks)


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


def filled_with(
    designer: Designer, count: int, space: SearchSpace, check: ConstraintCheck, **more
) -> FilledSuggestions:
    given = {"finished": {}, "pending": [], "rng": np.random.default_rng(0), "next_number": 7}
    return fill(designer, count, space=space, check=check, **given | more)


def refuse_all(architecture: Architecture) -> Violation:
    return Violation(f"{architecture.blocks[0].filters} filters are too many", float(architecture.blocks[0].filters))


def test_what_the_screen_refuses_is_told_as_infeasible_and_numbered_as_the_next_trials():
    filled = filled_with(RandomDesigner(small_2d(), seed=0), 5, small_2d(), half_violate)
    assert len(filled.suggestions) == 5
    assert not any(half_violate(suggestion.architecture) for suggestion in filled.suggestions)
    assert [violating.number for violating in filled.violating] == list(range(7, 7 + len(filled.violating)))
    assert {violating.reason for violating in filled.violating} == {"its hash is odd"}


def test_half_of_a_space_refused_leaves_the_designer_to_make_every_suggestion():
    designer = RandomDesigner(paper_2d(), seed=0)
    filled = filled_with(designer, 5, paper_2d(), half_violate)
    drawn = [RandomDesigner(paper_2d(), seed=0, state={"format": "random-1", "drawn": n}) for n in range(99)]
    in_order = [a.architecture for one in drawn for a in one.suggest(1, []) if not half_violate(a.architecture)]
    assert [suggestion.architecture for suggestion in filled.suggestions] == in_order[:5]


def test_a_designer_that_insists_on_a_refused_one_is_answered_and_it_is_recorded_once():
    space = tiny_2d()
    violating = next(a for a in everything(space) if half_violate(a))
    designer = Stubborn(violating)
    filled = filled_with(designer, 2, space, half_violate, rounds=3)
    assert [(item.number, item.suggestion.architecture) for item in filled.violating] == [(7, violating)]
    assert {(outcome.number, outcome.reward) for outcome in designer.told} == {(7, None)}
    assert [outcome.metadata["asked"] for outcome in designer.told] == ["0", "0", "2", "2", "4", "4", "6", "6"]
    assert filled.duplicates_answered == 7
    assert len(filled.suggestions) == 2


def test_a_designer_that_hears_nothing_but_refusals_is_not_asked_for_ever():
    with pytest.raises(
        NothingFeasible, match="checked and none meets the constraints; the nearest: 8 filters"
    ) as caught:
        filled_with(RandomDesigner(paper_2d(), seed=0), 2, paper_2d(), refuse_all)
    assert MOST_VIOLATING <= len(caught.value.violating) < MOST_VIOLATING + 2


def test_a_small_space_of_which_nothing_passes_is_looked_through_and_the_number_said():
    with pytest.raises(NothingFeasible, match="18 architectures of tiny_2d were checked"):
        filled_with(RandomDesigner(tiny_2d(), seed=0), 4, tiny_2d(), refuse_all)


@pytest.mark.parametrize(("name", "end"), [("random", NothingFeasible), ("eagle", SpaceExhausted)])
def test_everything_that_passes_is_tried_once_and_nothing_is_refused_twice(name, end):
    """Eagle goes through all there is, refused networks as well, and so leaves none that might be refused."""
    space = small_2d()
    designer, rng = registry.create(name, space, seed=1), np.random.default_rng(0)
    finished: dict[str, Outcome] = {}
    recorded: list[str] = []
    for _ in range(space.cardinality):
        try:
            number = len(finished) + 1
            filled = filled_with(designer, 5, space, half_violate, finished=finished, rng=rng, next_number=number)
        except end:
            break
        recorded += [violating.suggestion.architecture.hash for violating in filled.violating]
        finished |= {violating.suggestion.architecture.hash: violating.outcome for violating in filled.violating}
        for suggestion in filled.suggestions:
            outcome = Outcome(len(finished) + 1, suggestion.architecture, 0.5, suggestion.metadata)
            finished[suggestion.architecture.hash] = outcome
            designer.update([outcome])
    trained = {key for key, outcome in finished.items() if outcome.reward is not None}
    assert trained == {a.hash for a in everything(space) if not half_violate(a)}
    assert len(recorded) == len(set(recorded)) > 0
