import numpy as np
import pytest

from nas_engine.designers.base import Designer, Objectives, Outcome
from nas_engine.designers.evolutionary.nsga2 import MAXIMISE, NSGA2Designer, crowding, survivors
from nas_engine.designers.random import RandomDesigner
from nas_engine.pareto import front
from nas_engine.search_space.paper_spaces import paper_2d
from nas_engine.testing.designers import Bench, SearchContract, random_history
from nas_engine.testing.spaces import small_2d


class TestNSGA2Designer(SearchContract):
    name = "nsga2"
    known = 55  # it draws at random until forty trials are measured


def test_survivors_are_the_first_fronts_and_of_the_last_the_least_crowded():
    points = np.array([[0.0, 5], [1, 4], [1.1, 3.9], [5, 0], [0, 4], [4, 0]])
    assert survivors(points, (True, True), 3) == [0, 3, 2]
    assert survivors(points, (True, True), 6)[4:] == [4, 5]
    assert survivors(points[:0], (True, True), 3) == []


def test_crowding_is_the_sum_of_the_gaps_around_a_point():
    points = np.array([[0.0, 10], [1, 6], [4, 5], [10, 0]])
    assert crowding(points) == pytest.approx([np.inf, 0.4 + 0.5, 0.9 + 0.6, np.inf])
    assert crowding(points[:1]) == pytest.approx([np.inf])
    assert crowding(np.zeros((3, 2)))[1] == 0


def test_rewards_play_no_part():
    history = random_history(small_2d(), 60)
    turned = [Outcome(o.number, o.architecture, -(o.reward or 0), o.metadata, o.objectives) for o in history]
    assert NSGA2Designer(small_2d(), 0, history=history).suggest(4, []) == NSGA2Designer(
        small_2d(), 0, history=turned
    ).suggest(4, [])


def test_a_trial_without_objectives_is_no_parent():
    bare = [Outcome(o.number, o.architecture, o.reward) for o in random_history(small_2d(), 60)]
    (suggestion,) = NSGA2Designer(small_2d(), 0, history=bare).suggest(1, [])
    assert suggestion.metadata == {"source": "random"}


def test_most_of_a_common_front_is_nsga2s_and_not_chances():
    space, bench = paper_2d(), Bench(paper_2d())

    def points(designer: Designer) -> list[tuple[float, float, float]]:
        found: list[Objectives | None] = []
        for number in range(1, 251):
            (suggestion,) = designer.suggest(1, [])
            outcome = bench.outcome(number, suggestion.architecture, suggestion.metadata)
            designer.update([outcome])
            found.append(outcome.objectives)
        return [(o.accuracy, o.energy_mj, o.flash_bytes) for o in found if o is not None]

    both = np.array(points(NSGA2Designer(space, 0)) + points(RandomDesigner(space, 1)))
    on_front = front(both, MAXIMISE)
    assert on_front[:250].sum() > 3 * on_front[250:].sum()
