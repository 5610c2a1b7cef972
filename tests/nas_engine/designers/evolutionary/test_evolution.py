import numpy as np

from nas_engine.designers.evolutionary.evolution import EvolutionDesigner
from nas_engine.designers.random import RandomDesigner
from nas_engine.search_space.paper_spaces import paper_2d
from nas_engine.testing.designers import AdditiveReward, Bench, SearchContract, run


class TestEvolutionDesigner(SearchContract):
    name = "evolution"
    known = 45  # it draws at random until there are thirty rewards


def differences(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return int((np.array(one) != np.array(other)).sum())


def test_a_child_differs_from_a_living_trial_in_one_block():
    space, bench = paper_2d(), Bench(paper_2d())
    rng = np.random.default_rng(0)
    history = [bench.outcome(number, space.sample(rng)) for number in range(1, 201)]
    (child,) = EvolutionDesigner(space, 0, history=history).suggest(1, [])
    indices = space.encode(child.architecture)
    apart = [differences(indices, space.encode(outcome.architecture)) for outcome in history]
    assert child.metadata["source"] == "mutation"
    assert min(apart[-30:]) == 1
    assert min(apart[:-30]) > 1


def test_the_best_trial_has_no_more_children_once_it_is_old():
    space, bench, reward = paper_2d(), Bench(paper_2d()), AdditiveReward(paper_2d())
    rng = np.random.default_rng(0)
    best = space.decode([int(np.argmax(parts)) for parts in reward._parts])
    history = [bench.outcome(1, best), *(bench.outcome(number, space.sample(rng)) for number in range(2, 31))]
    child_of_best = [
        differences(space.encode(s.architecture), space.encode(best)) == 1
        for s in EvolutionDesigner(space, 0, history=history).suggest(20, [])
    ]
    assert any(child_of_best)
    history.append(bench.outcome(31, space.sample(rng)))
    later = EvolutionDesigner(space, 0, history=history).suggest(20, [])
    assert all(differences(space.encode(s.architecture), space.encode(best)) > 1 for s in later)


def test_evolution_finds_better_networks_than_chance():
    space = paper_2d()
    reward = AdditiveReward(space)

    def best(designer: EvolutionDesigner | RandomDesigner) -> float:
        return max(outcome.reward or 0 for outcome in run(designer, reward, 300))

    chance = [best(RandomDesigner(space, seed)) for seed in range(3)]
    evolution = [best(EvolutionDesigner(space, seed)) for seed in range(3)]
    assert min(evolution) > max(chance)
