"""Children of what has been tried: never again what has been, and the same in whatever order trials end."""

from nas_engine.designers.evolutionary.evolution import EvolutionDesigner
from nas_engine.testing.designers import Bench, hashes, random_history
from nas_engine.testing.spaces import everything, small_2d


def test_the_order_in_which_trials_end_makes_no_difference():
    history = random_history(small_2d(), 60, infeasible_every=5)
    in_order, reversed_order = (EvolutionDesigner(small_2d(), 0) for _ in range(2))
    in_order.update(history)
    for outcome in reversed(history):
        reversed_order.update([outcome])
    assert in_order.suggest(4, []) == reversed_order.suggest(4, [])


def test_the_only_network_left_is_found_and_then_repeated():
    space, bench = small_2d(), Bench(small_2d())
    *tried, left = everything(space)
    history = [bench.outcome(number, architecture) for number, architecture in enumerate(tried, start=1)]
    designer = EvolutionDesigner(space, 0, history=history)
    found, repeated = designer.suggest(2, [])
    assert found.architecture.network_hash == left.network_hash
    assert repeated.architecture.network_hash != left.network_hash


def test_an_infeasible_network_is_not_suggested_again():
    history = random_history(small_2d(), 60, infeasible_every=2)
    tried = {outcome.architecture.hash for outcome in history}
    assert not tried & set(hashes(EvolutionDesigner(small_2d(), 0, history=history).suggest(20, [])))
